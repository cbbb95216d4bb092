"""What lies in a WARC folder and doesn't belong, or is there twice, is named and left out; every index and rebuild ends well."""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from archives import SITE, World, post

from wparchive.audit import verify
from wparchive.store import members

OTHER = "example.com"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sites; of the first, two runs over several files each."""
    world = World(tmp_path_factory.mktemp("sound") / "archive")
    for site, runs in ((SITE, 2), (OTHER, 1)):
        for number in range(runs):
            run = world.run(site, rotate_at=6000).site()
            for wp_id in range(3):
                run.get(f"/wp/v2/posts/{wp_id}", post(wp_id, f"<p>{number}</p>"), kind="item")
            run.end()
    world.index()
    assert list(verify(world.archive)) == []
    return world.archive.root


@pytest.fixture
def world(sound: Path, tmp_path: Path) -> World:
    shutil.copytree(sound, tmp_path / "archive")
    return World(tmp_path / "archive")


def files(world: World, site: str = SITE) -> list[Path]:
    return world.archive.site(site).warcs()


def copied(world: World) -> set[str]:
    path = files(world)[0]
    shutil.copy(path, path.with_name("copy.warc.gz"))
    return {"double"}


def copied_later(world: World) -> set[str]:
    path = files(world)[0]
    shutil.copy(path, path.with_name(f"wparchive-{SITE}-20990101000000-00000.warc.gz"))
    return {"double"}


def copied_earlier(world: World) -> set[str]:
    path = files(world)[-1]
    shutil.copy(path, path.with_name(f"wparchive-{SITE}-19990101000000-00000.warc.gz"))
    return {"double"}


def concatenated(world: World) -> set[str]:
    path = files(world)[0]
    path.with_name("all.warc.gz").write_bytes(b"".join(one.read_bytes() for one in files(world)))
    return {"double"}


def only_concatenated(world: World) -> set[str]:
    data = b"".join(one.read_bytes() for one in files(world))
    for path in files(world):
        path.unlink()
    path.with_name("all.warc.gz").write_bytes(data)
    return set()


def doubled_record(world: World) -> set[str]:
    path = files(world)[0]
    data = path.read_bytes()
    for kind in ("resource", "metadata", "response", "warcinfo"):
        member = next(one for one in members(path) if one.type == kind)
        data += data[member.offset : member.offset + member.length]
    path.write_bytes(data)
    return {"double"}


def out_of_order(world: World) -> set[str]:
    path = files(world)[0]
    data = path.read_bytes()
    path.write_bytes(b"".join(data[m.offset : m.offset + m.length] for m in reversed(list(members(path)))))
    return set()


def copied_to_another_site(world: World) -> set[str]:
    for path in files(world):
        shutil.copy(path, world.archive.site(OTHER).warc)
    shutil.copy(path, world.archive.site(OTHER).warc / "renamed.warc.gz")
    return {"misplaced"}


def moved_to_another_site(world: World) -> set[str]:
    shutil.move(files(world)[-1], world.archive.site(OTHER).warc)
    return {"misplaced"}


def open_twin(world: World) -> set[str]:
    """As a backup leaves it that was made while the file was being written, and once more when it was finished."""
    path = files(world)[0]
    path.with_name(f"{path.name}.open").write_bytes(path.read_bytes()[:-100])
    return {"superseded"}


def not_warcs(world: World) -> set[str]:
    folder = world.archive.site(SITE).warc
    plain = gzip.decompress(files(world)[0].read_bytes())
    (folder / "empty.warc.gz").write_bytes(b"")
    (folder / "text.warc.gz").write_text("Hello.\n" * 99)
    (folder / "image.warc.gz").write_bytes(bytes(range(256)) * 9)
    (folder / "plain.warc").write_bytes(plain)
    (folder / "plain.warc.gz").write_bytes(plain)
    (folder / "one-member.warc.gz").write_bytes(gzip.compress(plain))
    (folder / "tar.warc.gz").write_bytes(gzip.compress(b"no WARC"))
    return {"empty", "broken", "unpacked"}


def named_in_another_coding(world: World) -> set[str]:
    """As an old archive program unpacks it: the bytes of the name aren't UTF-8."""
    path = files(world)[0]
    shutil.copy(path, path.with_name(os.fsdecode(b"caf\xe9.warc.gz")))
    return {"misnamed"}


@pytest.mark.parametrize(
    "harm",
    [
        copied, copied_later, copied_earlier, concatenated, only_concatenated, doubled_record, out_of_order,
        copied_to_another_site, moved_to_another_site, open_twin, not_warcs, named_in_another_coding,
    ],
)  # fmt: skip
def test_it_is_named_and_left_out(world: World, harm: Callable[[World], set[str]]) -> None:
    """Incremental = rebuild, nothing faults, each post is there, and `verify` says so too."""
    posts = world.rows("SELECT site, wp_id FROM posts ORDER BY 1, 2")
    kinds = harm(world)
    found = list(verify(world.archive))
    assert found or harm is only_concatenated
    report = world.index()
    assert {row.kind for row in report.damaged} == kinds
    assert world.one("PRAGMA integrity_check") == "ok"
    if harm in (
        out_of_order,
        moved_to_another_site,
    ):  # what was indexed before isn't forgotten by itself: `verify` says so
        world.index(rebuild=True)
    else:
        assert world.rows("SELECT site, wp_id FROM posts ORDER BY 1, 2") == posts
    ids = [row[0] for row in world.rows("SELECT record_id FROM records")]
    assert len(ids) == len(set(ids))
    grown = world.dump()
    world.index(rebuild=True)
    assert world.dump() == grown
    if kinds:
        assert [one for one in verify(world.archive) if one.kind in ("duplicate", "stray", "broken")]


def test_what_is_taken_away_again_is_not_named_any_more(world: World) -> None:
    before = world.dump()
    for harm in (copied, copied_to_another_site, open_twin, not_warcs, named_in_another_coding):
        had = set(world.archive.root.rglob("*.warc*"))
        harm(world)
        assert world.index().damaged
        for path in set(world.archive.root.rglob("*.warc*")) - had:
            path.unlink()
        assert world.index().damaged == []
    assert world.dump() == before


FOREIGN = """
import io, sys
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
first, second = sys.argv[1:]
URL = "https://example.org/wp-json/wp/v2/posts/7"
HEAD = [("Content-Type", "application/json")]
with open(first, "wb") as file:
    writer = WARCWriter(file, gzip=True, warc_version="1.1")
    for date in ("2026-01-02T03:04:05.123456Z", "2026-01-03T03:04:05Z"):
        body = io.BytesIO(b'{"id": 7, "slug": "seven", "type": "post", "title": {"rendered": "%s"}}' % date.encode())
        head = StatusAndHeaders("200 OK", HEAD, protocol="HTTP/1.1")
        fields = {"WARC-Date": date}
        writer.write_record(writer.create_warc_record(URL, "response", payload=body, http_headers=head,
                                                      warc_headers_dict=fields))
with open(second, "wb") as file:
    writer = WARCWriter(file, gzip=True, warc_version="1.1")
    for digest, head in (("sha1:A", StatusAndHeaders("200 OK", HEAD, protocol="HTTP/1.1")), ("sha1:B", None)):
        record = writer.create_revisit_record(URL, digest, URL, "2026-01-02T03:04:05Z", http_headers=head)
        writer.write_record(record)
"""


@pytest.mark.parametrize("names", [("a.warc.gz", "b.warc.gz"), ("b.warc.gz", "a.warc.gz")])
@pytest.mark.parametrize("stepwise", [False, True])
def test_revisits_that_name_uri_and_date_are_resolved(tmp_path: Path, names: tuple[str, str], stepwise: bool) -> None:
    """Across files, in either order of these and of their coming, with an HTTP head of their own or none."""
    world = World(tmp_path / "archive")
    folder = world.archive.site(SITE).warc
    folder.mkdir(parents=True)
    subprocess.run([sys.executable, "-c", FOREIGN, *(tmp_path / name for name in names)], check=True)
    for name in reversed(names):
        shutil.move(tmp_path / name, folder)
        if stepwise:
            world.index()
    world.index()
    rows = world.rows("SELECT capture, refers_to, status, answer FROM captures WHERE record_type = 'revisit'")
    (first,) = world.rows(
        "SELECT capture FROM captures WHERE captured_at LIKE '2026-01-02%' AND record_type = 'response'"
    )
    assert [row[1:] for row in rows] == [(first[0], 200, "ok")] * 2
    assert world.one("SELECT count(*) FROM captures WHERE flags LIKE '%lost%'") == 0
    assert world.rebuilt() == world.dump()
    assert [one for one in verify(world.archive) if one.kind == "reference"] == []
    from wparchive.ask import find_capture

    stored = world.archive.response(find_capture(world.archive.database, rows[1][0]))
    assert b"2026-01-02T03:04:05" in stored.body().data
