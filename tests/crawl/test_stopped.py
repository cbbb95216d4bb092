"""Stopped by a signal or by its own limits: everything got stays, and the same command goes on to the end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import frugal
import pytest
from crawlkit import SMALL, Crawled, crawl, end, launch, sound, wait_for_requests
from fakewp import FakeWordPress
from patience import PATIENCE

from wparchive.crawl.seams import MACHINE
from wparchive.errors import ExitCode
from wparchive.index import index


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_cleanly(site: FakeWordPress, whole: Crawled, tmp_path: Path, number: int) -> None:
    """Exit 130 with the run's end on record and what is held indexed; the next run goes on."""
    folder = tmp_path / "archive"
    asked = len(site.requests)
    process = launch("crawl", site.url, "-a", folder, *frugal.OPTIONS, "--delay", "0.1")
    assert wait_for_requests(site, asked + 10, process)
    code, out, err = end(process, number)
    assert code == ExitCode.INTERRUPTED, err
    assert "run the same command again to resume" in out
    assert "Traceback" not in err
    stopped = Crawled(folder)
    assert stopped.rows("SELECT outcome, exit_code FROM runs WHERE finished_at IS NOT NULL") == [("interrupted", 130)]
    assert stopped.number("SELECT count(*) FROM captures") >= 9
    assert list(sound(folder)) == []
    _goes_on(folder, site, whole, len(site.requests) - asked)


def _goes_on(folder: Path, site: FakeWordPress, whole: Crawled, spent: int) -> None:
    asked = len(site.requests)
    again = crawl(folder, site.url)
    assert again.code is ExitCode.COMPLETE
    assert again.digests() == whole.digests()
    assert again.items() == whole.items()
    assert again.links == whole.links
    assert len(site.requests) - asked <= len(whole.asked) - spent + 4, "what is held isn't asked for again"
    assert again.rows("SELECT * FROM observations") == []
    assert list(sound(folder)) == []


def test_a_second_signal_ends_it_at_once(site: FakeWordPress, tmp_path: Path) -> None:
    """Whoever is in a hurry gets out, and the archive takes it like a kill."""
    asked = len(site.requests)
    process = launch("crawl", site.url, "-a", tmp_path / "archive", *frugal.OPTIONS, "--delay", "30")
    assert wait_for_requests(site, asked + 1, process)
    os.kill(process.pid, signal.SIGTERM)
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode in (-signal.SIGTERM, ExitCode.INTERRUPTED)


HURRY = """
import os, signal, sys
from wparchive.bell import Bell
from wparchive.cli.stopping import signals

lines = []

def within(frame, event, _):
    if frame.f_code is Bell.ring.__code__ and event == "line":
        lines.append(frame.f_lineno)
        if len(lines) == 1:
            os.kill(os.getpid(), signal.SIGTERM)
    return within

with signals() as stop:
    sys.settrace(within)
    os.kill(os.getpid(), signal.SIGTERM)
    stop.wait(60)
"""


def test_a_second_signal_while_the_first_is_taken_in_ends_it_too() -> None:
    """The handler of the second interrupts that of the first."""
    process = subprocess.run([sys.executable, "-c", HURRY], timeout=PATIENCE, check=False)
    assert process.returncode == -signal.SIGTERM


@pytest.mark.parametrize("step", [1, 7])
def test_so_many_requests_at_a_time(small: FakeWordPress, tmp_path: Path, step: int) -> None:
    """`--max-requests` ends with exit 3 and never overdoes; enough such runs make the whole, one request at a time too."""
    whole = crawl(tmp_path / "whole", small.url)
    asked = len(small.requests)
    for _ in range(asked // step + 5):
        before = len(small.requests)
        part = crawl(tmp_path / "archive", small.url, changes={"max_requests": step}, index=False)
        assert len(small.requests) - before <= step
        if part.code is ExitCode.COMPLETE:
            break
        assert part.code is ExitCode.INCOMPLETE
        assert "--max-requests" in part.result.report.reason
    assert part.code is ExitCode.COMPLETE
    assert len(small.requests) == 2 * asked, "nothing is asked for twice"
    index(part.archive)
    assert part.items() == whole.items()
    assert part.digests() == whole.digests()
    assert part.links == whole.links
    assert part.rows("SELECT * FROM observations") == []


def test_a_time_limit(site: FakeWordPress, whole: Crawled, tmp_path: Path) -> None:
    """`--max-time` ends with exit 3; the next run completes."""
    asked = len(site.requests)
    seams = replace(MACHINE, clock=lambda: float(len(site.requests)))  # a second passes with each request
    part = crawl(tmp_path / "archive", site.url, changes={"max_time": 12}, seams=seams)
    assert part.code is ExitCode.INCOMPLETE
    assert part.result.report.reason == "stopped at --max-time"
    assert part.rows("SELECT exit_code FROM runs") == [(3,)]
    _goes_on(tmp_path / "archive", site, whole, len(site.requests) - asked)


@pytest.mark.usefixtures("must_end")
def test_a_time_limit_ends_every_wait(tmp_path: Path) -> None:
    """A host that asks us to wait for minutes doesn't keep a run beyond its time: nothing is asked of it after that."""
    with FakeWordPress(posts=7, media=2, comments=2) as site:
        site.fault("throttle-seconds", seconds=300)

        def told_to_wait() -> int:
            return sum("/wp/v2/posts" in request.target for request in site.requests)

        # As many minutes pass as the run needs until it is told to wait: a second is left then, if the machine is fast.
        seams = replace(MACHINE, clock=lambda: time.monotonic() + (599 if told_to_wait() else 0))
        part = crawl(tmp_path / "archive", site.url, changes={"max_time": 600}, seams=seams)
        assert told_to_wait() == 1
        assert part.code is ExitCode.INCOMPLETE
        assert part.result.report.reason == "stopped at --max-time"


@pytest.mark.parametrize("most", [3, 40])
def test_limits_on_the_command_line_hold_for_all_sites_together(
    cli: Callable[..., "subprocess.CompletedProcess[str]"], small: FakeWordPress, tmp_path: Path, most: int
) -> None:
    """As a cron job needs it; a site that nothing is left for is told of, and is begun by a later run."""
    with FakeWordPress(**SMALL) as other:
        sites = tmp_path / "sites.toml"
        listed = f'[[sites]]\nname = "a"\nurl = "{small.url}"\n[[sites]]\nname = "b"\nurl = "{other.url}"\n'
        sites.write_text(f"[defaults]\n{frugal.LINES}{listed}", "utf-8")
        told = cli("crawl", "--config", sites, "--max-requests", str(most), code=ExitCode.INCOMPLETE).stderr
        assert len(small.requests) + len(other.requests) == most
        assert ("b: not begun: --max-requests was used up" in told) is (most == 3)
        cli("crawl", "--config", sites, "--max-time", "0", code=ExitCode.INCOMPLETE)
        assert len(small.requests) + len(other.requests) == most
        cli("crawl", "--config", sites, "--max-requests", "1000", "--max-time", "200")
