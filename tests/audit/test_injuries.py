"""An archive is injured in all ways: `verify` finds each, and `index --rebuild` never faults.

Some of each kind here; `python tests/audit/injuries.py --count 200` tries as many as one likes.
"""

import shutil
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest
from crawlkit import PLAIN, SMALL, crawl, invoke
from fakewp import FakeWordPress
from injuries import INJURIES, WARCS, Injury, drawn, make, wrong

from wparchive.audit import Tally, verify
from wparchive.errors import ExitCode
from wparchive.index import index, logical_dump
from wparchive.index import site_indexer as site
from wparchive.store import Archive

SEEDS = range(2 * len(INJURIES))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with media, history and private captures."""
    return make(tmp_path_factory.mktemp("injured") / "archive")


@pytest.fixture
def copy(whole: Archive, tmp_path: Path) -> Archive:
    shutil.copytree(whole.root, tmp_path / "copy")
    return Archive(tmp_path / "copy")


def noted(tally: Tally) -> list[str]:
    """The notes, but for the one that is said of every archive that wasn't sealed."""
    return [note for note in tally.notes if "aren't sealed yet" not in note]


def test_the_untouched_archive_has_no_findings(whole: Archive) -> None:
    """Nothing is said of it but what was compared."""
    tally = Tally()
    assert list(verify(whole, tally)) == []
    assert (noted(tally), tally.uncompared, tally.differ) == ([], "", 0)
    assert tally.compared["media_files"] and tally.compared["observations"] and tally.compared["revisions"]


def _name(seed: int) -> str:
    injury: Injury = drawn(seed)[0]
    return f"{injury.__name__}-{seed}"


@pytest.mark.parametrize("seed", SEEDS, ids=_name)
def test_an_injury_is_found_and_a_rebuild_never_faults(copy: Archive, seed: int) -> None:
    injury, rng = drawn(seed)
    said = injury(copy, rng)
    assert not wrong(copy, rebuild=injury in WARCS), said


@pytest.mark.parametrize("harm", ["removed", "emptied", "garbage", "forged"])
def test_what_is_no_evidence_is_a_note_at_most(copy: Archive, harm: str) -> None:
    """frontier.db and the runs' logs follow from the WARCs: the next crawl makes the one anew, nothing reads the others."""
    (one,) = copy.sites()
    for path in (one.frontier, *one.runs.iterdir()):
        if harm == "removed":
            path.unlink()
        elif harm != "forged":
            path.write_bytes(b"" if harm == "emptied" else b"no log, no database" * 99)
    if harm == "forged":
        with closing(sqlite3.connect(one.frontier)) as conn:
            conn.execute("UPDATE captures SET status = 404, url = 'forged'")
            conn.execute("UPDATE runs SET outcome = 'forged'")
            conn.commit()
    tally = Tally()
    assert list(verify(copy, tally)) == []
    assert [("frontier.db" in note) for note in noted(tally)] == [True] * (harm != "forged")


def test_a_crawl_that_was_not_indexed_is_behind_not_forged(tmp_path: Path) -> None:
    """Exit 0, what isn't indexed is said, what is indexed is compared; then all is."""
    with FakeWordPress(**SMALL) as wordpress:
        folder = tmp_path / "archive"
        crawl(folder, wordpress.url, index=False)
        assert "nothing was indexed here yet" in invoke("verify", "-a", folder).stdout
        invoke("index", "-a", folder)
        wordpress.edit(wordpress.ids("post")[0], title="Another")
        crawl(folder, wordpress.url, index=False)
        said = invoke("verify", "-a", folder).stdout
        assert "aren't indexed yet; run `wparchive index`" in said
        assert "0 differ" in said
        with closing(sqlite3.connect(folder / "archive.db")) as conn:
            conn.execute("UPDATE posts SET title = 'forged' WHERE wp_id = (SELECT max(wp_id) FROM posts)")
            conn.commit()
        assert "in: title" in invoke("verify", "-a", folder, code=ExitCode.FINDINGS).stdout
        invoke("index", "--rebuild", "-a", folder)
        assert "note: 2 finished WARCs aren't sealed" in invoke("verify", "-a", folder).stdout


class _KilledError(BaseException):
    """As SIGKILL would, between two transactions."""


def test_an_indexing_that_was_killed_is_behind_not_forged(copy: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had committed agrees with the WARCs as far as it had read them, run by run; the next one goes on."""
    before = list(logical_dump(copy.database))
    copy.database.unlink()
    index(copy, [])  # an empty database, so that the next one writes in place
    monkeypatch.setattr(site, "_CHUNK", 1)  # a transaction for each answer
    monkeypatch.setattr(site, "_REPORT_EVERY", 1)
    behind = []
    for steps in (20, 60, 40, 80):
        told: list[object] = []

        def progress(step: object, told: list[object] = told, steps: int = steps) -> None:
            told.append(step)
            if len(told) == steps:
                raise _KilledError

        with suppress(_KilledError):
            index(copy, progress=progress)
        tally = Tally()
        assert list(verify(copy, tally)) == []
        behind.append((tally.compared["captures"], len(noted(tally))))
    assert 0 < behind[0][0] < behind[1][0] < behind[2][0]
    assert behind[0][1] and behind[2][1]
    index(copy)
    assert list(logical_dump(copy.database)) == before
    assert list(verify(copy)) == []


def test_beside_a_running_crawl_it_is_right(tmp_path: Path) -> None:
    """Again and again while runs write WARCs, end and are indexed: nothing is ever found."""
    with FakeWordPress(**{**SMALL, "posts": 60}) as wordpress:
        folder = tmp_path / "archive"
        crawl(folder, wordpress.url)
        ended = threading.Event()

        def runs() -> None:
            try:
                for wp_id in wordpress.ids("post")[:4]:
                    wordpress.edit(wp_id, title=f"Edit {wp_id}")
                    crawl(folder, wordpress.url, settings=PLAIN, full=True)
            finally:
                ended.set()

        crawling = threading.Thread(target=runs)
        crawling.start()
        found, times = [], 0
        while not ended.is_set() or times < 3:
            found += list(verify(Archive(folder)))
            times += 1
        crawling.join()
        assert found == []
        assert times >= 3
