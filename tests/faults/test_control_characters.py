"""What a site writes never steers the terminal of whoever archives it, nor forges lines of a log."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frugal
import pytest
from crawling import Crawling
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.faults_base import error
from fakewp.simulator.http import Answer

from wparchive.cli.display import print_report
from wparchive.cli.screen.progress import Progress, Terminal

EVIL = "\x1b[2J\x1b]0;owned\x07\x00\r\nforged\x7f\x9b31m\u202eback"
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SMALL = {"posts": 12, "pages": 2, "books": 2, "media": 3, "comments": 6, "users": 2, "terms": 6}


def after(site: Any, options: Any, request: Any, route: Any, answer: Answer) -> Answer | None:
    """Escape sequences in every name of the site that we might repeat."""
    document = answer.document
    if route == "/":
        document |= {
            "name": EVIL,
            "description": EVIL,
            "timezone_string": EVIL,
            "namespaces": [*document["namespaces"], EVIL],
        }
    elif route == "/wp/v2/types":
        document[EVIL] = {**document["post"], "slug": EVIL, "name": EVIL, "rest_base": f"x{EVIL}"}
    elif route == "/wp/v2/tags":
        answer = error(400, f"broken{EVIL}", EVIL)
        answer.replace("Content-Type", "application/json; x=\x1b[31m")
        return answer
    elif isinstance(document, list):
        document = [item | {"slug": EVIL, "name": EVIL, "title": {"rendered": EVIL}} for item in document]
    else:
        return None
    answer.document, answer.body = document, site.core.encode(document)
    return answer


@pytest.fixture
def evil(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWordPress]:
    monkeypatch.setitem(FAULTS, "evil-text", Fault(says="", after=after))
    with FakeWordPress(**SMALL) as site:
        yield site.fault("evil-text")


def test_nothing_steers_a_terminal_or_a_log(
    evil: FakeWordPress, crawling: Crawling, capsys: pytest.CaptureFixture[str]
) -> None:
    """Progress on a terminal and without one, the summary, and the run's log, whose lines stay whole."""
    ended = crawling(evil.url)
    assert ended.posts == 12
    assert [gap for proof in ended.report.proofs for gap in proof.gaps]
    print_report(ended.report, held={"post": 12, EVIL: 1})
    terminal, progress = io.StringIO(), io.StringIO()
    moving, plain = Terminal(terminal), Progress(progress)
    for event, fields in ended.events:
        moving._drawn = 0.0
        moving(event, fields)
        plain(event, fields)
    shown = [capsys.readouterr().out, progress.getvalue(), terminal.getvalue().replace("\r\x1b[2K", "")]
    assert all(shown)
    assert [STEERING.findall(text) for text in shown] == [[], [], []]
    log = crawling.raw().decode()
    assert STEERING.search(log) is None
    assert {json.loads(line)["event"] for line in log.splitlines()} <= {event for event, _ in ended.events}


@pytest.mark.parametrize("command", [["status"], ["status", "--json"], ["crawl", "--json"], ["crawl", "--log-json"]])
def test_no_command_repeats_them(
    command: list[str], evil: FakeWordPress, crawling: Crawling, cli: Any, tmp_path: Path
) -> None:
    """On stdout and stderr, for people and for programs."""
    target = [evil.url, *frugal.OPTIONS, "--retries", "0"] if command[0] == "crawl" else []
    if not target:
        crawling(evil.url)
    done = cli(*command, *target, "-a", crawling.archive.root, code=None)
    said = done.stdout + done.stderr
    assert said
    assert STEERING.findall(said) == []
