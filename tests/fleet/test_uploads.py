"""Finished WARCs go up while a run goes on; what can't is left where it is, and named."""

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fakewp import FakeWordPress
from s3server import AT_ONCE, BUCKET, S3Server
from shutdoor import Door
from turnkit import SITE, gathered, turn

from wparchive.audit import verify
from wparchive.errors import DamagedError, RemoteError
from wparchive.fleet.manifest import Head, StoredFile
from wparchive.fleet.objects import ObjectStore, RemoteWarcs
from wparchive.fleet.uploader import Uploader, stored_file
from wparchive.store import Archive, SiteFolder

NAMES = [f"wparchive-{SITE}-20261127120000-{number:05}.warc.gz" for number in range(3)]


@pytest.fixture
def folder(tmp_path: Path) -> SiteFolder:
    """A site with two public WARCs and a private one, as far as their names go."""
    folder = Archive(tmp_path / "archive").site(SITE).create()
    folder.private.mkdir()
    for number, name in enumerate(NAMES[:2]):
        (folder.warc / name).write_bytes(bytes([number]) * 100_000)
    (folder.private / NAMES[0]).write_bytes(b"private")
    return folder


@pytest.fixture
def door(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """The way to the S3 server, for stores made from now on."""
    door = Door(s3.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", door.url)
    yield door
    door.close()


@pytest.fixture
def behind(door: Door) -> ObjectStore:
    """An empty store behind the door."""
    return ObjectStore(f"s3://{BUCKET}/{uuid4().hex}", tries=AT_ONCE)


def test_public_and_private_files_go_to_their_stores(objects: ObjectStore, folder: SiteFolder, tmp_path: Path) -> None:
    private = ObjectStore((tmp_path / "private").as_uri(), tries=AT_ONCE)
    with Uploader(folder, objects, private) as uploader:
        for path in (*folder.files(), *folder.files()):
            uploader.take(path)
        sent = uploader.finish()
    assert sent.left == {}
    assert sent.up == {path.relative_to(folder.path).as_posix(): stored_file(path) for path in folder.files()}
    assert [one.key for one in objects.list()] == [f"{SITE}/warc/{name}" for name in NAMES[:2]]
    assert [one.key for one in private.list()] == [f"{SITE}/warc/private/{NAMES[0]}"]


def test_private_files_stay_where_there_is_no_store_for_them(objects: ObjectStore, folder: SiteFolder) -> None:
    with Uploader(folder, objects) as uploader:
        for path in folder.files():
            uploader.take(path)
        sent = uploader.finish()
    assert [*sent.left] == [f"warc/private/{NAMES[0]}"]
    assert "private_store" in sent.left[f"warc/private/{NAMES[0]}"]
    assert [one.key for one in objects.list()] == [f"{SITE}/warc/{name}" for name in NAMES[:2]]


def test_a_name_that_is_taken_is_left_and_named(objects: ObjectStore, folder: SiteFolder) -> None:
    """Another worker's file of this name is never overwritten; ours stays."""
    objects.put_new(f"{SITE}/warc/{NAMES[0]}", b"another's")
    with Uploader(folder, objects) as uploader:
        for name in NAMES[:2]:
            uploader.take(folder.warc / name)
        sent = uploader.finish()
    assert [*sent.up] == [f"warc/{NAMES[1]}"]
    assert sent.taken == {f"warc/{NAMES[0]}"}
    assert "another object" in sent.left[f"warc/{NAMES[0]}"]
    assert objects.get(f"{SITE}/warc/{NAMES[0]}")[0] == b"another's"  # type: ignore[index]
    assert (folder.warc / NAMES[0]).exists()


def test_a_store_that_is_down_for_a_while_gets_the_file_later(
    behind: ObjectStore, door: Door, folder: SiteFolder
) -> None:
    """Longer than one request is tried."""
    door.refusing = 4
    with Uploader(folder, behind) as uploader:
        uploader.take(folder.warc / NAMES[0])
        sent = uploader.finish()
    assert sent.left == {}
    assert door.refusing == 0
    found = behind.get(f"{SITE}/warc/{NAMES[0]}")
    assert found and found[0] == bytes(100_000)


def test_a_store_that_stays_down_leaves_the_file(behind: ObjectStore, door: Door, folder: SiteFolder) -> None:
    door.refusing = 10**6
    with Uploader(folder, behind, patience=0) as uploader:
        uploader.take(folder.warc / NAMES[0])
        sent = uploader.finish()
    assert sent.up == {}
    assert f"{SITE}/warc/{NAMES[0]}" in sent.left[f"warc/{NAMES[0]}"]
    assert (folder.warc / NAMES[0]).exists()


def test_an_upload_whose_answer_got_lost_is_a_success(behind: ObjectStore, door: Door, folder: SiteFolder) -> None:
    """It was carried out: the second try finds the name taken, by the same content."""
    door.cutting, door.cut_after = 1, 0
    assert behind.put_new("key", folder.warc / NAMES[1])
    assert door.passed > 1
    etag = behind.swap("HEAD.json", b"1", None)
    door.cutting = 1
    later = behind.swap("HEAD.json", b"2", etag)
    assert behind.get("HEAD.json") == (b"2", later)


def test_a_range_that_is_cut_off_is_read_again(behind: ObjectStore, door: Door) -> None:
    behind.put_new("key", bytes(range(256)) * 1000)
    door.cutting, door.cut_after = 2, 3000
    assert behind.read_range("key", 256, 200_000) == (bytes(range(256)) * 1000)[256:200_256]
    door.cutting = 3
    with pytest.raises(RemoteError, match="key") as cut:
        behind.read_range("key", 256, 200_000)
    assert cut.value.passing


def test_what_cannot_be_reached_is_not_lost(behind: ObjectStore, door: Door, tmp_path: Path) -> None:
    """A capture in a store that is down is another matter than one that isn't there."""
    with FakeWordPress(posts=3, pages=0, books=0, media=0, comments=0, users=1, terms=0) as site:
        turn(tmp_path / "one", site.url, behind)
        second = turn(tmp_path / "two", site.url, behind)
    assert second.remote
    name, stored = next(iter(second.head.files.items()))
    fresh = RemoteWarcs(tmp_path / "two", SITE, second.head, behind)
    blob = fresh.blob(f"{SITE}/{name}")
    assert blob
    door.refusing = 3
    with pytest.raises(RemoteError, match="can't be read") as down:
        blob.read_at(100, 0)
    assert not isinstance(down.value, DamagedError)
    assert len(blob.read_at(stored.size, 0)) == stored.size
    behind.delete(f"{SITE}/{name}")
    with pytest.raises(DamagedError, match=r"missing in the store, and HEAD\.json lists it"):
        RemoteWarcs(tmp_path / "two", SITE, second.head, behind).blob(f"{SITE}/{name}").read_at(9, 0)  # type: ignore[union-attr]


def test_a_file_shorter_than_listed_is_an_error(objects: ObjectStore, tmp_path: Path) -> None:
    objects.put_new(f"{SITE}/warc/{NAMES[0]}", b"0123456789")
    head = Head(url="http://e/", files={f"warc/{NAMES[0]}": StoredFile(20, "0" * 64)})
    blob = RemoteWarcs(tmp_path, SITE, head, objects).blob(f"{SITE}/warc/{NAMES[0]}")
    assert blob
    with pytest.raises(RemoteError, match="10 bytes instead of 20"):
        blob.read_at(20, 0)


def test_files_go_up_while_the_run_goes_on(objects: ObjectStore, tmp_path: Path) -> None:
    """Each is taken when it is finished, so that a dead machine loses the open one alone."""
    taken: list[tuple[str, int]] = []
    with FakeWordPress(posts=120, pages=2, books=0, media=2, comments=2, users=1, terms=2) as site:
        real = Uploader.take

        def take(uploader: Uploader, path: Path) -> None:
            taken.append((path.name, len(site.requests)))
            real(uploader, path)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Uploader, "take", take)
            done = turn(tmp_path / "one", site.url, objects, changes={"rotate": 20_000})
        asked = len(site.requests)
    assert done.sent.left == {}
    assert len(taken) == len(done.head.files) > 3
    assert taken[0][1] < asked
    assert list(verify(gathered(tmp_path / "joined", objects))) == []


def test_captures_with_credentials_lie_in_the_private_store(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next turn goes on from them there; none of their bytes is in the other store."""
    private = ObjectStore((tmp_path / "private").as_uri(), tries=AT_ONCE)
    with FakeWordPress(posts=3, pages=0, books=0, media=0, comments=0, users=1, terms=0) as site:
        site.edit(site.ids("post")[0], content="<p>Second thoughts.</p>")
        monkeypatch.setenv("OF_A_TEST", site.account("editor"))
        how = {"user": "editor", "password_env": "OF_A_TEST"}
        first = turn(tmp_path / "one", site.url, objects, private, changes=how)
        second = turn(tmp_path / "two", site.url, objects, private, changes=how)
    assert [one.report.mode for one in (first, second)] == ["full", "incremental"]
    assert any(name.startswith("warc/private/") for name in first.head.files)
    assert not [one.key for one in objects.list() if "/private/" in one.key]
    assert [one.key for one in private.list()]
    assert list(verify(gathered(tmp_path / "joined", objects, private))) == []


def test_many_threads_may_hand_files_over(objects: ObjectStore, folder: SiteFolder) -> None:
    with Uploader(folder, objects) as uploader:
        threads = [threading.Thread(target=uploader.take, args=(folder.warc / name,)) for name in NAMES[:2] * 4]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert uploader.finish().left == {}
        assert len(uploader.sent.up) == 2
