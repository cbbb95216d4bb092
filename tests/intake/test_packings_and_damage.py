"""Whatever a file is packed in, and wherever it is damaged: all that is whole in it is taken, the rest is named."""

import gzip
import json
import random
import zipfile
from pathlib import Path

import pytest
from intakekit import answers_in, rows, take, unsound
from writers import answer, exchange, info, packed, post, record, revisit, write

from wparchive.audit import verify
from wparchive.errors import ExitCode
from wparchive.store import Archive

AT = "2020-03-01T00:00:0{}Z"
WHOLE = ["whole-gzip", "whole-zstd", "whole-zstd-dictionary", "blocks-gzip", "blocks-zstd"]
PACKINGS = ["gzip", "plain", "zstd", "zstd-dictionary", "zstd-raw-dictionary", *WHOLE]


def route(number: int) -> str:
    return f"/wp-json/wp/v2/posts/{number}"


def records(count: int = 6, length: int = 3000) -> list[bytes]:
    """A warcinfo record and so many answers, each of an item and long enough to be hit."""
    noise = random.Random(7)
    text = ["".join(noise.choices("abcdefgh ", k=length)) for _ in range(count)]
    return [info(), *(answer(route(n), post(n, f"T{n}", text=text[n]), AT.format(n)) for n in range(count))]


def bodies(root: Path) -> dict[str, bytes]:
    return {one.capture.url: one.body().data for one in answers_in(root)}


def ids(root: Path) -> list[int]:
    return [wp_id for (wp_id,) in rows(root, "SELECT wp_id FROM posts ORDER BY 1")]


@pytest.mark.parametrize("how", PACKINGS)
def test_every_packing_is_read_and_the_bytes_stay(tmp_path: Path, how: str) -> None:
    made = [*records(), *exchange(route(7), post(7, "T7"), AT.format(7))]
    result = take(tmp_path / "archive", write(tmp_path, "file", made, how))
    assert (result.code, result.files[0].records, result.files[0].damage) == (0, 9, ())
    sent = {f"https://example.org{route(n)}": one for n, one in zip([*range(6), 7], [*made[1:7], made[7]], strict=True)}
    assert bodies(tmp_path / "archive") == {url: one.split(b"\r\n\r\n", 2)[2][:-4] for url, one in sent.items()}
    assert unsound(tmp_path / "archive") == []
    # The unpacked record is the foreign one, to the byte.
    for stored in answers_in(tmp_path / "archive"):
        assert gzip.decompress(next(stored.members())).startswith(sent[stored.capture.url])


@pytest.mark.parametrize("how", ["gzip", "plain", "whole-gzip"])
def test_without_the_extra_the_same_is_taken(tmp_path: Path, how: str) -> None:
    path = write(tmp_path, "file", records(), how)
    slow = take(tmp_path / "slow", path, fast=False)
    fast = take(tmp_path / "fast", path, fast=True)
    assert bodies(tmp_path / "slow") == bodies(tmp_path / "fast")
    assert "wparchive[import]" in slow.hint
    assert fast.hint == ""
    assert slow.files == fast.files


def test_a_wacz_is_read_in_place_and_where_it_is_deflated(tmp_path: Path) -> None:
    first, second = records()[:3], [info(), *records()[3:]]
    with zipfile.ZipFile(tmp_path / "site.wacz", "w") as package:
        package.writestr("datapackage.json", "{}")
        package.writestr("archive/a.warc.gz", packed(first), zipfile.ZIP_STORED)
        package.writestr("archive/b.warc", packed(second, "plain"), zipfile.ZIP_DEFLATED)
    result = take(tmp_path / "archive", tmp_path / "site.wacz")
    assert [(one.name, one.taken) for one in result.files] == [
        ("site.wacz#archive/a.warc.gz", 2),
        ("site.wacz#archive/b.warc", 4),
    ]
    assert ids(tmp_path / "archive") == [*range(6)]
    assert unsound(tmp_path / "archive") == []


def harm(data: bytes, places: list[int], what: str) -> tuple[bytes, int, int]:
    """The file with one damage, and the stretch of it that this costs."""
    start, end = places[3], places[4]
    middle = (start + end) // 2
    if what == "flipped":
        return data[:middle] + bytes([data[middle] ^ 0x40]) + data[middle + 1 :], start, end
    if what == "garbage":
        return data[:start] + b"garbage between" + data[start:], start, start + 15
    if what == "torn":
        return data[: places[-2] + 500], places[-2], places[-2] + 500
    if what == "zeros":
        return data[:start] + bytes(end - start) + data[end:], start, end
    assert what == "hole"
    return data[:middle] + data[end:], start, middle


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("what", ["flipped", "garbage", "torn", "zeros", "hole"])
def test_damage_is_named_with_its_place_and_all_behind_it_is_read(tmp_path: Path, what: str, fast: bool) -> None:
    every = [gzip.compress(one, mtime=0) for one in records()]
    places = [sum(map(len, every[:n])) for n in range(len(every) + 1)]
    data, start, end = harm(b"".join(every), places, what)
    (tmp_path / "hurt.warc.gz").write_bytes(data)
    result = take(tmp_path / "archive", tmp_path / "hurt.warc.gz", fast=fast)
    (file,) = result.files
    assert [(gap.start, gap.end) for gap in file.damage] == [(start, end)]
    assert result.code is ExitCode.INCOMPLETE
    lost = {"flipped": [2], "torn": [5], "zeros": [2], "hole": [2]}.get(what, [])
    assert ids(tmp_path / "archive") == [n for n in range(6) if n not in lost]
    assert unsound(tmp_path / "archive") == []
    assert json.loads(rows(tmp_path / "archive", "SELECT damage FROM sources")[0][0])[0][:2] == [start, end]


@pytest.mark.parametrize("what", ["flipped", "torn", "zeros", "hole"])
def test_damage_in_an_answer_that_is_longer_than_a_reader_takes_at_once(tmp_path: Path, what: str) -> None:
    """It is met while the body is read, not when the next record is looked for: that ends nothing either."""
    every = [gzip.compress(one, 1, mtime=0) for one in records(length=400_000)]
    places = [sum(map(len, every[:n])) for n in range(len(every) + 1)]
    data, start, end = harm(b"".join(every), places, what)
    (tmp_path / "hurt.warc.gz").write_bytes(data)
    result = take(tmp_path / "archive", tmp_path / "hurt.warc.gz", fast=True)
    assert [(gap.start, gap.end) for gap in result.files[0].damage] == [(start, end)]
    assert (result.code, result.files[0].records, result.files[0].taken) == (ExitCode.INCOMPLETE, 6, 5)
    assert ids(tmp_path / "archive") == [n for n in range(6) if n != (5 if what == "torn" else 2)]


@pytest.mark.parametrize("how", ["plain", "zstd"])
@pytest.mark.parametrize("what", ["garbage", "torn", "zeros", "hole"])
def test_damage_in_other_packings_too(tmp_path: Path, what: str, how: str) -> None:
    every = [packed([one], how) for one in records()]
    places = [sum(map(len, every[:n])) for n in range(len(every) + 1)]
    data, start, end = harm(b"".join(every), places, what)
    path = write(tmp_path, "hurt", [], how)
    path.write_bytes(data)
    (file,) = take(tmp_path / "archive", path).files
    assert [(gap.start, gap.end) for gap in file.damage] == [(start, end)]
    assert len(ids(tmp_path / "archive")) == 6 - (what != "garbage")


def test_a_length_that_lies_costs_its_record_alone(tmp_path: Path) -> None:
    made = records()
    made[3] = made[3].replace(b"Content-Length: ", b"Content-Length: 99", 1)
    for how in ("gzip", "plain"):
        (file,) = take(tmp_path / how, write(tmp_path, how, made, how)).files
        assert len(file.damage) == 1
        assert ids(tmp_path / how) == [0, 1, 3, 4, 5]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"filedesc://x.arc 0.0.0.0 20050101000000 text/plain 76\n1 0 x\n", "warcio recompress"),
        (b'{"log": {"version": "1.2"}}', "har2warc"),
        (b"<!doctype html><title>x</title>", "not a WARC"),
        (random.Random(1).randbytes(4096), "not a WARC"),
        (b"", "not a WARC"),
        (b"PK\x03\x04 no zip", "not a WARC"),
        (gzip.compress(b"no records at all", mtime=0), "not a WARC"),
    ],
)
def test_what_is_no_warc_is_refused_with_what_to_do(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "x.warc.gz").write_bytes(data)
    good = write(tmp_path, "good", records())
    result = take(tmp_path / "archive", tmp_path / "x.warc.gz", good)
    assert said in result.files[0].fault
    assert result.code is ExitCode.USAGE
    assert len(ids(tmp_path / "archive")) == 6


@pytest.mark.parametrize("odd", ["../up.warc.gz", "encrypted.warc.gz", "link.warc.gz"])
def test_members_that_lead_out_of_their_package_are_refused(tmp_path: Path, odd: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.wacz", "w") as package:
        entry = zipfile.ZipInfo(odd)
        entry.external_attr = 0o120777 << 16 if "link" in odd else 0
        package.writestr(entry, packed(records()))
    data = bytearray((tmp_path / "x.wacz").read_bytes())
    if odd.startswith("encrypted"):
        place = data.rindex(b"PK\x01\x02")
        data[place + 8] |= 1
        (tmp_path / "x.wacz").write_bytes(data)
    result = take(tmp_path / "archive", tmp_path / "x.wacz")
    assert result.files[0].fault
    assert not (tmp_path / "archive" / "archive.db").exists() or ids(tmp_path / "archive") == []


def test_a_body_that_is_cut_gives_its_whole_objects_and_no_absence(tmp_path: Path) -> None:
    """As Common Crawl cuts at a mebibyte: the objects before the cut are items, the one in it is none."""
    items = json.dumps([post(n, f"T{n}") for n in range(9)]).encode()
    cut = answer(
        "/wp-json/wp/v2/posts", items[: len(items) * 2 // 3], AT.format(0), fields={"WARC-Truncated": "length"}
    )
    take(tmp_path / "archive", write(tmp_path, "cut", [info(), cut]))
    assert ids(tmp_path / "archive") == [*range(6)]
    assert rows(tmp_path / "archive", "SELECT truncated, flags FROM captures") == [("length", '["cut"]')]
    assert unsound(tmp_path / "archive") == []


def digest_of(made: bytes) -> str:
    return made.split(b"WARC-Payload-Digest: ")[1].split(b"\r\n")[0].decode()


@pytest.mark.parametrize("named", ["id", "uri and date", "digest", "nothing"])
def test_revisits_are_tied_to_what_they_stand_for(tmp_path: Path, named: str) -> None:
    """Heritrix names address and date, warcprox an id at another address, others the digest alone."""
    body = post(1, "Same")
    said = answer(route(1), body, AT.format(1), fields={"WARC-Payload-Digest": "other:PLACEHOLDER"})
    urn = said.split(b"WARC-Record-ID: ")[1].split(b"\r\n")[0].decode()
    fields = {
        "id": {"WARC-Refers-To": urn},
        "uri and date": {
            "WARC-Refers-To-Target-URI": f"https://example.org{route(1)}",
            "WARC-Refers-To-Date": AT.format(1),
        },
        "digest": {"WARC-Payload-Digest": "other:PLACEHOLDER"},
        "nothing": {"WARC-Refers-To": "<urn:uuid:00000000-0000-4000-8000-000000000000>"},
    }[named]
    again = revisit(route(1), "2020-04-01T00:00:00Z", fields)
    result = take(tmp_path / "archive", write(tmp_path, "revisit", [info(), said, again]))
    seen = rows(tmp_path / "archive", "SELECT last_seen FROM posts")
    lost = named == "nothing"
    assert seen == [(AT.format(1) if lost else "2020-04-01T00:00:00Z",)]
    assert result.code == (ExitCode.INCOMPLETE if lost else 0)
    assert unsound(tmp_path / "archive") == []


def test_a_revisit_of_what_an_earlier_import_took_is_tied_to_it(tmp_path: Path) -> None:
    said = answer(route(1), post(1, "Same"), AT.format(1))
    urn = said.split(b"WARC-Record-ID: ")[1].split(b"\r\n")[0].decode()
    take(tmp_path / "archive", write(tmp_path, "first", [info(), said]))
    again = revisit(route(1), "2020-04-01T00:00:00Z", {"WARC-Refers-To": urn})
    assert take(tmp_path / "archive", write(tmp_path, "second", [info(), again])).code == 0
    assert rows(tmp_path / "archive", "SELECT last_seen FROM posts") == [("2020-04-01T00:00:00Z",)]
    assert unsound(tmp_path / "archive") == []


def test_a_flipped_bit_in_any_imported_member_is_found(tmp_path: Path) -> None:
    """Every byte of every member, be it another tool's or ours: one bit of every thirteenth."""
    made = [*exchange(route(1), post(1, "T"), AT.format(1)), record("metadata", "x:y", AT.format(1), b"a: b\r\n")]
    take(tmp_path / "archive", write(tmp_path, "file", [info(), *made]))
    (path,) = (tmp_path / "archive").glob("*/warc/import/*.warc.gz")
    assert unsound(tmp_path / "archive") == []
    (tmp_path / "archive" / "archive.db").unlink()
    (tmp_path / "archive" / ".index.lock").unlink()
    data = path.read_bytes()
    unfound = []
    for at in range(0, len(data), 13):
        path.write_bytes(data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :])
        if not any(verify(Archive(tmp_path / "archive"))):
            unfound.append(at)
    assert unfound == []
