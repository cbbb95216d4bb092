"""The durable queue and the capture log."""

import threading
from pathlib import Path

import pytest
from storekit import exchange, fetched, open_store

from wparchive.errors import DamagedError
from wparchive.model import Privilege, Target
from wparchive.store import Frontier


def target(number: int, **other: object) -> Target:
    return Target(url=f"http://e/{number}", key=f"/{number}", kind="item", **other)  # type: ignore[arg-type]


@pytest.fixture
def frontier(tmp_path: Path):
    opened = Frontier(tmp_path / "frontier.db")
    yield opened
    opened.close()


def test_targets_come_back_as_they_were_added_once_and_in_order(frontier: Frontier) -> None:
    rich = target(
        1, headers=(("If-Match", "x"),), privilege=Privilege.AUTHENTICATED, keep_body=False, retries=0, via="v"
    )
    assert frontier.add("c", [rich, target(2), rich]) == 2
    assert frontier.add("c", [target(2)]) == 0
    assert frontier.lease("c", "r", 5) == [rich, target(2)]
    assert frontier.lease("c", "r", 5) == []


def test_leases_of_the_dead_go_back_to_the_queue(frontier: Frontier) -> None:
    frontier.add("c", map(target, range(3)))
    frontier.lease("c", "dead", 2)
    frontier.lease("c", "alive", 1)
    frontier.release("dead")
    assert frontier.lease("c", "new", 5) == [target(0), target(1)]
    frontier.release()
    assert len(frontier.lease("c", "new", 5)) == 3


def test_a_final_capture_settles_its_target(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.begin({})
        store.frontier.add(store.crawl, [target(1), target(2)])
        store.frontier.lease(store.crawl, store.run, 2)
        store.put(store.prepare(fetched(exchange("http://e/1"), key="/1")))
        store.put(store.prepare(fetched(exchange("http://e/2"), key="/2", verdict="failed")))
        store.frontier.release()
        assert store.frontier.lease(store.crawl, "later", 5) == []


def test_logging_a_capture_twice_changes_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        captures = store.put(store.prepare(fetched(exchange("http://e/1"))))
        store.frontier.commit(captures, [("w", 5)])
        store.frontier.commit(captures, [("w", 3)])
        assert list(store.frontier.captures()) == captures
        assert store.frontier.capture(captures[0].capture) == captures[0]
        assert store.frontier.files()["w"] == 5


def test_the_latest_capture_is_the_newest_final_one_of_that_privilege(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        old, new = (store.put(store.prepare(fetched(exchange("http://e/1"), key="/1")))[0] for _ in range(2))
        assert old != new
        assert store.latest("/1") == store.latest("http://e/1") == new
        assert store.latest("/1", Privilege.AUTHENTICATED) is None


def test_any_thread_may_ask(frontier: Frontier) -> None:
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(frontier.final("c", "k"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [None] * 8


def test_values_are_noted(frontier: Frontier) -> None:
    frontier.set("a", "1")
    frontier.set("a", "2")
    assert (frontier.get("a"), frontier.get("b")) == ("2", None)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frontier.db").write_bytes(b"x" * 5000)
    with pytest.raises(DamagedError, match=r"frontier\.db"):
        Frontier(tmp_path / "frontier.db")
