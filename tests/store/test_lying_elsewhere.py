"""WARCs that whoever keeps them lists, and this disk lacks: not lost, read where they lie, and known without a look."""

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from storekit import SITE, Ticking, exchange, fetched, fill, filled, open_store

from wparchive.errors import DamagedError
from wparchive.store import Archive, Blob, CaptureLog, SiteStore, StoredExchange, exchanges, members
from wparchive.store.warc.reader import Entry

URL = "http://example.org/wp-json/wp/v2/posts?page=0"


@dataclass(frozen=True, slots=True)
class There:
    """A WARC in another folder; `path` is where it would lie in the archive."""

    path: Path
    at: Path
    reads: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        return self.at.stat().st_size

    def read_at(self, size: int, offset: int) -> bytes:
        self.reads.append(size)
        with self.at.open("rb") as file:
            file.seek(offset)
            return file.read(size)


class Shelf:
    """The WARCs in `folder`, which isn't the archive's; those in `old` are known to whoever was here before."""

    def __init__(self, root: Path, folder: Path, old: frozenset[str] = frozenset()) -> None:
        self.root, self.folder, self.old = root, folder, old
        self.asked: list[str] = []
        self.listings = 0

    def blob(self, warc: str) -> Blob | None:
        self.asked.append(warc)
        path = self.folder / warc.partition("/")[2]
        return There(self.root / warc, path) if path.is_file() else None

    def recent(self) -> Mapping[str, int]:
        return {name: size for name, size in self._sizes().items() if name not in self.old}

    def every(self) -> Mapping[str, int]:
        self.listings += 1
        return self._sizes()

    def _sizes(self) -> dict[str, int]:
        paths = self.folder.glob("warc/**/*.warc.gz")
        return {f"{SITE}/{path.relative_to(self.folder).as_posix()}": path.stat().st_size for path in paths}


@pytest.fixture
def there(tmp_path: Path) -> Shelf:
    """An archive with its capture log, whose WARCs lie elsewhere now."""
    filled(tmp_path / "archive")
    site = tmp_path / "archive" / SITE
    (tmp_path / "shelf").mkdir()
    shutil.move(site / "warc", tmp_path / "shelf" / "warc")
    return Shelf(tmp_path / "archive", tmp_path / "shelf")


def later(shelf: Shelf) -> SiteStore:
    """The store for the next run."""
    archive = Archive(shelf.root, shelf)
    return SiteStore.open(archive, SITE, clock=Ticking("2026-03-02T12:00:00+00:00"))


def captures(root: Path) -> list[str]:
    with closing(CaptureLog(root / SITE / "frontier.db")) as log:
        return [one.capture for one in log.captures()]


def test_what_lies_elsewhere_is_not_lost(there: Shelf) -> None:
    known = captures(there.root)
    with later(there) as store:
        assert not store.losses.open
        assert [one.capture for one in store.log.captures()] == known
        assert store.log.elsewhere.sizes() == there.recent()


def test_without_whoever_keeps_it_it_is_lost(there: Shelf) -> None:
    """No claim beyond what is held: the note that it lies elsewhere proves nothing here."""
    with later(there):
        pass
    with open_store(there.root, Ticking("2026-03-03T12:00:00+00:00")) as store:
        assert store.losses.open
        assert list(store.log.captures()) == []


def test_a_payload_elsewhere_is_referred_to_without_reading_it(there: Shelf) -> None:
    with later(there) as store:
        old = store.latest(URL)
        assert old
        there.asked.clear()
        body = store.read(old).body().data
        assert there.asked == [old.warc]
        there.asked.clear()
        (capture,) = store.put(store.prepare(fetched(exchange(URL, body))))
        assert there.asked == []
        assert (capture.record_type, capture.refers_to) == ("revisit", old.capture)
        assert store.read(capture).body().data == body
        store.finish({"outcome": "complete"})


def test_damage_elsewhere_is_no_sound_capture_when_it_is_read(there: Shelf) -> None:
    with later(there) as store:
        old = store.latest(URL)
        assert old
        path = there.folder / old.warc.partition("/")[2]
        path.write_bytes(bytes(path.stat().st_size))
        with pytest.raises(DamagedError):
            store.read(old)


def test_only_what_the_log_lacks_is_adopted(there: Shelf, tmp_path: Path) -> None:
    """A file that was pushed by a machine that died before its commit, and was added to the list by hand."""
    with later(there):
        pass
    known = captures(there.root)
    filled(tmp_path / "other", clock=Ticking("2026-03-04T12:00:00+00:00"))
    (path,) = (tmp_path / "other" / SITE / "warc").iterdir()
    shutil.copy(path, there.folder / "warc" / path.name)
    there.old = frozenset(there.recent()) - {f"{SITE}/warc/{path.name}"}
    there.asked.clear()
    with later(there) as store:
        assert {*there.asked} == {f"{SITE}/warc/{path.name}"}
        assert there.listings == 0
        found = [one.capture for one in store.log.captures()]
        assert found[: len(known)] == known
        assert len(found) > len(known)


def test_a_new_log_adopts_all_that_is_listed(there: Shelf) -> None:
    known = captures(there.root)
    (there.root / SITE / "frontier.db").unlink()
    there.old = frozenset(there.recent())
    with later(there) as store:
        assert [one.capture for one in store.log.captures()] == known
        assert [run.outcome for run in store.log.runs()] == ["complete"]


def test_what_is_here_is_read_here(there: Shelf) -> None:
    """A worker that kept its folder asks nobody."""
    shutil.copytree(there.folder / "warc", there.root / SITE / "warc")
    with later(there) as store:
        old = store.latest(URL)
        assert old
        store.read(old)
        assert there.asked == []


def test_a_blob_is_walked_as_a_file_is(there: Shelf) -> None:
    for warc in there.every():
        blob = there.blob(warc)
        assert isinstance(blob, There)
        assert [one.offset for one in members(blob)] == [one.offset for one in members(blob.at)]
        whole = [one.capture.capture for one in exchanges(blob, every_byte=True) if isinstance(one, StoredExchange)]
        assert whole == [one.capture.capture for one in exchanges(blob.at) if isinstance(one, StoredExchange)]


def shape(entry: Entry) -> tuple[str, int]:
    """What kind of entry it is, and where it ends."""
    return type(entry).__name__, entry.end


def test_damage_elsewhere_is_passed_over(there: Shelf) -> None:
    """The walk reads on behind it, as it does in a file."""
    (warc,) = there.every()
    blob = there.blob(warc)
    assert isinstance(blob, There)
    data = bytearray(blob.at.read_bytes())
    middle = [one.offset for one in members(blob.at)][6]
    data[middle + 40 : middle + 60] = bytes(20)
    blob.at.write_bytes(data)
    assert [shape(one) for one in exchanges(blob)] == [shape(one) for one in exchanges(blob.at)]


def test_the_first_address_is_remembered_by_the_log(there: Shelf) -> None:
    """The guard asks whether the site was public when it was first captured."""
    with later(there):
        pass
    assert Archive(there.root, there).first_peer(SITE) == "127.0.0.1"
    assert Archive(there.root).first_peer(SITE) is None


def test_finished_files_are_told_once_each(tmp_path: Path) -> None:
    """Rotated ones, the last one, and what a killed run left open."""
    told: list[Path] = []
    store = open_store(tmp_path / "killed", on_finished=told.append)
    store.begin({"mode": "full"})
    fill(store)
    store.log.close()  # killed: nothing was finished
    assert told == []
    with open_store(
        tmp_path / "killed", Ticking("2026-03-02T12:00:00+00:00"), on_finished=told.append, rotate_at=2000
    ) as store:
        assert len(told) == 1
        store.begin({"mode": "full"})
        fill(store)
        assert len(told) > 2
        store.finish({"outcome": "complete"})
    assert sorted(told) == store.folder.warcs()
    assert all(path.is_file() for path in told)


def test_a_log_of_before_is_kept(tmp_path: Path) -> None:
    """It only lacks what came since, which it gets."""
    filled(tmp_path)
    path = tmp_path / SITE / "frontier.db"
    known = captures(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        for table in ("elsewhere", "pages", "located", "page_doubts", "page_signs", "owed_pages", "owed_files"):
            db.execute(f"DROP TABLE {table}")
        db.execute("ALTER TABLE site DROP COLUMN languages")
        db.execute("ALTER TABLE proven DROP COLUMN type")
        db.execute("DELETE FROM _sqlite_migrations WHERE name > '0001_capture_log'")
        db.commit()
    with open_store(tmp_path, Ticking("2026-03-02T12:00:00+00:00")) as store:
        assert store.renewed == ""
        assert store.log.elsewhere.sizes() == {}
    assert captures(tmp_path) == known
