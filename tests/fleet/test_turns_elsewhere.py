"""A turn goes on from what another machine left in the object store as if all of it lay on its own disk."""

import hashlib
import threading
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakewp import FakeWordPress
from storekit import VIDEO, exchange, fetched, open_store
from turnkit import PLAIN, SITE, TABLES, gathered, rows, turn

from wparchive.audit import verify
from wparchive.config import SiteConfig
from wparchive.crawl.run import Options, crawl_site
from wparchive.errors import ExitCode
from wparchive.fleet.manifest import Head, read_head
from wparchive.fleet.objects import ObjectStore, RemoteWarcs
from wparchive.fleet.uploader import stored_file
from wparchive.index import index
from wparchive.store import Archive, StoredExchange, exchanges
from wparchive.wordpress.discovery.site_state import SiteState

SIZES = {"posts": 9, "pages": 2, "books": 2, "media": 3, "comments": 4, "users": 2, "terms": 6}


def locally(root: Path, url: str, **changes: Any) -> Any:
    """A crawl in one folder that stays."""
    site = SiteConfig(url=url, name=SITE, settings=replace(PLAIN, **changes))
    how: dict[str, Any] = {"stop": threading.Event(), "emit": lambda *_: None, "after": lambda _: None}
    return crawl_site(Archive(root), site, Options(debug=True), **how)


def change(site: FakeWordPress) -> None:
    posts = site.ids("post")
    site.edit(posts[0], content="<p>Edited.</p>")
    site.edit(posts[1], silent=True, content="<p>Silently.</p>")
    site.delete(posts[3])
    site.add(title="New")


def test_turns_on_two_machines_are_a_crawl_in_one_folder(objects: ObjectStore, tmp_path: Path) -> None:
    """The second and the third begin with an empty disk, are incremental, and refer to what the first captured."""
    with FakeWordPress(**SIZES) as site:
        reports, local = [], []
        for number in range(3):
            if number == 1:
                change(site)
            done = turn(tmp_path / f"machine{number}", site.url, objects)
            reports.append(done.report)
            local.append(locally(tmp_path / "local", site.url))
            assert done.sent.left == {}
            assert len(done.head.files) == number + 1
        assert [one.mode for one in reports] == ["full", "incremental", "incremental"]
        assert [one.exit_code for one in reports] == [ExitCode.COMPLETE] * 3
        assert [one.tally.requests for one in reports] == [one.tally.requests for one in local]
        assert [one.tally.revisits for one in reports] == [one.tally.revisits for one in local]
        assert reports[2].tally.revisits > 0
    joined = gathered(tmp_path / "joined", objects)
    index(Archive(tmp_path / "local"))
    held, expected = rows(joined), rows(Archive(tmp_path / "local"))
    for table in TABLES:
        assert held[table] == expected[table]
    assert list(verify(joined)) == []


def test_a_crawl_that_was_cut_short_is_resumed_elsewhere(objects: ObjectStore, tmp_path: Path) -> None:
    """Nothing is requested twice: what the turns before captured is read where it lies."""
    with FakeWordPress(**SIZES) as site:
        reports = []
        for number, most in enumerate((6, 9, None)):
            done = turn(tmp_path / f"machine{number}", site.url, objects, changes={"max_requests": most})
            local = locally(tmp_path / "local", site.url, max_requests=most)
            assert done.report.tally.requests == local.tally.requests
            reports.append(done.report)
        assert [one.outcome for one in reports] == ["incomplete", "incomplete", "complete"]
        assert reports[0].cut_short
        asked = [one.target for one in site.requests]
    joined = gathered(tmp_path / "joined", objects)
    index(Archive(tmp_path / "local"))
    assert rows(joined)["posts"] == rows(Archive(tmp_path / "local"))["posts"]
    assert len(rows(joined)["posts"]) > 0
    posts = [target for target in asked if "/wp/v2/posts?" in target]
    assert all(posts.count(target) == 2 for target in posts)  # once for each archive


def test_a_revisit_of_what_lies_elsewhere_is_followed(objects: ObjectStore, tmp_path: Path) -> None:
    with FakeWordPress(**SIZES) as site:
        turn(tmp_path / "one", site.url, objects)
        second = turn(tmp_path / "two", site.url, objects)
    assert second.remote
    folder = second.archive.site(SITE)
    (path,) = folder.warcs()
    captured = [one for one in exchanges(path, elsewhere=second.remote.blob) if isinstance(one, StoredExchange)]
    revisits = [one for one in captured if one.capture.record_type == "revisit"]
    assert revisits
    for one in revisits:
        assert not second.archive.is_here(one.answer.capture.warc)
        assert one.body().data


def test_an_unchanged_turn_reads_little_of_earlier_captures(bucket: ObjectStore, tmp_path: Path) -> None:
    """Two hundred and fifty posts: a few ranges, not the files."""
    with FakeWordPress(**{**SIZES, "posts": 250}) as site:
        turn(tmp_path / "one", site.url, bucket)
        for number in range(3):
            done = turn(tmp_path / f"again{number}", site.url, bucket)
            assert done.report.mode == "incremental"
            assert done.remote
            assert done.remote.requests <= 3


def test_months_that_are_over_are_looked_up_only_where_they_are_needed(objects: ObjectStore, tmp_path: Path) -> None:
    """The capture log knows which files lie elsewhere; a new one has them all adopted."""
    with FakeWordPress(**SIZES) as site:
        turn(tmp_path / "one", site.url, objects)
        second = turn(tmp_path / "two", site.url, objects, before="9999-12")
        assert len(second.head.months) == 1
        assert len(second.head.files) == 1
        third = turn(tmp_path / "three", site.url, objects, before="9999-12")
        assert third.report.mode == "incremental"
        assert third.report.exit_code is ExitCode.COMPLETE
        lost = turn(tmp_path / "four", site.url, objects)
    assert lost.report.mode == "incremental"
    joined = gathered(tmp_path / "joined", objects)
    assert list(verify(joined)) == []


def test_without_its_state_a_turn_learns_from_the_files_elsewhere(objects: ObjectStore, tmp_path: Path) -> None:
    """The capture log is a view of the WARCs, wherever they lie."""
    with FakeWordPress(**SIZES) as site:
        turn(tmp_path / "one", site.url, objects)
        turn(tmp_path / "two", site.url, objects, before="9999-12")
        head, _ = read_head(objects, SITE) or (None, "")
        assert head
        remote = RemoteWarcs(tmp_path / "new", SITE, head, objects)
        archive = Archive(tmp_path / "new", remote)
        site_config = SiteConfig(url=site.url, name=SITE, settings=PLAIN)
        archive.site(SITE).create()
        how: dict[str, Any] = {"stop": threading.Event(), "emit": lambda *_: None, "after": lambda _: None}
        report = crawl_site(archive, site_config, Options(debug=True), **how)
    assert report.mode == "incremental"
    assert report.exit_code is ExitCode.COMPLETE
    assert report.tally.revisits > 0


def test_a_file_that_is_nowhere_is_lost(objects: ObjectStore, tmp_path: Path) -> None:
    """What the capture log calls elsewhere isn't held by an archive without an elsewhere."""
    with FakeWordPress(**SIZES) as site:
        turn(tmp_path / "one", site.url, objects)
        second = turn(tmp_path / "two", site.url, objects)
        alone = Archive(tmp_path / "two")
        site_config = SiteConfig(url=site.url, name=SITE, settings=PLAIN)
        how: dict[str, Any] = {"stop": threading.Event(), "emit": lambda *_: None, "after": lambda _: None}
        report = crawl_site(alone, site_config, Options(debug=True), **how)
    assert second.report.damage == []
    assert report.damage
    assert report.state is not SiteState.OK or report.exit_code is ExitCode.INCOMPLETE


def test_a_large_body_elsewhere_is_read_in_constant_memory(tmp_path: Path) -> None:
    """A film of 48 MB, from a folder: no more of it is in memory than the ranges that are kept."""
    objects = ObjectStore((tmp_path / "objects").as_uri())
    with open_store(tmp_path / "one") as store:
        store.begin({"mode": "full"})
        body = b"".join(number.to_bytes(3, "big") * 1024 for number in range(16_384))
        (capture,) = store.put(store.prepare(fetched(exchange("http://e/film", body, VIDEO), kind="file")))
        store.finish({"outcome": "complete"})
    expected = hashlib.sha256(body).hexdigest()
    del body
    files = {}
    for path in store.folder.warcs():
        name = path.relative_to(store.folder.path).as_posix()
        objects.put_new(f"{store.site}/{name}", path)
        files[name] = stored_file(path)
    remote = RemoteWarcs(tmp_path / "two", store.site, Head(url="", files=files), objects)
    tracemalloc.start()
    digest = hashlib.sha256()
    for piece in Archive(tmp_path / "two", remote).response(capture).payload():
        digest.update(piece)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert digest.hexdigest() == expected
    assert most < 12 << 20
