"""A crawl and the status of several sites: a line for each, what needs a person, and nothing else in silence."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import frugal
import pytest
from crawlkit import SMALL, invoke
from fakewp import FakeWordPress

from wparchive.crawl.report import RunReport
from wparchive.errors import ExitCode
from wparchive.fleet.local import SiteResult
from wparchive.wordpress.discovery.site_state import SiteState


@contextmanager
def serving(*names: str) -> Iterator[dict[str, FakeWordPress]]:
    """A small site for each name, each at an address of its own."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(FakeWordPress(address=f"127.0.0.{number}", **SMALL))
            for number, name in enumerate(names, 2)
        }


def config(folder: Path, found: dict[str, FakeWordPress], archive: str = "", more: str = "") -> Path:
    """A configuration of these sites, its archive beside it."""
    text = f'[archive]\npath = "held"\n{archive}\n[defaults]\n{frugal.LINES}retries = 0\n{more}\n'
    text += "".join(f'[[sites]]\nname = "{name}"\nurl = "{site.url}"\n' for name, site in found.items())
    path = folder / "sites.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_line_for_each_site_as_it_ends(tmp_path: Path) -> None:
    """Numbered in the order of ending, with every gap below its site, and a last line of totals."""
    with serving("alpha", "beta", "gamma") as found:
        found["beta"].fault("not-wordpress")
        found["gamma"].fault("poisoned-deep", item=found["gamma"].ids("post")[2])
        done = invoke("crawl", "--config", config(tmp_path, found), code=ExitCode.INCOMPLETE)
    lines = done.stdout.splitlines()
    ends = [line for line in lines if re.match(r"\d of 3  ", line)]
    assert [line[:6] for line in ends] == ["1 of 3", "2 of 3", "3 of 3"]
    by_name = {line.split()[3]: line for line in ends}
    assert re.fullmatch(r". of 3  alpha  complete     26 items, \d+ requests in .* s", by_name["alpha"])
    assert " no-api " in by_name["beta"] and "not-wordpress, no sign of WordPress" in by_name["beta"]
    assert " incomplete " in by_name["gamma"] and " 2 gaps, " in by_name["gamma"]
    at = lines.index(by_name["gamma"])
    assert lines[at + 1].startswith("    gap: /wp/v2/posts: position 3: 500")
    assert re.match(r"3 sites: 1 \S+, 1 \S+, 1 \S+; 0 changes seen; \d+ requests, \d+\.\d MB received in", lines[-1])
    assert "REST root" not in done.stderr, "of many sites nobody wants to read how each begins"


def test_jobs_of_the_config_and_of_the_command_line(tmp_path: Path) -> None:
    """The command line counts; both leave the same archive."""
    with serving("alpha", "beta") as found:
        path = config(tmp_path, found, "jobs = 2")
        first = json.loads(invoke("crawl", "--config", path, "--json").stdout)
        again = json.loads(invoke("crawl", "--config", path, "--json", "--jobs", "1").stdout)
    assert [one["site"] for one in first] == [one["site"] for one in again] == ["alpha", "beta"]
    assert {one["held"]["post"] for one in first + again} == {7}


def test_a_limit_of_the_command_line_is_for_all_and_one_of_the_config_for_each(tmp_path: Path) -> None:
    with serving("alpha", "beta", "gamma") as found:
        path = config(tmp_path, found, more="max_requests = 8")
        done = invoke("crawl", "--config", path, "--max-requests", "18", "--jobs", "1", code=ExitCode.INCOMPLETE)
        assert [len(site.requests) for site in found.values()] == [8, 8, 2]
        assert done.stdout.count("stopped at --max-requests") == 3
        assert "gap: " not in done.stdout, "the reason says it once"


def test_silence_of_what_only_ran_into_its_limit(tmp_path: Path) -> None:
    """A first crawl takes as many runs as it takes: exit 3, and not a word, of sites that weren't begun either."""
    with serving("alpha", "beta", "gamma") as found:
        path = config(tmp_path, found)
        for _ in range(2):
            done = invoke("crawl", "--config", path, "--silent", "--max-requests", "15", "--jobs", "1", code=3)
            assert done.stdout + done.stderr == ""
        done = invoke("crawl", "--config", path, "--silent")
        assert done.stdout + done.stderr == ""


def test_silence_ends_when_a_site_is_no_longer_what_it_was(tmp_path: Path) -> None:
    """Closed since the last run: reported once, although a site without an API is a normal answer in a list."""
    with serving("alpha", "beta") as found:
        path = config(tmp_path, found)
        invoke("crawl", "--config", path, "--silent")
        found["beta"].fault("closed-401")
        done = invoke("crawl", "--config", path, "--silent")
        assert re.match(r"beta: no-api, site state closed \(", done.stdout)
        assert "alpha" not in done.stdout
        again = invoke("crawl", "--config", path, "--silent")
        assert again.stdout + again.stderr == ""


@pytest.mark.parametrize(
    ("code", "state", "before", "needed"),
    [
        (ExitCode.COMPLETE, SiteState.OK, None, False),
        (ExitCode.COMPLETE, SiteState.OK, "blocked", False),
        (ExitCode.COMPLETE, SiteState.MOVED, "ok", True),
        (ExitCode.COMPLETE, SiteState.MOVED, "moved", False),
        (ExitCode.NO_API, SiteState.CLOSED, None, False),
        (ExitCode.NO_API, SiteState.CLOSED, "partial", True),
        (ExitCode.NO_API, SiteState.CLOSED, "closed", False),
        (ExitCode.NO_API, SiteState.NOT_WORDPRESS, "ok", True),
        (ExitCode.REFUSED, SiteState.BLOCKED, "blocked", True),
        (ExitCode.INCOMPLETE, SiteState.BROKEN, None, True),
        (ExitCode.INCOMPLETE, SiteState.PARTIAL, "partial", True),
        (ExitCode.STORAGE, SiteState.OK, "ok", True),
        (ExitCode.LOCKED, SiteState.OK, "ok", True),
    ],
)
def test_what_needs_a_person(code: ExitCode, state: SiteState, before: str | None, needed: bool) -> None:
    """What failed, each time; what changed without failing, once."""
    report = RunReport(site="a", run="1", mode="full", state=state, exit_code=code)
    assert SiteResult(report, before=before).needs_a_person is needed


def test_lines_of_the_log_say_whose_they_are(tmp_path: Path) -> None:
    """Each has time, event, site, run and target; from the start of a run on all are of that run."""
    with serving("alpha", "beta") as found:
        done = invoke("crawl", "--config", config(tmp_path, found), "--silent", "--log-json")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines
    assert all({"time", "event", "site", "run"} <= line.keys() for line in lines)
    assert {line["site"] for line in lines} == {"alpha", "beta"}
    for name in ("alpha", "beta"):
        own = [line for line in lines if line["site"] == name]
        begun = [line["event"] for line in own].index("run-started")
        runs = {line["run"] for line in own[begun:]}
        assert len(runs) == 1 and runs != {""}
        assert {"fetched", "listing", "discovered", "indexing", "run-finished"} <= {one["event"] for one in own[begun:]}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of three sites, one of them without an API and one with a gap."""
    folder = tmp_path_factory.mktemp("held")
    with serving("alpha", "beta", "gamma") as found:
        found["beta"].fault("not-wordpress")
        found["gamma"].fault("poisoned-deep", item=found["gamma"].ids("post")[2])
        invoke("crawl", "--config", config(folder, found), "--silent", code=ExitCode.INCOMPLETE)
    return folder / "held"


def test_status_is_a_table_of_one_line_a_site(held: Path) -> None:
    """With the last run, the state, what is held, what changed and what is to be done; then the sum, and the seals."""
    header, _, *rows, last, seals = invoke("status", "-a", held).stdout.splitlines()
    assert seals.startswith("seal 1 of ")
    assert header.split("  ")[0] == "site" and header.endswith("to do")
    assert [row.split()[0] for row in rows] == ["alpha", "beta", "gamma"]
    assert re.fullmatch(r"alpha  \d{4}-\d\d-\d\d \d\d:\d\d  ok +26", rows[0])
    assert "not-wordpress" in rows[1]
    assert rows[2].endswith("2 gaps")
    assert last == "3 sites: 1 ok, 1 not-wordpress, 1 partial; 1 needs a person: wparchive status SITE"
    silent = invoke("status", "-a", held, "--silent").stdout.splitlines()
    assert [line.split()[0] for line in silent[2:-1]] == ["gamma"]


def test_status_of_named_sites_is_the_long_form(held: Path) -> None:
    """As that of an archive of one site; a name that is none is answered with the nearest."""
    text = invoke("status", "gamma", "-a", held).stdout
    assert text.startswith("gamma  http://") and "gap: /wp/v2/posts: position 3" in text
    assert "alpha" not in text
    (one,) = json.loads(invoke("status", "alpha", "--json", "-a", held).stdout)
    assert one["site"] == "alpha"
    assert "did you mean gamma?" in invoke("status", "gama", "-a", held, code=ExitCode.USAGE).stderr


def test_what_is_gone_is_not_counted_as_held(tmp_path: Path) -> None:
    """It is kept, and counted apart."""
    with serving("alpha") as found:
        path, site = config(tmp_path, found), found["alpha"]
        invoke("crawl", "--config", path, "--silent")
        site.delete(site.ids("post")[2])
        done = invoke("crawl", "--config", path, "--full", "--json")
        (result,) = json.loads(done.stdout)
        assert result["held"]["post"] == 6
        (status,) = json.loads(invoke("status", "--json", "-a", tmp_path / "held").stdout)
    assert (status["items"]["post"], status["gone"]) == (6, {"comment": 2, "post": 1})
    assert "gone, and kept: 2 comment, 1 post" in invoke("status", "-a", tmp_path / "held").stdout
