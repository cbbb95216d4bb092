"""`verify` finds every change to what was written, and names the record."""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from storekit import IMAGE, exchange, fetched, filled, open_store

from wparchive.audit import Finding, Tally, verify
from wparchive.audit.notes import Ledger
from wparchive.model import Privilege
from wparchive.store import Archive, members


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """A small archive with records of every type: revisits, rotated files, private ones."""
    root = tmp_path_factory.mktemp("verify")
    filled(root, 6)
    with open_store(root, rotate_at=9000) as store:
        store.begin({})
        for number in range(3):
            url = f"http://example.org/wp-json/wp/v2/posts?page={number}"
            store.put(store.prepare(fetched(exchange(url, b'[{"id": %d}]' % number * 50))))
            store.put(store.prepare(fetched(exchange(url, b'[{"id": %d}]' % number * 50))))
            private = exchange(url, b"{}", privilege=Privilege.AUTHENTICATED)
            store.put(store.prepare(fetched(private)))
        store.finish({"outcome": "complete"})
    return Archive(root)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with a body that went from its spool into stored blocks."""
    root = tmp_path_factory.mktemp("large")
    with open_store(root) as store:
        big = exchange("http://example.org/a.jpg", random.Random(3).randbytes((1 << 20) + 99), IMAGE)
        store.put(store.prepare(fetched(big, kind="file")))
    return Archive(root)


def found(archive: Archive) -> list[Finding]:
    return list(verify(archive))


def copied(archive: Archive, tmp_path: Path) -> Archive:
    shutil.copytree(archive.root, tmp_path / "copy")
    return Archive(tmp_path / "copy")


def paths(archive: Archive) -> list[Path]:
    return archive.site("example.org").warcs()


def test_a_sound_archive_has_no_findings_with_or_without_its_databases(sound: Archive, tmp_path: Path) -> None:
    tally = Tally()
    assert list(verify(sound, tally)) == []
    assert tally.files == len(paths(sound))
    assert tally.records == sum(1 for path in paths(sound) for _ in members(path))
    assert tally.bytes == sum(path.stat().st_size for path in paths(sound))
    assert any("nothing was indexed here yet" in note for note in tally.notes)
    copy = copied(sound, tmp_path)
    copy.site("example.org").frontier.unlink()
    assert found(copy) == []


def flips(archive: Archive, count: int) -> Iterator[tuple[Path, int, int]]:
    """Random places, spread over the files so that small records get their share."""
    rng = random.Random(2026)
    for number in range(count):
        path = paths(archive)[number % len(paths(archive))]
        size = path.stat().st_size
        at = rng.randrange(min(size, 12_000)) if number % 2 else rng.randrange(size)
        yield path, at, 1 << rng.randrange(8) if number % 3 else rng.randrange(1, 256)


@pytest.mark.parametrize(("size", "count"), [("sound", 460), ("large", 40)])
def test_500_flips_of_a_byte_are_found_and_the_record_is_named(
    size: str, count: int, request: pytest.FixtureRequest
) -> None:
    """Without archive.db: the WARCs alone must tell, padding bits and equivalent encodings included."""
    archive: Archive = request.getfixturevalue(size)
    for path, at, mask in flips(archive, count):
        warc = archive.site("example.org").relative(path)
        offset = max(member.offset for member in members(path) if member.offset <= at)
        data = path.read_bytes()
        try:
            path.write_bytes(data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])
            findings = [finding for finding in verify(archive) if finding.warc == warc]
        finally:
            path.write_bytes(data)
        assert any(finding.offset == offset for finding in findings), (warc, at, mask, findings)


def test_every_bit_of_a_few_records_is_guarded(tmp_path: Path) -> None:
    """Bits all over a whole small file."""
    with open_store(tmp_path) as store:
        store.put(store.prepare(fetched(exchange("http://e/", b"[1,2,3]"))))
    archive = Archive(tmp_path)
    (path,) = archive.site("example.org").warcs()
    data = path.read_bytes()
    missed = []
    for bit in range(0, len(data) * 8, 19):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        if next(verify(archive), None) is None:
            missed.append(bit)
    assert missed == []


@pytest.mark.parametrize("kind", ["warcinfo", "response", "request", "metadata", "resource"])
def test_a_record_taken_out_or_put_in_twice_is_found(sound: Archive, tmp_path: Path, kind: str) -> None:
    copy = copied(sound, tmp_path)
    path = paths(copy)[0]
    member = next(member for member in members(path) if member.type == kind)
    data = path.read_bytes()
    start, end = member.offset, member.offset + member.length
    if kind != "resource":  # one fact less is a valid file: the committed size tells, and archive.db
        copy.site("example.org").frontier.unlink()
    path.write_bytes(data[:start] + data[end:])
    assert found(copy)
    path.write_bytes(data[:end] + data[start:])
    assert "duplicate" in {finding.kind for finding in found(copy)}


def test_a_file_shorter_than_committed_or_gone_is_found(sound: Archive, tmp_path: Path) -> None:
    copy = copied(sound, tmp_path)
    first, second = paths(copy)[:2]
    last = list(members(first))[-1]
    os.truncate(first, last.offset)  # at a record's border: nothing in the file tells
    second.unlink()
    assert {(f.kind, f.warc) for f in found(copy)} >= {
        ("short", copy.site("example.org").relative(first)),
        ("missing", copy.site("example.org").relative(second)),
    }


def test_a_cut_file_is_torn_and_garbage_behind_it_is_broken(sound: Archive, tmp_path: Path) -> None:
    copy = copied(sound, tmp_path)
    path = paths(copy)[0]
    data = path.read_bytes()
    path.write_bytes(data[:-3])
    assert "torn" in {finding.kind for finding in found(copy)}
    path.write_bytes(data + b"garbage")
    assert [(f.kind, f.offset) for f in found(copy)] == [("broken", len(data))]


def test_a_lost_reference_is_found(tmp_path: Path) -> None:
    captures = []
    for _ in range(2):
        with open_store(tmp_path) as store:
            captures += store.put(store.prepare(fetched(exchange("http://example.org/"))))
    archive = Archive(tmp_path)
    assert found(archive) == []
    archive.path(captures[0].warc).unlink()
    archive.site("example.org").frontier.unlink()
    assert [(f.kind, f.record_id) for f in found(archive)] == [("reference", captures[1].capture)]


@pytest.mark.usefixtures("must_end")
def test_an_archive_of_many_revisits_is_verified_in_time() -> None:
    """Each is looked up by the name that it refers to, not among all records; the one that refers to nothing is found."""
    with Ledger().closing() as ledger:
        names = [f"<urn:uuid:{number:032x}>" for number in range(120_000)]
        seen = ((f"s/{at // 40}.gz", at, 1, name, "response" if at % 4 else "revisit") for at, name in enumerate(names))
        ledger.db.executemany("INSERT INTO seen VALUES (?, ?, ?, ?, ?, '', 'p', 0)", seen)
        revisits = [(f"s/{at // 40}.gz", at, name, names[at - 1]) for at, name in enumerate(names) if at % 4 == 0]
        values = "(?, ?, ?, ?, 'p', '', -1, '', '')"
        ledger.db.executemany(f"INSERT INTO revisits VALUES {values}", [*revisits, ("s/x.gz", 7, "<x>", "<none>")])
        assert [(one.kind, one.where) for one in ledger.findings()] == [("reference", "s/x.gz:7 <x>")]


def test_after_a_broken_record_the_walk_goes_on(sound: Archive, tmp_path: Path) -> None:
    copy = copied(sound, tmp_path)
    path = paths(copy)[0]
    starts = [member.offset for member in members(path)]
    data = bytearray(path.read_bytes())
    broken = [starts[2], starts[-2]]
    for offset in broken:
        data[offset + 40] ^= 1
    path.write_bytes(data)
    assert [finding.offset for finding in found(copy) if finding.kind == "broken"] == broken


def test_open_files_and_torn_tails_are_notes(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.begin({})
    store.put(store.prepare(fetched(exchange("http://e/"))))
    store._writers[Privilege.ANONYMOUS].abandon()
    store.log.close()
    (path,) = store.folder.warcs()
    path.write_bytes(path.read_bytes() + b"\x1f\x8b\x08")
    path.with_name("old.warc.gz.torn").write_bytes(b"x")
    tally = Tally()
    assert list(verify(Archive(tmp_path), tally)) == []
    notes = " ".join(tally.notes)
    assert "torn tail; the next crawl" in notes
    assert "old.warc.gz.torn" in notes
