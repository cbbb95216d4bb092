"""The capture log, and what is noted beside it."""

import sqlite3
import threading
from pathlib import Path

import pytest
from storekit import exchange, fetched, open_store

from wparchive.errors import DamagedError
from wparchive.model import Privilege
from wparchive.store import CaptureLog


@pytest.fixture
def frontier(tmp_path: Path):
    opened = CaptureLog(tmp_path / "frontier.db")
    yield opened
    opened.close()


def test_logging_a_capture_twice_changes_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        captures = store.put(store.prepare(fetched(exchange("http://e/1"))))
        store.log.commit(captures, [("w", 5)])
        store.log.commit(captures, [("w", 3)])
        assert list(store.log.captures()) == captures
        assert store.log.capture(captures[0].capture) == captures[0]
        assert store.log.files()["w"] == 5


def test_the_latest_capture_is_the_newest_final_one_of_that_privilege(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        old, new = (store.put(store.prepare(fetched(exchange("http://e/1"), key="/1")))[0] for _ in range(2))
        assert old != new
        assert store.latest("/1") == store.latest("http://e/1") == new
        assert store.latest("/1", Privilege.AUTHENTICATED) is None


def test_any_thread_may_ask(frontier: CaptureLog) -> None:
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(frontier.final("c", "k"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [None] * 8


def test_values_are_noted(frontier: CaptureLog) -> None:
    frontier.set("a", "1")
    frontier.set("a", "2")
    assert (frontier.get("a"), frontier.get("b")) == ("2", None)
    frontier.set("a", "\udc80")  # as hostile URLs may have it
    assert (frontier.get("a"), frontier.final("c", "\udc80")) == ("?", None)


def test_a_fault_of_ours_is_not_taken_for_damage(frontier: CaptureLog) -> None:
    """What stands there was looked at when it was opened: a question that makes no sense is the asker's."""
    with pytest.raises(sqlite3.OperationalError, match="nonsense"):
        frontier._db.rows("SELECT nonsense FROM captures")


def test_a_transaction_is_done_whole_or_not_at_all(frontier: CaptureLog) -> None:
    """What is written within it is part of it, whoever of the log's parts writes."""
    with pytest.raises(ZeroDivisionError), frontier.transaction():
        frontier.set("a", "1")
        frontier.seen.note_learnt("w", 5)
        raise ZeroDivisionError
    assert (frontier.get("a"), frontier.seen.learnt()) == (None, {})
    with frontier.transaction():
        frontier.seen.note_learnt("w", 5)
    assert frontier.seen.learnt() == {"w": 5}


def test_the_mode_of_a_run_and_its_crawl_are_columns(tmp_path: Path) -> None:
    """A run that resumes another's crawl is found under it, whatever its own id is."""
    with open_store(tmp_path) as store:
        store.begin({"mode": "full"})
        first = store.run
    with open_store(tmp_path) as store:
        store.begin({"mode": "incremental"}, crawl=first)
        assert [(run.crawl, run.mode) for run in store.log.runs()] == [(first, "full"), (first, "incremental")]
        assert store.log.logged_run(first) == store.log.runs()[0]


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frontier.db").write_bytes(b"x" * 5000)
    with pytest.raises(DamagedError, match=r"frontier\.db"):
        CaptureLog(tmp_path / "frontier.db")
