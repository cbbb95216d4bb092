"""What a run takes from the machine is passed in: the time of day, the clock of its waits, the network's names."""

import gzip
import re
import threading
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from crawlkit import crawl
from fakewp import FakeWordPress

from wparchive.crawl.engine.stop import Halt
from wparchive.crawl.seams import Seams
from wparchive.errors import CutShort, ExitCode, Interrupted


def test_every_time_in_the_warcs_is_of_the_clock_that_was_passed_in(small: FakeWordPress, tmp_path: Path) -> None:
    """Two clocks in one archive would put answers before the run that asked for them."""
    ticks = count()
    seams = Seams(now=lambda: datetime(2021, 5, 1, tzinfo=UTC) + timedelta(seconds=next(ticks)))
    crawled = crawl(tmp_path / "archive", small.url, seams=seams)
    assert crawled.code is ExitCode.COMPLETE
    dates = [
        date.decode()
        for path in crawled.warcs()
        for date in re.findall(rb"^WARC-Date: (\S+)", gzip.decompress(path.read_bytes()), re.MULTILINE)
    ]
    assert dates
    assert [date for date in dates if not date.startswith("2021-05-01T")] == []


def test_what_discovery_asked_of_a_new_site_is_kept_with_the_rest(small: FakeWordPress, tmp_path: Path) -> None:
    """It is asked before anybody knows where the site is kept: all of it is in the run's WARCs, once."""
    crawled = crawl(tmp_path / "archive", small.url)
    asked = [one.target for one in small.requests]
    assert crawled.number("SELECT count(*) FROM captures") == len(asked) == crawled.result.report.tally.captures
    first = crawled.rows("SELECT kind FROM captures ORDER BY captured_at, capture LIMIT 1")
    assert first == [("robots",)]


@pytest.mark.parametrize("asked", [0, 1])
def test_a_new_site_that_is_cut_short_while_it_is_found_out_is_resumed(
    small: FakeWordPress, tmp_path: Path, asked: int
) -> None:
    """Of discovery nothing is asked for twice either: its answers wait in the WARCs of the run before."""
    folder = tmp_path / "archive"
    cut = crawl(folder, small.url, changes={"max_requests": asked}, index=False)
    assert cut.code is ExitCode.INCOMPLETE
    assert (folder.is_dir() and any(folder.iterdir())) is bool(asked), "a site that wasn't heard leaves nothing behind"
    again = crawl(folder, small.url)
    assert again.code is ExitCode.COMPLETE
    targets = [one.target for one in small.requests]
    assert len(targets) == len(set(targets))


def test_a_signal_counts_before_any_limit() -> None:
    """Whoever stops a run wants to hear that it was stopped, not that it would have been."""
    now, stop = [0.0], threading.Event()
    halt = Halt(stop, seconds=5, max_requests=2, clock=lambda: now[0])
    halt.check(1)
    assert not halt.is_set()
    with pytest.raises(CutShort, match="--max-requests"):
        halt.check(2)
    now[0] = 5.0
    assert halt.is_set()
    with pytest.raises(CutShort, match="--max-time"):
        halt.check(0)
    stop.set()
    with pytest.raises(Interrupted):
        halt.check(2)
