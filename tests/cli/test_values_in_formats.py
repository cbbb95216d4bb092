"""Whatever a site or an archive says, each format that the program writes is read back by that format's own rules."""

import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wparchive.ask.metrics import metrics
from wparchive.ask.status import SiteStatus
from wparchive.cli.options import print_error, print_json, print_table
from wparchive.events import clean, json_lines, told

CORPUS = (
    "\x1b[2J\x1b]0;owned\x07",
    "a\r\nwparchive_gaps{site=\"x\"} 0",
    "quote\" back\\slash \\n {brace} , comma",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "<!--/*]]>&amp;",
    "\u202eback\u2066\u2028\u2029\x85\x9b",
    "\ud800 half",
    "\x00\x7f",
    "%s %n {0} {site}",
    "x" * 70_000,
    "",
    "x" * 300 + "1",
    "x" * 300 + "2",
)  # fmt: skip
ANY = st.one_of(st.sampled_from(CORPUS), st.text(st.characters(), max_size=40))
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
SITE = SiteStatus(
    site="s", home="h", state="ok", reason=None, last_run="r", outcome="o", exit_code=0,
    started_at="2026-01-01T00:00:00Z", finished_at=None, requests=7, items={}, gaps=[], links={}, observations={},
)  # fmt: skip


def exposition(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Prometheus' text format 0.0.4, as its reader takes it: a series twice, or a line that is none, fails the whole file."""
    found: dict[Any, float] = {}
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r'([a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\[\\"n])*",?)*)\} (\S+)', line)
        assert match, line
        labels = tuple(re.findall(r'([a-z]+)="((?:[^"\\]|\\[\\"n])*)"', match[2]))
        assert (match[1], labels) not in found, f"twice: {line}"
        found[match[1], labels] = float(match[3])
    return found


@example(names=["x" * 250 + "1", "x" * 250 + "2"], counts={})
@example(names=["a\x01", "a\x02"], counts={"\x01": 1, "\x02": 2})
@given(st.lists(ANY, min_size=1, max_size=4, unique=True), st.dictionaries(ANY, st.integers(0, 1 << 62), max_size=3))
@settings(max_examples=150)
def test_a_textfile_for_prometheus(names: list[str], counts: dict[str, int]) -> None:
    """Every site has its series, none stands twice."""
    sites = [replace(SITE, site=name, items=counts, links=counts, observations=counts) for name in names]
    found = exposition("\n".join(metrics(sites)))
    assert sum(name == "wparchive_site_ok" for name, _ in found) == len(names)


@given(st.recursive(ANY, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3)))
@settings(max_examples=150)
def test_a_log_in_json_is_a_line_an_event(value: Any) -> None:
    stream = io.StringIO()
    json_lines(stream)("event", {"field": value})
    (line,) = stream.getvalue().splitlines()
    assert not STEERING.search(line)
    assert json.loads(line)["field"] == value


@pytest.mark.parametrize("text", CORPUS)
def test_what_is_printed_stays_on_its_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Errors, tables, JSON: nothing steers a terminal, and a line is a line."""
    print_error(text)
    print_table(("a", "b"), [(text, 1), ("x", text)])
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1 and len(said.out.splitlines()) == 4
    assert not STEERING.search(said.err + said.out)
    assert max(map(len, said.out.splitlines())) < 1_000
    print_json({text: [text]})
    assert json.loads(capsys.readouterr().out) == {text: [text]}
    assert not STEERING.search(clean(text)) and not STEERING.search(told(text))
