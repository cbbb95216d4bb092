"""A clock that was set back: runs and files keep their order, and nothing of the archive goes wrong."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from crawlkit import Crawled, crawl, sound
from fakewp import FakeWordPress

from wparchive.crawl.seams import Seams
from wparchive.errors import ExitCode
from wparchive.index import index


def test_runs_stay_in_order_when_the_clock_goes_back(small: FakeWordPress, tmp_path: Path) -> None:
    """Three runs on a clock that loses years: ids and file names are unique and ascending, edits are found."""
    folder = tmp_path / "archive"
    expected = []
    for year in (2024, 2021, 1999):
        seams = Seams(now=partial(datetime, year, 5, 1, 12, tzinfo=UTC))
        text = f"<p>As of {year}.</p>"
        small.edit(small.ids("post")[0], content=text)
        crawled = crawl(folder, small.url, seams=seams)
        assert crawled.code is ExitCode.COMPLETE
        assert crawled.rows("SELECT content FROM posts WHERE wp_id = ?", small.ids("post")[0]) == [(text,)]
        expected.append(crawled.result.report.run)
    assert expected == sorted(expected)
    assert [row[0] for row in crawled.rows("SELECT run FROM runs ORDER BY run")] == expected
    assert [run[:14] for run in expected] == ["20240501120000", "20240501120001", "20240501120002"]
    names = [path.name for path in crawled.archive.sites()[0].warcs()]
    assert names == sorted(names)
    assert [name.split("-")[-2] for name in names] == [run[:14] for run in expected]
    assert crawled.rows("SELECT last_run FROM sites") == [(expected[-1],)]
    assert crawled.rows("SELECT change FROM observations ORDER BY run") == [("edited",), ("edited",)]
    assert list(sound(folder)) == []
    dump = crawled.dump()
    index(crawled.archive, rebuild=True)
    assert crawled.dump() == dump


@pytest.mark.parametrize("days", [0, -1, -400], ids=["stands still", "goes back", "is set back by years"])
@pytest.mark.parametrize("full", [False, True])
def test_what_goes_is_told_whatever_the_clock_does(days: int, full: bool, small: FakeWordPress, tmp_path: Path) -> None:
    """A run tells by the order of its captures what it saw before and after: nothing is a gap that isn't one."""
    folder, start = tmp_path / "archive", datetime(2025, 6, 1, 12, tzinfo=UTC)
    moments = (start + n * timedelta(days=days) for n in range(5))

    def run() -> Crawled:
        crawled = crawl(folder, small.url, seams=Seams(now=partial(lambda at: at, next(moments))), full=full)
        assert (crawled.code, crawled.rows("SELECT reason FROM gaps")) == (ExitCode.COMPLETE, [])
        return crawled

    run()
    first, second, third, *_ = small.ids("post")
    small.edit(first, silent=True, content="<p>Quietly.</p>")
    run()
    small.delete(second)
    run()
    small.trash(third)
    run()
    small.restore(third)
    done = run()
    told = done.rows("SELECT wp_id, change FROM observations WHERE type = 'post' ORDER BY run, rowid")
    assert told == [(first, "silently_edited"), (second, "deleted"), (third, "unpublished"), (third, "restored")]
    times = done.rows("SELECT captured_at FROM captures")
    assert len(set(times)) == len(times)
    assert list(sound(folder)) == []
    dump = done.dump()
    index(done.archive, rebuild=True)
    assert done.dump() == dump
