"""Records as other writers shape them, and as none should: each is taken as it is, or named, and never passed over."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from intakekit import answers_in, bodies_in, rows, take, unsound
from writers import answer, info, packed, post, revisit, write

from wparchive.errors import ExitCode
from wparchive.index import index
from wparchive.intake import FileTold, import_files
from wparchive.store import Archive

AT = "2020-03-01T00:00:0{}Z"
PACKINGS = ["plain", "gzip", "zstd"]
Change = Callable[[bytes], bytes]
LENGTH = re.compile(rb"Content-Length: (\d+)")
TYPE = b"WARC-Type: "


def records() -> list[bytes]:
    """All of one length: what a reader passes over mustn't pass for the one beside it."""
    return [info(), *(answer(f"/wp-json/wp/v2/posts/{n}", post(n, f"T{n}"), AT.format(n)) for n in range(1, 6))]


def sent() -> set[tuple[str, bytes]]:
    bodies = [one.split(b"\r\n\r\n", 2)[2][:-4] for one in records()[1:]]
    return {(f"https://example.org/wp-json/wp/v2/posts/{n}", body) for n, body in enumerate(bodies, 1)}


def parted(made: bytes, *, head: bytes = b"\r\n", end: bytes = b"\r\n") -> bytes:
    """A record whose header's lines, and the two behind its block, end otherwise."""
    header, block = made.split(b"\r\n\r\n", 1)
    return header.replace(b"\r\n", head) + 2 * head + block[:-4] + 2 * end


def before_type(lines: bytes) -> Change:
    return lambda made: made.replace(TYPE, lines + TYPE, 1)


def counting_one_more(made: bytes) -> bytes:
    """As wget 1.19.4 stated it (iipc/jwarc#29): the block has a carriage return that the site didn't send."""
    return LENGTH.sub(lambda found: b"Content-Length: %d" % (int(found[1]) + 1), made, count=1)


SOUND: dict[str, Change] = {
    "a folded address": lambda made: made.replace(b"WARC-Target-URI: ", b"WARC-Target-URI:\r\n\t"),
    "an empty name": before_type(b": x\r\n"),
    "a NUL": before_type(b"X\0Y: \0\r\n"),
    "bytes of no alphabet": before_type(b"X: \xff\xfe\r\n"),
    "a long line": before_type(b"X: " + b"a" * 900_000 + b"\r\n"),
    "thousands of lines": before_type(b"X: y\r\n" * 50_000),
    "the length twice": lambda made: LENGTH.sub(rb"\g<0>\r\n\g<0>", made, count=1),
    "names in lower case": lambda made: made.replace(b"WARC-Type", b"warc-type").replace(
        b"Content-Len", b"content-len", 1
    ),
    "its type in capitals": lambda made: made.replace(b"response\r\n", b"RESPONSE\r\n", 1),
    "a blank before the colon": lambda made: made.replace(b"WARC-Type:", b"WARC-Type :"),
    "WARC 1.1": lambda made: made.replace(b"WARC/1.0", b"WARC/1.1"),
    "bare line feeds in its header": lambda made: parted(made, head=b"\n"),
    "bare line feeds": lambda made: parted(made, head=b"\n", end=b"\n"),
    "more blank lines behind it": lambda made: made + b"\r\n\r\n\n",
    "a length that counts a byte of its end": counting_one_more,
}
BROKEN: dict[str, tuple[Change, str]] = {
    "a length below nothing": (lambda made: LENGTH.sub(b"Content-Length: -1", made, count=1), "isn't a number"),
    "a length of no number": (lambda made: LENGTH.sub(b"Content-Length: 0x10", made, count=1), "isn't a number"),
    "a length in other digits": (
        lambda made: LENGTH.sub("Content-Length: \u0665".encode(), made, count=1),
        "isn't a number",
    ),
    "no length": (lambda made: LENGTH.sub(b"X: y", made, count=1), "isn't a number"),
    "a length of nothing": (lambda made: LENGTH.sub(b"Content-Length: 0", made, count=1), "doesn't end"),
    "a huge length": (lambda made: LENGTH.sub(b"Content-Length: 9" + b"0" * 16, made, count=1), ""),
    "another length first": (lambda made: LENGTH.sub(rb"Content-Length: 5\r\n\g<0>", made, count=1), "doesn't end"),
    "no type": (lambda made: made.replace(b"WARC-Type: response\r\n", b""), "no WARC-Type"),
    "no address": (lambda made: re.sub(rb"WARC-Target-URI: .*\r\n", b"", made), "no WARC-Target-URI"),
    "version 0.18": (lambda made: made.replace(b"WARC/1.0", b"WARC/0.18"), "WARC/0.18"),
    "version 2.0": (lambda made: made.replace(b"WARC/1.0", b"WARC/2.0"), "WARC/2.0"),
    "no end of lines": (lambda made: parted(made, end=b"\n"), "doesn't end"),
    "no end at all": (lambda made: made[:-4], "doesn't end"),
    "a header of megabytes": (before_type(b"X: " + b"a" * 3_000_000 + b"\r\n"), "no end within"),
}


def imported(tmp_path: Path, made: list[bytes], how: str) -> tuple[FileTold, ExitCode]:
    result = import_files(Archive(tmp_path / "archive"), [write(tmp_path, "x", made, how)])
    assert not any(site.fault for site in result.sites)
    return result.files[0], result.code


@pytest.mark.parametrize("how", PACKINGS)
@pytest.mark.parametrize("what", SOUND)
def test_what_is_only_odd_is_taken_as_it_is(tmp_path: Path, what: str, how: str) -> None:
    made = records()
    made[3] = SOUND[what](made[3])
    file, code = imported(tmp_path, made, how)
    assert (code, file.damage, file.records, file.taken) == (ExitCode.COMPLETE, (), 6, 5)
    assert {(url, body.rstrip(b"\r")) for url, body in bodies_in(tmp_path / "archive")} == sent()
    assert len(answers_in(tmp_path / "archive")) == 5


@pytest.mark.parametrize("how", PACKINGS)
@pytest.mark.parametrize("what", BROKEN)
def test_a_record_that_cant_be_read_is_named_and_costs_itself_alone(tmp_path: Path, what: str, how: str) -> None:
    made = records()
    change, reason = BROKEN[what]
    made[3] = change(made[3])
    file, code = imported(tmp_path, made, how)
    start = len(packed(made[:3], how))
    assert [(gap.start, gap.end) for gap in file.damage] == [(start, start + len(packed([made[3]], how)))]
    assert reason in file.damage[0].reason
    assert (code, file.taken) == (ExitCode.INCOMPLETE, 4)
    assert bodies_in(tmp_path / "archive") < sent()


@pytest.mark.parametrize("how", PACKINGS)
def test_what_stands_between_records_is_named(tmp_path: Path, how: str) -> None:
    """A member that holds something else, which the fast reader passes over without a word."""
    made = records()
    made.insert(3, b"something else, by itself")
    file, code = imported(tmp_path, made, how)
    start = len(packed(made[:3], how))
    assert [(gap.start, gap.end) for gap in file.damage] == [(start, start + len(packed([made[3]], how)))]
    assert (code, file.taken) == (ExitCode.INCOMPLETE, 5)


@pytest.mark.parametrize("how", PACKINGS)
def test_odd_records_are_read_out_of_the_archive_as_any(tmp_path: Path, how: str) -> None:
    """And a rebuild, and `verify`, find them sound."""
    odd = ["bare line feeds", "more blank lines behind it", "a folded address", "a NUL"]
    odd.append("a length that counts a byte of its end")
    made = [info(), *(SOUND[what](one) for what, one in zip(odd, records()[1:], strict=True))]
    assert take(tmp_path / "archive", write(tmp_path, "x", made, how)).code is ExitCode.COMPLETE
    assert rows(tmp_path / "archive", "SELECT wp_id FROM posts ORDER BY 1") == [(n,) for n in range(1, 6)]
    assert unsound(tmp_path / "archive") == []


@pytest.mark.parametrize("stated", [b"", b"Content-Type: application/json\r\n"])
def test_what_is_called_an_answer_is_read_as_one_whatever_its_record_says_of_its_type(
    tmp_path: Path, stated: bytes
) -> None:
    """What import takes without a word, the index has to read: a revisit, too, has its own head then."""
    kind = re.compile(rb"Content-Type: application/http[^\r]*\r\n")
    refers = {
        "WARC-Refers-To-Target-URI": "https://example.org/wp-json/wp/v2/posts/1",
        "WARC-Refers-To-Date": AT.format(1),
    }
    again = revisit("/wp-json/wp/v2/posts/1", "2021-01-01T00:00:00Z", refers)
    made = [info(), *(kind.sub(stated, one, count=1) for one in (*records()[1:], again))]
    assert take(tmp_path / "archive", write(tmp_path, "x", made)).code is ExitCode.COMPLETE
    assert rows(tmp_path / "archive", "SELECT wp_id FROM posts ORDER BY 1") == [(n,) for n in range(1, 6)]
    told = rows(tmp_path / "archive", "SELECT DISTINCT status, mime, answer FROM captures")
    assert told == [(200, "application/json", "ok")]
    assert unsound(tmp_path / "archive") == []


def test_what_its_record_calls_mere_bytes_is_named_and_not_taken(tmp_path: Path) -> None:
    """We write so of an answer in which nothing could be read as HTTP, however it begins; so the index reads nothing in it."""
    stated = b"Content-Type: application/octet-stream\r\n"
    one = re.sub(rb"Content-Type: application/http[^\r]*\r\n", stated, records()[1], count=1)
    told = take(tmp_path / "archive", write(tmp_path, "x", [info(), one, *records()[2:]]))
    assert told.code is ExitCode.INCOMPLETE
    assert told.files[0].skipped["no-http"] == 1
    assert [gap.reason for gap in told.files[0].damage] == ["no HTTP; not taken"]
    assert rows(tmp_path / "archive", "SELECT wp_id FROM posts ORDER BY 1") == [(n,) for n in range(2, 6)]


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_zero_byte_behind_each_record_of_a_member_is_no_damage(tmp_path: Path, how: str) -> None:
    """StormCrawler wrote it until 2018, and so all of Common Crawl's news until then (apache/stormcrawler#652)."""
    made = [one + b"\0" for one in records()]
    file, code = imported(tmp_path, made, how)
    assert (code, file.damage, file.records, file.taken) == (ExitCode.COMPLETE, (), 6, 5)
    assert bodies_in(tmp_path / "archive") == sent()
    index(Archive(tmp_path / "archive"))
    assert unsound(tmp_path / "archive") == []


@pytest.mark.parametrize(("version", "how"), [("0.17", "gzip"), ("2.0", "plain"), ("0.18", "zstd")])
def test_a_file_of_another_version_is_refused_with_its_version(tmp_path: Path, version: str, how: str) -> None:
    made = [one.replace(b"WARC/1.0", f"WARC/{version}".encode()) for one in records()]
    file, code = imported(tmp_path, made, how)
    assert code is ExitCode.USAGE
    assert f"WARC/{version}; only 1.0 and 1.1 are read" in file.fault


def test_a_segment_is_no_whole_answer(tmp_path: Path) -> None:
    """What it goes on with is in other records (WARC 1.1, 7)."""
    made = records()
    made[3] = before_type(b"WARC-Segment-Number: 1\r\n")(made[3])
    file, code = imported(tmp_path, made, "gzip")
    assert (dict(file.skipped), code) == ({"unread-cut": 1}, ExitCode.INCOMPLETE)


@pytest.mark.parametrize(
    "seeming",
    [
        b"WARC/1.0\r\n",
        b"X: WARC/1.0\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/wp-json/\r\nContent-Length: 200000\r\n\r\n",
        gzip.compress(b"WARC/1.0\r\nWARC-Type: x", mtime=0)[:24],
        b"\x28\xb5\x2f\xfd",
    ],
)
def test_what_only_seems_to_begin_records_is_one_damage_and_read_once(tmp_path: Path, seeming: bytes) -> None:
    """Read once for each of them, such a file would take hours."""
    how = "gzip" if seeming[:1] == b"\x1f" else "zstd" if seeming[:1] == b"\x28" else "plain"
    made = records()
    before, after = packed(made[:3], how), packed(made[3:], how)
    path = write(tmp_path, "x", [], how)
    path.write_bytes(before + seeming * (400_000 // len(seeming)) + after)
    result = import_files(Archive(tmp_path / "archive"), [path])
    assert result.files[0].taken == 5
    assert len(result.files[0].damage) <= 2
    assert (result.files[0].damage[0].start, result.files[0].damage[-1].end) == (
        len(before),
        path.stat().st_size - len(after),
    )
