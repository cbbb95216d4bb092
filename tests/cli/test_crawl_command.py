"""`wparchive crawl` as people and cron start it: many sites, locks, silence, output for programs."""

import json
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import frugal
import pytest
from crawlkit import SMALL, Crawled, crawl, end, invoke, launch, sound, wait_for_requests
from fakewp import FakeWordPress
from fakewp.simulator.http import Request
from fakewp.simulator.server import Handler
from loopback import HeldPort
from patience import PATIENCE

from wparchive.errors import ExitCode
from wparchive.store import Archive


def config(folder: Path, *sites: tuple[str, str]) -> Path:
    """A configuration of these names and URLs, its archive beside it."""
    text = f'[archive]\npath = "held"\ncontact = "me@example.org"\n[defaults]\n{frugal.LINES}retries = 0\n'
    text += "".join(f'[[sites]]\nname = "{name}"\nurl = "{url}"\n' for name, url in sites)
    path = folder / "sites.toml"
    path.write_text(text, "utf-8")
    return path


def test_one_failing_site_never_stops_the_others(small: FakeWordPress, tmp_path: Path) -> None:
    """A dead host, one that throttles for ever and one that isn't WordPress: the good ones are archived, the worst counts."""
    with (
        FakeWordPress(
            faults=["throttle-forever"], address="127.0.0.2", **SMALL
        ) as busy,  # a host of its own, which waits
        FakeWordPress(faults=["not-wordpress"], **SMALL) as other,
        HeldPort() as nobody,
    ):
        sites = [
            ("dead", nobody.url),
            ("busy", busy.url),
            ("other", other.url),
            ("good", small.url),
        ]
        done = invoke("crawl", "--config", config(tmp_path, *sites), "--silent", "--json", code=ExitCode.REFUSED)
        results = {one["site"]: one for one in json.loads(done.stdout)}
        assert {name: one["exit_code"] for name, one in results.items()} == {
            "dead": ExitCode.INCOMPLETE,
            "busy": ExitCode.REFUSED,
            "other": ExitCode.NO_API,
            "good": ExitCode.COMPLETE,
        }
        assert results["good"]["held"]["post"] == 7
        held = tmp_path / "held"
        assert sorted(site.name for site in Archive(held).sites()) == [
            "busy",
            "good",
            "other",
        ]  # a dead one leaves nothing
        agents = {one.headers["user-agent"] for one in small.requests}
        assert len(agents) == 1 and "me@example.org" in agents.pop()
        # Only those named, and --silent tells of what needs a person alone.
        chosen = ("--site", "good", "--site", "other")
        quiet = invoke("crawl", "--config", tmp_path / "sites.toml", *chosen, "--silent")
        assert quiet.stdout + quiet.stderr == ""
        loud = invoke("crawl", "--config", tmp_path / "sites.toml", "--silent", code=ExitCode.REFUSED)
        assert "busy: refused" in loud.stdout and "good" not in loud.stdout + loud.stderr
        unknown = invoke("crawl", "--config", tmp_path / "sites.toml", "--site", "goof", code=ExitCode.USAGE)
        assert "goof" in unknown.stderr and "good" in unknown.stderr


def test_what_does_not_speak_rest_alone(tmp_path: Path) -> None:
    """Exit 7 when it was the only target."""
    with FakeWordPress(faults=["not-wordpress"], **SMALL) as site:
        done = invoke("crawl", site.url, "-a", tmp_path / "archive", code=ExitCode.NO_API)
        assert "not-wordpress" in done.stdout
        quiet = invoke("crawl", site.url, "-a", tmp_path / "archive", "--silent", code=ExitCode.NO_API)
        assert "not-wordpress" in quiet.stdout, "somebody has to be told, and cron mails what is printed"
        assert Crawled(tmp_path / "archive").rows("SELECT state FROM sites") == [("not-wordpress",)]


def test_the_summary_says_why_a_listing_has_nothing(small: FakeWordPress, tmp_path: Path) -> None:
    """What robots.txt or WordPress closes is in the summary with its reason, and no gap: it is an answer."""
    small.fault("robots", text="User-agent: *\nDisallow: /wp-json/wp/v2/tags\nDisallow: /wp-json/wp/v2/taxonomies\n")
    done = invoke("crawl", small.url, "-a", tmp_path / "archive", *frugal.OPTIONS)
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert any("/wp/v2/tags " in line and line.endswith("refused: robots.txt of 127.0.0.1") for line in lines)
    assert any("/wp/v2/menu-items " in line and line.endswith("refused: 401 rest_cannot_view") for line in lines)
    assert any("/wp/v2/taxonomies " in line and line.endswith("refused: robots.txt of 127.0.0.1") for line in lines)
    archive = Crawled(tmp_path / "archive")
    assert archive.rows("SELECT route, reason FROM gaps") == []
    assert archive.rows("SELECT gaps FROM runs") == [(0,)]


def test_a_site_that_is_held(small: FakeWordPress, tmp_path: Path) -> None:
    """Exit 5 in one line that names the process, nothing asked for; `--if-locked skip` is exit 0 without a word."""
    folder = tmp_path / "archive"
    crawl(folder, small.url)
    asked = len(small.requests)
    archive = Archive(folder)
    with archive.lock(archive.sites()[0].name):
        done = invoke("crawl", small.url, "-a", folder, "--silent", code=ExitCode.LOCKED)
        assert len((done.stdout + done.stderr).splitlines()) == 1
        assert "pid " in done.stderr and done.stderr.rstrip().endswith("or use --if-locked skip")
        done = invoke("crawl", small.url, "-a", folder, "--silent", "--if-locked", "skip")
        assert done.stdout + done.stderr == ""
        done = invoke("index", "-a", folder, code=ExitCode.LOCKED)
        assert len(done.stderr.splitlines()) == 1
        invoke("status", "-a", folder)
        invoke("verify", "-a", folder)
    assert len(small.requests) == asked


class Gated(FakeWordPress):
    """A site whose listings wait until `gate` is open."""

    gate: threading.Event

    def respond(self, handler: Handler, request: Request) -> None:
        if "per_page" in handler.path:
            self.gate.wait(PATIENCE)
        super().respond(handler, request)


def test_two_at_once_for_the_first_time(tmp_path: Path) -> None:
    """Nobody knows yet what the site is called: still one archives it, the other ends with 5, and all is well."""
    with Gated(**SMALL) as site:
        site.gate = threading.Event()
        command = ("crawl", site.url, "-a", tmp_path / "archive", *frugal.OPTIONS, "--silent")
        both = [launch(*command), launch(*command)]
        with ThreadPoolExecutor() as pool:
            ends = [pool.submit(one.communicate, timeout=PATIENCE) for one in both]
            wait(ends, return_when=FIRST_COMPLETED)
            site.gate.set()
            said = [one.result() for one in ends]
        assert sorted(one.returncode for one in both) == [ExitCode.COMPLETE, ExitCode.LOCKED], said
        assert Crawled(tmp_path / "archive").ids("post") == site.ids("post")
        assert Crawled(tmp_path / "archive").number("SELECT count(*) FROM runs") == 1


def test_two_sites_at_once(small: FakeWordPress, tmp_path: Path) -> None:
    """Two processes, two sites, one archive: each waits for the other's indexing, and both are in the database."""
    with FakeWordPress(**SMALL) as other:
        folder = tmp_path / "archive"
        both = [launch("crawl", site.url, "-a", folder, "--silent") for site in (small, other)]
        said = [one.communicate(timeout=PATIENCE) for one in both]
        assert [one.returncode for one in both] == [0, 0], said
        assert Crawled(folder).number("SELECT count(DISTINCT site) FROM posts") == 2
        assert len(Crawled(folder).rows("SELECT * FROM posts WHERE type = 'post'")) == 14
        assert list(sound(folder)) == []


def test_silence(small: FakeWordPress, tmp_path: Path) -> None:
    """`--silent` prints nothing on exit 0, and the summary with every gap otherwise."""
    folder = tmp_path / "archive"
    for _ in range(2):
        done = invoke("crawl", small.url, "-a", folder, "--silent")
        assert done.stdout + done.stderr == ""
    small.fault("poisoned-deep", item=small.ids("post")[2])
    done = invoke("crawl", small.url, "-a", folder, "--silent", "--full", "--retries", "0", code=ExitCode.INCOMPLETE)
    assert "gap: /wp/v2/posts: position 3" in done.stdout
    assert done.stderr == ""


def test_output_for_programs(small: FakeWordPress, tmp_path: Path) -> None:
    """`--json` is one document on stdout, `--log-json` one object a line on stderr, and runs/RUN.jsonl says the same."""
    folder = tmp_path / "archive"
    done = invoke("crawl", small.url, "-a", folder, "--json", "--log-json", *frugal.OPTIONS)
    (result,) = json.loads(done.stdout)
    assert (result["exit_code"], result["outcome"], result["state"]) == (0, "complete", "ok")
    assert result["held"]["post"] == 7
    assert result["requests"] == len(small.requests) == result["captures"]
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [one["event"] for one in events].count("fetched") == len(small.requests)
    assert {"run-started", "run-finished", "indexing"} <= {one["event"] for one in events}
    assert all(one["time"].endswith("Z") for one in events)
    (log,) = folder.glob(f"*/runs/{result['run']}.jsonl")
    logged = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {one["event"] for one in logged} >= {"run-started", "fetched", "run-finished"}


def test_without_an_index(small: FakeWordPress, tmp_path: Path) -> None:
    """`--no-index` leaves archive.db for later."""
    folder = tmp_path / "archive"
    invoke("crawl", small.url, "-a", folder, "--no-index", "--silent")
    assert not (folder / "archive.db").exists()
    done = invoke("index", "-a", folder, "--json")
    assert {"site": Archive(folder).sites()[0].name, "type": "post", "held": 7} in json.loads(done.stdout)


def test_the_archive_may_be_named_by_the_environment(
    small: FakeWordPress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`$WPARCHIVE_ARCHIVE` stands in for -a."""
    process = launch("crawl", small.url, "--silent", env={"WPARCHIVE_ARCHIVE": str(tmp_path / "named")})
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out + err) == (0, "")
    assert (tmp_path / "named" / "archive.db").exists()


def test_a_signal_ends_the_whole_list(small: FakeWordPress, tmp_path: Path) -> None:
    """The site in work is stopped cleanly, the others aren't begun, and the exit code says so."""
    with FakeWordPress(posts=7) as later:
        sites = config(tmp_path, ("first", small.url), ("second", later.url))
        process = launch("crawl", "--config", sites, "--delay", "0.1")
        assert wait_for_requests(small, 8, process)
        code, out, err = end(process)
        assert code == ExitCode.INTERRUPTED
        assert later.requests == []
        assert "1 of 2  first   interrupted" in out
        assert "second: not begun" in err


def test_spaces_pasted_around_an_address_are_no_part_of_it(small: FakeWordPress, tmp_path: Path) -> None:
    invoke("crawl", f" {small.url}\n", "-a", tmp_path / "archive", *frugal.OPTIONS, "--silent")
    assert Crawled(tmp_path / "archive").number("SELECT count(*) FROM posts WHERE type = 'post'") == SMALL["posts"]
