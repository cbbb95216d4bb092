"""After damage the walk goes on at the next whole record of the same file, for everyone who reads a WARC."""

import gzip
import random
from pathlib import Path

import pytest
from storekit import IMAGE, exchange, fetched, filled, open_store

from wparchive.store import Archive, Damage, InfoRecord, StoredExchange, exchanges, members, recover

URL = "http://example.org/"


def warc_of(archive: Archive) -> Path:
    (path,) = archive.site("example.org").warcs()
    return path


def stretches(path: Path, kind: str = "") -> list[tuple[int, int]]:
    """Where the records of a kind, or all, stand: offset and length."""
    return [(one.offset, one.length) for one in members(path) if one.type == kind or not kind]


def spoiled(path: Path, *places: int) -> bytes:
    """The file with these bytes changed."""
    data = bytearray(path.read_bytes())
    for at in places:
        data[at] ^= 0x55
    path.write_bytes(data)
    return bytes(data)


def urls(path: Path, **options: bool) -> list[str]:
    return [one.capture.url for one in exchanges(path, **options) if isinstance(one, StoredExchange)]


def damage(path: Path, **options: bool) -> list[tuple[int, int]]:
    return [(one.offset, one.length) for one in exchanges(path, **options) if isinstance(one, Damage)]


@pytest.mark.parametrize("size", [3000, (1 << 20) + 5])
def test_the_records_of_a_warc_that_the_site_offers_are_never_taken_for_ours(tmp_path: Path, size: int) -> None:
    """A damaged record of a download with whole records in it: what it holds isn't evidence of this archive."""
    inner = warc_of(filled(tmp_path / "inner", 2)).read_bytes()
    body = inner + random.Random(1).randbytes(size)
    with open_store(tmp_path / "outer") as store:
        store.put(store.prepare(fetched(exchange(f"{URL}a.warc.gz", body, IMAGE), kind="file")))
        store.put(store.prepare(fetched(exchange(f"{URL}b"))))
    path = warc_of(store.archive)
    hit = stretches(path, "response")[0]
    spoiled(path, hit[0] + 30)
    assert urls(path) == [f"{URL}b"]
    assert damage(path) == [hit]


def test_a_large_body_that_is_damaged_in_its_midst_is_found_by_who_reads_every_byte(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.put(store.prepare(fetched(exchange(f"{URL}a", random.Random(1).randbytes(3 << 20), IMAGE), kind="file")))
        store.put(store.prepare(fetched(exchange(f"{URL}b"))))
    path = warc_of(store.archive)
    hit = stretches(path, "response")[0]
    spoiled(path, hit[0] + hit[1] // 2)
    assert damage(path, every_byte=True) == [hit]
    assert urls(path, every_byte=True) == [f"{URL}b"]
    assert damage(path) == []  # as after a crawl, which has just written it


@pytest.mark.parametrize("kind", ["warcinfo", "response", "request", "metadata"])
def test_what_is_left_of_an_exchange_is_never_taken_for_another_one(tmp_path: Path, kind: str) -> None:
    """Without its answer it is no exchange to which nothing came back; without the rest the answer stands."""
    path = warc_of(filled(tmp_path, 1))
    before = urls(path)
    hit = stretches(path, kind)[0]
    spoiled(path, hit[0] + 25)
    assert damage(path) == [hit]
    assert urls(path) == ([] if kind == "response" else before)


def test_two_damaged_records_side_by_side_are_two_stretches(tmp_path: Path) -> None:
    path = warc_of(filled(tmp_path, 6))
    first, second = stretches(path)[5:7]
    spoiled(path, first[0] + 30, second[0] + second[1] // 2)
    assert damage(path) in ([first, second], [(first[0], first[1] + second[1])])
    assert len(urls(path)) >= 5


def test_a_damaged_first_record_hides_nothing_and_a_file_stays_ours(tmp_path: Path) -> None:
    path = warc_of(filled(tmp_path, 3))
    before = urls(path)
    spoiled(path, 15)
    assert urls(path) == before
    assert not [one for one in exchanges(path) if isinstance(one, InfoRecord)]


def test_recovery_keeps_what_is_whole_behind_damage(tmp_path: Path) -> None:
    """Of a file that a killed run left: a flipped byte costs one record, the tail is cut off, nothing else goes."""
    path = warc_of(filled(tmp_path, 6))
    opened = path.rename(f"{path}.open")
    whole, size = urls(opened), opened.stat().st_size
    hit = stretches(opened, "request")[0]
    spoiled(opened, hit[0] + hit[1] // 2)
    opened.write_bytes(opened.read_bytes() + bytes(4096))
    adopted: list[str] = []
    recovery = recover(opened, 0, lambda one: adopted.append(getattr(one, "capture", None) and one.capture.url))
    assert (recovery.size, recovery.torn_bytes) == (size, 4096)
    assert [url for url in adopted if url] == whole
    assert damage(recovery.path) == [hit]


def packed(data: bytes) -> bytes:
    """One member, the same at each moment: workers must collect the same tests."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"WARC/1.1\r\nContent-Length: 0\r\n\r\n\r\n\r\n", "isn't compressed"),
        (b"Hello", "no gzip member"),
        (packed(b"WARC/1.1\r\nWARC-Record-ID: <urn:x:1>\r\nContent-Length: 0\r\n\r\n\r\n\r\nWARC/1."), "more than"),
        (packed(b"WARC/1.1\r\nWARC-Record-ID: <urn:x:1>\r\nContent-Length: 9\r\n\r\nabc\r\n\r\n"), "shorter than stated"),
        (packed(b"WARC/1.1\r\nWARC-Record-ID: <urn:x:1>\r\nContent-Length: 1\r\n\r\nabc\r\n\r\n"), "doesn't end"),
        (packed(b"WARC/1.1\r\nContent-Length: 0\r\n\r\n\r\n\r\n"), "no record id"),
        (packed(b"WARC/1.1\r\nWARC-Record-ID: <urn:x:1>\r\nContent-Length: " + b"9" * 9999 + b"\r\n\r\n"), "length"),
    ],
)  # fmt: skip
def test_it_is_said_what_is_wrong(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(data)
    (found,) = exchanges(path)
    assert isinstance(found, Damage)
    assert reason in found.reason
    assert (found.offset, found.end) == (0, len(data))
