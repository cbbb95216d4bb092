"""Records that make no sense under digests that are right: named by `verify` with file and offset, read as far as they can be.

Whoever makes an archive can make its digests, too.
"""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from crawlkit import SMALL, crawl, invoke, sound
from fakewp import FakeWordPress

from wparchive.audit import Finding, verify
from wparchive.index import index
from wparchive.store import Archive, Member, members
from wparchive.store.warc.fields import fields_block, parse_block
from wparchive.store.warc.writing.record_bytes import sha256, stored_member

Change = Callable[[dict[str, str], bytes], bytes]
ID = "urn:uuid:00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def served() -> Iterator[FakeWordPress]:
    with FakeWordPress(**{**SMALL, "posts": 3}) as site:
        yield site


@pytest.fixture(scope="module")
def made(served: FakeWordPress, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two full crawls, the second of revisits."""
    folder = tmp_path_factory.mktemp("made") / "archive"
    crawl(folder, served.url)
    crawl(folder, served.url, full=True)
    return folder


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Archive:
    return Archive(shutil.copytree(made, tmp_path / "archive"))


def warcs(archive: Archive) -> list[Path]:
    return archive.sites()[0].warcs()


def craft(path: Path, chosen: Callable[[Member, bytes], bool], change: Change) -> int:
    """Write the first record that is `chosen` anew, changed, with digests that are right; gives its offset."""
    data, done, out = path.read_bytes(), -1, []
    for member in members(path):
        block = b"".join(member.content())
        member.finish()
        raw = data[member.offset : member.offset + member.length]
        if done < 0 and chosen(member, block):
            headers = dict(member.headers.pairs)
            block, done = change(headers, block), sum(map(len, out))
            digest = f"sha256:{sha256(block)}"
            headers |= {"Content-Length": str(len(block)), "WARC-Block-Digest": digest}
            headers |= {"WARC-Payload-Digest": digest} if headers["WARC-Type"] == "resource" else {}
            raw = stored_member(tuple(headers.items()), block)
        out.append(raw)
    path.write_bytes(b"".join(out))
    assert done >= 0
    return done


def of_type(kind: str, inside: bytes = b"") -> Callable[[Member, bytes], bool]:
    return lambda member, block: member.type == kind and inside in block


def fact(name: str) -> Callable[[Member, bytes], bool]:
    return lambda member, _: bool(re.search(f":{name}(%3A|:|$)", member.headers.get("WARC-Target-URI")))


def field(name: str, value: str) -> Change:
    return lambda _, block: fields_block({**parse_block(block), name: value})


def header(name: str, value: str) -> Change:
    def change(headers: dict[str, str], block: bytes) -> bytes:
        headers[name] = value
        return block

    return change


def json_of(**changes: object) -> Change:
    return lambda _, block: json.dumps({**json.loads(block), **changes}).encode()


def whole(data: bytes) -> Change:
    return lambda _headers, _block: data


METADATA, REVISIT = of_type("metadata"), of_type("metadata", b"refers-to-file")
LONG = "9" * 5000
CASES: Mapping[str, tuple[Callable[[Member, bytes], bool], Change]] = {
    "flags that are no JSON": (METADATA, field("flags", "[cut")),
    "flags that are no list of words": (METADATA, field("flags", '{"a": 1}')),
    "flags deep in each other": (METADATA, field("flags", "[" * 90_000)),
    "a size of 5,000 digits": (METADATA, field("payload-size", LONG)),
    "a negative size": (METADATA, field("payload-size", "-1")),
    "a size in other digits": (METADATA, field("payload-size", "\u0663")),
    "hops of 5,000 digits": (METADATA, field("hopsFromSeed", LONG)),
    "a digest that is none": (METADATA, field("body-sha256", "../../etc/passwd")),
    "surrogates": (METADATA, field("kind", "a\udc80b")),
    "a run with a line in it": (METADATA, field("run", "a\nb")),
    "another run": (METADATA, field("run", "20200101000000-00000000")),
    "a verdict of its own": (METADATA, field("verdict", "forged")),
    "a privilege of its own": (METADATA, field("privilege", "root")),
    "authenticated among the public": (METADATA, field("privilege", "authenticated")),
    "refers upwards": (REVISIT, field("refers-to-file", "../../../etc/passwd")),
    "refers to an absolute path": (REVISIT, field("refers-to-file", "/etc/passwd")),
    "refers upwards within": (REVISIT, field("refers-to-file", "warc/../frontier.db")),
    "refers to a place of 5,000 digits": (REVISIT, field("refers-to-offset", LONG)),
    "refers before the file": (REVISIT, field("refers-to-offset", "-1")),
    "a date in the future": (of_type("response"), header("WARC-Date", "9999-12-31T23:59:59Z")),
    "a date before the run": (of_type("metadata"), header("WARC-Date", "1999-12-31T23:59:59Z")),
    "a date that is none": (of_type("request"), header("WARC-Date", "2026-99-31T23:59:59Z")),
    "another file's": (of_type("response"), header("WARC-Warcinfo-ID", f"<{ID}>")),
    "a name of another file": (
        of_type("warcinfo"),
        header("WARC-Filename", "wparchive-a-20260101000000-00000.warc.gz"),
    ),
    "a fact that is no JSON": (fact("end"), whole(b"{")),
    "a fact of another kind": (fact("collections"), whole(b"{}")),
    "a fact that is deep": (fact("start"), whole(b"[" * 100_000 + b"]" * 100_000)),
    "counts of 5,000 digits": (fact("end"), json_of(requests=int("9" * 4000))),
    "negative counts": (fact("listing"), json_of(stated=-5)),
    "times that are none": (fact("end"), json_of(finished_at="tomorrow")),
    "gaps that are none": (fact("listing"), json_of(gaps=["a"])),
    "a listing of nothing": (fact("listing"), json_of(route=7)),
}
REFERENCES = {
    "a record that isn't there": header("WARC-Refers-To", f"<{ID}>"),
    "another payload": None,
    "another place": field("refers-to-offset", "7"),
}


def named(archive: Archive, path: Path, offset: int) -> list[Finding]:
    """What `verify` says of the record there; its rows aside."""
    warc = archive.sites()[0].relative(path)
    return [one for one in verify(archive) if (one.warc, one.offset) == (warc, offset)]


@pytest.mark.parametrize("case", CASES)
def test_nonsense_is_named_and_costs_only_itself(archive: Archive, case: str) -> None:
    """`verify` names file and offset; the archive is indexed all the same, and its posts are there."""
    chosen, change = CASES[case]
    path = warcs(archive)[1 if chosen is REVISIT else 0]
    offset = craft(path, chosen, change)
    assert {one.kind for one in named(archive, path, offset)} & {"nonsense", "header"}
    index(archive, rebuild=True)
    assert named(archive, path, offset)
    assert "post" in invoke("status", "-a", archive.root).stdout
    invoke("history", "post/1", "-a", archive.root, code=None)


@pytest.mark.parametrize("case", REFERENCES)
def test_a_revisit_that_refers_to_nothing_of_its_own(archive: Archive, case: str) -> None:
    """To a record that isn't there, that has another payload, or that stands elsewhere: found there by its id."""
    path = warcs(archive)[1]
    ids = {
        member.headers.get("WARC-Record-ID"): member.headers.get("WARC-Payload-Digest")
        for member in members(warcs(archive)[0])
        if member.type == "response"
    }
    other = header("WARC-Refers-To", list(ids)[-1])
    at_place = case == "another place"
    offset = craft(path, REVISIT if at_place else of_type("revisit"), REFERENCES[case] or other)
    report = index(archive, rebuild=True)
    found = [one for one in verify(archive) if one.kind == "reference"]
    assert len({one.offset for one in found}) == 1
    assert found[0].warc == archive.sites()[0].relative(path)
    assert at_place or found[0].offset == offset
    assert report.items
    if at_place:
        ((lost,),) = query(archive, "SELECT count(*) FROM captures WHERE flags LIKE '%lost-reference%'")
        assert lost == 0


def query(archive: Archive, text: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(archive.database)) as conn:
        return conn.execute(text).fetchall()


def groups(path: Path) -> list[tuple[int, int]]:
    """Where the exchanges of a file stand: each ends with its metadata."""
    found, start = [], None
    for member in members(path):
        start = member.offset if start is None and member.type in ("response", "revisit", "request") else start
        if member.type == "metadata" and start is not None:
            found.append((start, member.offset + member.length))
            start = None
        elif member.type in ("resource", "warcinfo"):
            start = None
    return found


def swapped_records(archive: Archive) -> None:
    """Two records of one exchange."""
    path = warcs(archive)[0]
    spans = [(one.offset, one.offset + one.length) for one in members(path) if one.type in ("response", "request")]
    swap(path, spans[2], path, spans[3])


def swapped_exchanges(archive: Archive) -> None:
    path = warcs(archive)[0]
    swap(path, groups(path)[4], path, groups(path)[6])


def swapped_between_files(archive: Archive) -> None:
    one, other = warcs(archive)[:2]
    swap(one, groups(one)[5], other, groups(other)[5])


def concatenated(archive: Archive) -> None:
    one, other = warcs(archive)[:2]
    one.write_bytes(one.read_bytes() + other.read_bytes())
    other.unlink()


def concatenated_and_kept(archive: Archive) -> None:
    one, other = warcs(archive)[:2]
    one.write_bytes(one.read_bytes() + other.read_bytes())


def copied(archive: Archive) -> None:
    path = warcs(archive)[0]
    shutil.copy(path, path.with_name(path.name.replace(".warc.gz", "9.warc.gz")))


def renamed(archive: Archive) -> None:
    path = warcs(archive)[0]
    path.rename(path.with_name(path.name.replace("-00000.", "-00007.")))


def of_year_9999(archive: Archive) -> None:
    path = warcs(archive)[0]
    path.rename(path.with_name(re.sub(r"-\d{14}-", "-99991231235959-", path.name)))


def swap(one: Path, first: tuple[int, int], other: Path, second: tuple[int, int]) -> None:
    a, b = one.read_bytes(), other.read_bytes()
    if one == other:
        (s, t), (u, v) = sorted((first, second))
        one.write_bytes(a[:s] + a[u:v] + a[t:u] + a[s:t] + a[v:])
        return
    one.write_bytes(a[: first[0]] + b[slice(*second)] + a[first[1] :])
    other.write_bytes(b[: second[0]] + a[slice(*first)] + b[second[1] :])


MOVES = [swapped_records, swapped_exchanges, swapped_between_files, concatenated, concatenated_and_kept, copied]
MOVES += [renamed, of_year_9999]


@pytest.mark.parametrize("move", MOVES)
def test_records_and_files_moved_about(
    archive: Archive, served: FakeWordPress, move: Callable[[Archive], None]
) -> None:
    """`verify` names it, `index` takes every item in, and the next crawl asks for nothing more than it would have."""
    items = query(archive, "SELECT wp_id FROM posts ORDER BY 1")
    move(archive)
    assert list(verify(archive))
    report = index(archive, rebuild=True)
    if move is not swapped_records:
        assert query(archive, "SELECT wp_id FROM posts ORDER BY 1") == items
        assert query(archive, "SELECT count(*) FROM captures WHERE flags LIKE '%lost-reference%'") == [(0,)]
        assert {row.kind for row in report.damaged} <= {"double"}
    again = crawl(archive.root, served.url)
    assert again.code in (0, 3)
    assert again.rows("SELECT wp_id FROM posts ORDER BY 1") == items
    assert crawl(archive.root, served.url).code == 0
    assert again.rows("SELECT 1 FROM observations WHERE change IN ('deleted', 'unpublished', 'edited')") == []


def test_a_folder_that_was_renamed_is_the_same_archive(archive: Archive) -> None:
    """Its inside names itself relatively: every row is there again under the new name, every revisit resolved."""
    (site,) = archive.sites()
    before = query(archive, "SELECT count(*) FROM captures WHERE flags LIKE '%lost%'")
    site.path.rename(archive.root / "other.example")
    index(archive, rebuild=True)
    assert query(archive, "SELECT DISTINCT site FROM posts") == [("other.example",)]
    assert query(archive, "SELECT count(*) FROM captures WHERE flags LIKE '%lost%'") == before
    (archive.root / "other.example" / "frontier.db").unlink()
    assert list(sound(archive.root)) == []


def test_a_file_of_another_site_stays_that_sites(archive: Archive, tmp_path: Path) -> None:
    """Put into this one's folder it isn't read, and is named; the other one's is."""
    with FakeWordPress(**{**SMALL, "posts": 2}) as other:
        crawl(archive.root, other.url)
        mine, theirs = archive.sites()
        before = query(archive, "SELECT site, wp_id FROM posts ORDER BY 1, 2")
        shutil.copy(theirs.warcs()[0], mine.warc)
        assert {one.kind for one in verify(archive)} <= {"stray", "unproven"}
        index(archive, rebuild=True)
        assert query(archive, "SELECT site, wp_id FROM posts ORDER BY 1, 2") == before
