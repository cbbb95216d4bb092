"""The store of a run: write order, resuming, rebuilding the frontier, and full disks."""

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from storekit import IMAGE, Ticking, exchange, fetched, fill, filled, open_store, silent

from wparchive.errors import DamagedError, StorageError
from wparchive.model import Capture, Fetched, Privilege, Target, Verdict
from wparchive.store import Archive, SiteStore, StoredExchange, Unfinished, exchanges
from wparchive.store.log.schema import MIGRATIONS


def state(store: SiteStore) -> tuple[object, ...]:
    """Everything in the frontier that is a view of the WARCs."""
    captures = {capture.capture: capture for capture in store.log.captures()}
    finals = {(c.crawl, c.key): store.log.final(c.crawl, c.key) for c in captures.values()}
    return captures, finals, store.log.runs(), store.log.get("site"), store.log.files()


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """An archive with a finished run, a killed one, and one that took over, public and private."""
    archive = filled(tmp_path / "archive", 6, rotate_at=8000)
    for finish in (False, True):
        with open_store(archive.root) as store:
            before = store.unfinished()
            store.begin({"settings": {"n": 2}}, crawl=before.crawl if before else None)
            fill(store, 7, seed=finish)
            private = exchange("http://example.org/private", privilege=Privilege.AUTHENTICATED)
            store.put(store.prepare(fetched(private)))
            if finish:
                store.finish({"outcome": "interrupted", "resumable": True})
    return archive.root


def lose(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def scramble(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to be looked at as one" * 100)


def tear(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + bytes(4096) + data[8192:])


@pytest.mark.parametrize("harm", [lose, empty, scramble, tear])
def test_a_lost_or_damaged_frontier_is_rebuilt_equal_from_the_warcs(busy: Path, harm) -> None:
    with open_store(busy) as store:
        before = state(store)
        unfinished = store.unfinished()
    harm(busy / "example.org" / "frontier.db")
    with open_store(busy) as store:
        assert state(store) == before
        assert store.unfinished() == unfinished
        assert unfinished is not None
        assert len(store.log.runs()) == 3


def test_an_older_frontier_catches_up(busy: Path, tmp_path: Path) -> None:
    shutil.copy(busy / "example.org" / "frontier.db", tmp_path / "old.db")
    with open_store(busy) as store:
        store.begin({})
        fill(store, 3, seed=9)
        store.finish({"outcome": "complete"})
    with open_store(busy) as store:
        now = state(store)
    shutil.copy(tmp_path / "old.db", busy / "example.org" / "frontier.db")
    with open_store(busy) as store:
        assert state(store) == now


def test_a_run_knows_the_final_captures_of_its_crawl_only(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.begin({})
        first = store.put(store.prepare(fetched(silent("http://e/1"), exchange("http://e/1", attempt=2), key="/k")))
        assert [(c.final, c.verdict) for c in first] == [(False, "attempt"), (True, "answered")]
        assert store.final("/k") == first[1]
    with open_store(tmp_path) as store:
        before = store.unfinished()
        assert before == Unfinished(first[0].run, first[0].crawl, store.log.runs()[0].started_at)
        assert store.final("/k") is None
        store.begin({}, crawl=before.crawl)
        assert store.final("/k") == first[1]
        assert store.log.runs()[-1].crawl == before.crawl
        store.finish({"outcome": "complete"})
    with open_store(tmp_path) as store:
        assert store.unfinished() is None
        store.begin({})
        assert (store.final("/k"), store.latest("/k")) == (None, first[1])


def test_hops_and_attempts_are_told_apart_from_the_answer(tmp_path: Path) -> None:
    moved = b"HTTP/1.1 301 Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    with open_store(tmp_path) as store:
        hop = exchange("http://e/a", b"", moved)
        captures = store.put(store.prepare(fetched(hop, exchange("http://e/b", hop=1), key="/a")))
        assert [(c.verdict, c.final, c.url) for c in captures] == [
            ("hop", False, "http://e/a"),
            ("answered", True, "http://e/b"),
        ]
        assert captures[1].extra["target-url"] == "http://e/a"


def test_a_target_that_was_never_asked_for_stores_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        target = Target(url="http://e/", key="/", kind="item")
        assert store.prepare(Fetched(target=target, verdict=Verdict.GUARDED, reason="private address")) == []
        assert store.put([]) == []


def test_nothing_is_in_the_frontier_before_it_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(tmp_path) as store:
        store.begin({})
        order: list[str] = []
        fsync, commit = os.fsync, store.log.commit
        monkeypatch.setattr(os, "fsync", lambda file: (order.append("fsync"), fsync(file))[1])
        monkeypatch.setattr(type(store.log), "commit", lambda self, *given: (order.append("commit"), commit(*given))[1])
        prepared = [one for n in range(5) for one in store.prepare(fetched(exchange(f"http://e/{n}")))]
        store.put(prepared)
        assert order == ["fsync", "commit"]
        monkeypatch.undo()


def test_many_threads_may_prepare_for_one_owner(tmp_path: Path) -> None:
    with open_store(tmp_path, rotate_at=30_000) as store:
        store.begin({})
        ready: list = []

        def work(worker: int) -> None:
            for number in range(20):
                body = b"[%d]" % number * 300
                ready.append(store.prepare(fetched(exchange(f"http://e/{worker}/{number}", body))))

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) or ready:
            if ready:
                store.put(ready.pop())
        captures = list(store.log.captures())
        assert len(captures) == 80
        assert all(store.read(capture).capture == capture for capture in captures)


def test_spools_are_closed_once_their_bytes_are_safe(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        given = exchange("http://e/", os.urandom(3 << 20), IMAGE)
        store.put(store.prepare(fetched(given)))
        assert given.block is not None
        with pytest.raises(ValueError, match="closed"):
            given.block.read()


def test_run_ids_and_file_names_go_on_when_the_clock_goes_back(tmp_path: Path) -> None:
    names, runs = [], []
    for start in ("2026-03-01T12:00:00+00:00", "2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00"):
        with open_store(tmp_path, Ticking(start)) as store:
            store.begin({})
            runs.append(store.run)
            names.append(store.folder.warcs()[-1].name)
    assert names == sorted(set(names))
    assert runs == sorted(set(runs))


def test_a_committed_file_that_is_gone_is_fetched_anew_and_adopted_when_it_comes_back(tmp_path: Path) -> None:
    archive = filled(tmp_path, 2)
    (path,) = archive.site("example.org").warcs()
    aside = path.rename(tmp_path / "aside")
    with open_store(tmp_path) as store:
        assert list(store.log.captures()) == []
        assert store.log.files()[store.folder.relative(path)] == aside.stat().st_size
    aside.rename(path)
    with open_store(tmp_path) as store:
        assert len(list(store.log.captures())) == 2


def test_a_capture_that_is_not_where_it_should_be_is_an_error_that_says_so(tmp_path: Path) -> None:
    archive = filled(tmp_path, 2)
    with open_store(tmp_path) as store:
        capture = next(iter(store.log.captures()))
    path = archive.path(capture.warc)
    path.write_bytes(path.read_bytes()[: capture.offset])
    with pytest.raises(DamagedError, match="verify"):
        archive.response(capture)
    path.unlink()
    with pytest.raises(DamagedError, match="missing"):
        archive.response(capture)


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    mount = tmp_path / "tiny"
    mount.mkdir()
    if (
        os.geteuid()
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mount)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("needs the right to mount a tmpfs")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


@pytest.mark.parametrize("size", [3_000, 60_000, 400_000, 2_000_000])
def test_a_full_disk_stops_the_run_and_harms_nothing(tiny: Path, tmp_path: Path, size: int) -> None:
    committed = []
    with open_store(tiny) as store:
        store.begin({})
        with pytest.raises(StorageError, match=r"space|full"):
            for number in range(2000):
                given = exchange(f"http://e/{number}", os.urandom(size), IMAGE)
                committed += store.put(store.prepare(fetched(given)))
        try:
            store.finish({"outcome": "storage"})
        except StorageError:
            pass
    shutil.copytree(tiny, tmp_path / "roomy")
    with open_store(tmp_path / "roomy") as later:
        known = {capture.capture: capture for capture in later.log.captures()}
        assert {capture.capture for capture in committed} <= known.keys()
        assert all(later.read(capture).capture == capture for capture in known.values())
        assert all(not path.name.endswith(".open") for path in later.folder.warcs())
        later.begin({})
        later.put(later.prepare(fetched(exchange("http://e/more"))))


def test_no_revisit_leans_on_a_damaged_record(tmp_path: Path) -> None:
    """What an old file has lost is kept anew when it is seen again, and from then on referred to there."""
    made: list[Capture] = []
    for number in range(4):
        with open_store(tmp_path) as store:
            store.begin({})
            made += store.put(store.prepare(fetched(exchange("http://e/1", b"x" * 5000))))
            store.finish({})
        if number == 1:
            path = store.archive.path(made[0].warc)
            data = bytearray(path.read_bytes())
            data[made[0].offset + made[0].length // 2] ^= 0xFF
            path.write_bytes(data)
    assert [capture.record_type for capture in made] == ["response", "revisit", "response", "revisit"]
    assert made[3].refers_to == made[2].capture


def test_a_disk_full_for_the_frontier_is_a_storage_error(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.begin({})
        pages = store.log._db.rows("PRAGMA page_count")[0][0]
        store.log._db.rows(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageError, match="full"):
            fill(store, 200)
        store.log._db.rows("PRAGMA max_page_count = 1000000")
        written = {c.capture for c in store.log.captures()}
    with open_store(tmp_path) as later:
        assert written <= {c.capture for c in later.log.captures()}


def test_what_the_frontier_had_no_room_for_is_told_to_it_once_there_is(tmp_path: Path) -> None:
    """A commit that failed is made up by the next, or no file counts as committed: nothing in the WARCs is asked for twice."""
    with open_store(tmp_path) as store:
        store.begin({})
        pages = store.log._db.rows("PRAGMA page_count")[0][0]
        store.log._db.rows(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageError, match="full"):
            fill(store, 200)
        store.log._db.rows("PRAGMA max_page_count = 1000000")
    written = {
        entry.capture.capture
        for path in store.folder.warcs()
        for entry in exchanges(path)
        if isinstance(entry, StoredExchange)
    }
    with open_store(tmp_path) as later:
        assert {c.capture for c in later.log.captures()} == written


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="run again"):
        open_store(tmp_path / "file" / "archive")
    (tmp_path / "archive" / "example.org" / "runs").mkdir(parents=True)
    (tmp_path / "archive" / "example.org" / "warc").write_text("")
    with pytest.raises(StorageError, match="run again"):
        open_store(tmp_path / "archive")


def test_a_failed_append_is_cut_off_and_what_came_before_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(tmp_path) as store:
        store.begin({})
        prepared = [one for n in range(3) for one in store.prepare(fetched(exchange(f"http://e/{n}")))]
        write, left = os.write, [4]

        def failing(file: int, pieces: list[bytes]) -> int:
            data, left[0] = b"".join(pieces), left[0] - 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            return write(file, data[: len(data) // 2] if not left[0] else data)

        monkeypatch.setattr(os, "writev", failing)
        monkeypatch.setattr(os, "write", lambda file, data: failing(file, [data]))
        with pytest.raises(StorageError, match="No space left"):
            store.put(prepared)
        monkeypatch.undo()
        (capture,) = store.log.captures()
        (path,) = store.folder.warcs()
        assert capture.key == "http://e/0"
        assert path.stat().st_size == store.log.files()[capture.warc]


def test_the_site_is_found_again_without_its_frontier(tmp_path: Path) -> None:
    archive = filled(tmp_path, 1)
    assert archive.find_site("https://example.org/2026/post/") == "example.org"
    (tmp_path / "example.org" / "frontier.db").unlink()
    assert archive.find_site("http://example.org/wp-json/wp/v2/posts") == "example.org"
    assert archive.find_site("http://example.com/") is None


def test_the_frontier_is_a_plain_sqlite_database(tmp_path: Path) -> None:
    archive = filled(tmp_path, 3)
    database = sqlite3.connect(archive.site("example.org").frontier)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {row[0] for row in database.execute("SELECT name FROM _sqlite_migrations")} == MIGRATIONS.keys()
    database.close()
    assert isinstance(archive, Archive)
