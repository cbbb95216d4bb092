"""`init`, `check-config`, `completion` and `man`: what a person uses before the first crawl, and once a year."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import frugal
import pytest
from crawlkit import crawl, invoke
from fakewp import FakeWordPress

from wparchive.cli import cli as group
from wparchive.cli.housekeeping.manual import leaves, manual
from wparchive.config import example, load
from wparchive.errors import ExitCode
from wparchive.store import Archive

ROOT = Path(__file__).parents[2]
FLAT = "https://example.org/"


def written(folder: Path, text: str) -> Path:
    path = folder / "sites.toml"
    path.write_text(text, "utf-8")
    return path


def site(url: str, name: str = "", **settings: object) -> str:
    more = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    return f'[[sites]]\nurl = "{url}"\n{f"name = {json.dumps(name)}{chr(10)}" if name else ""}{more}'


# ---- init


@pytest.mark.parametrize("given", [(), ("my sites.toml",)])
def test_init_writes_the_example_and_never_overwrites(
    given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration that loads, with every setting explained, and speaks of itself by its own name."""
    monkeypatch.chdir(tmp_path)
    name = given[0] if given else "wparchive.toml"
    said = invoke("init", *given)
    assert name in said.stdout and "check-config" in said.stdout
    text = (tmp_path / name).read_text("utf-8")
    assert load(Path(name)).sites == load(ROOT / "config.example.toml").sites
    assert "config.example.toml" not in text and name in text
    (tmp_path / name).write_text("mine", "utf-8")
    assert "is there already" in invoke("init", *given, code=ExitCode.USAGE).stderr
    assert (tmp_path / name).read_text("utf-8") == "mine"


def test_the_example_is_the_one_of_the_project() -> None:
    assert example() == (ROOT / "config.example.toml").read_text("utf-8")


# ---- check-config


def test_each_site_has_a_line_with_what_is_special_about_it(tmp_path: Path) -> None:
    """Its folder, its address, the settings that differ from the program's own; no secret, only its place."""
    (tmp_path / "example.secret").write_text("hunter2 hunter2", "utf-8")
    (tmp_path / "example.secret").chmod(0o600)
    path = written(
        tmp_path,
        site(FLAT, user="archiver", password_file="example.secret", delay=2)
        + site("https://example.net/blog/", "mine", ignore_robots=True, noise=["field:x"]),
    )
    lines = invoke("check-config", path).stdout.splitlines()[2:]
    assert [line.split()[0] for line in lines] == ["example.org", "mine"]
    assert "delay 2.0" in lines[0] and "example.secret" in lines[0] and "hunter2" not in lines[0]
    assert "ignore_robots on" in lines[1] and "noise field:x" in lines[1]
    told = json.loads(invoke("check-config", path, "--json").stdout)
    assert [one["site"] for one in told["sites"]] == ["example.org", "mine"]
    assert (told["faults"], told["remarks"]) == ([], [])
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["example.secret", "sites.toml"]


FAULTS = {
    "a variable that isn't set": (site(FLAT, user="u", password_env="NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE isn't set"),
    "a file that isn't there": (site(FLAT, user="u", password_file="none"), "can't be read"),
    "a file that others can read": (site(FLAT, user="u", password_file="sites.toml"), "chmod 600"),
    "one name for two": (site(FLAT, "a") + site("https://example.net/", "a"), "both called a"),
    "names that differ in case": (site(FLAT, "a") + site("https://example.net/", "A"), "both called A"),
    "noise that is none": (site(FLAT, noise=["id:("]), "noise"),
    "a misspelt key": (site(FLAT, dealy=1), "did you mean delay?"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_crawl_would_refuse_is_said_without_a_crawl(name: str, tmp_path: Path) -> None:
    """Exit 2 and a line that names the file; a crawl by it ends with the same cause, before anything is asked."""
    text, says = FAULTS[name]
    path = written(tmp_path, text)
    path.chmod(0o644)
    for command in (("check-config", path), ("crawl", "--config", path)):
        said = invoke(*command, code=ExitCode.USAGE)
        assert says in said.stderr and len(said.stderr.splitlines()) == 1
    assert not (tmp_path / "archive").exists()


def test_every_fault_of_every_site_is_said_at_once(tmp_path: Path) -> None:
    """Nobody wants to run it once for each of two hundred sites."""
    text = "".join(site(f"https://{n}.example/", user="u", password_env=f"NOT_SET_{n}") for n in "abc")
    text += site("http:/d.example", delay=1) + site("https://e.example/", dealy=1) + site("https://f.example/")
    said = invoke("check-config", written(tmp_path, text), code=ExitCode.USAGE)
    wrong = ["write it as http://d.example", "did you mean delay?", "NOT_SET_a", "NOT_SET_b", "NOT_SET_c"]
    lines = said.stderr.splitlines()
    assert [says in line for says, line in zip(wrong, lines, strict=True)] == [True] * len(wrong)
    assert "number 4" in lines[0] and "number 5" in lines[1] and "f.example" in said.stdout


def test_what_is_odd_is_said_and_is_no_fault(tmp_path: Path) -> None:
    """One site twice, several on one host: a crawl goes on all the same."""
    path = written(tmp_path, site(FLAT) + site("http://www.example.org") + site("https://example.org/blog/"))
    said = invoke("check-config", path)
    assert "http://www.example.org: named more than once; it is crawled once" in said.stderr
    assert "on one host, example.org" in said.stderr
    assert invoke("check-config", path, "--silent").stderr == ""


def test_a_name_that_another_site_of_the_archive_has_is_a_fault(small: FakeWordPress, tmp_path: Path) -> None:
    crawl(tmp_path / "archive", small.url)
    (held,) = (one.name for one in Archive(tmp_path / "archive").sites())
    said = invoke("check-config", written(tmp_path, site(FLAT, held)), code=ExitCode.USAGE)
    assert f"{held} is the folder of" in said.stderr


# ---- before a crawl


def test_a_site_that_is_named_twice_is_crawled_once(small: FakeWordPress, tmp_path: Path) -> None:
    """Whatever the spelling, on the command line or in a file, and a line says so."""
    said = invoke("crawl", small.url, small.url.rstrip("/"), "-a", tmp_path / "a", *frugal.OPTIONS, "--json")
    assert len(json.loads(said.stdout)) == 1
    assert "named more than once; it is crawled once" in said.stderr
    assert len([*(tmp_path / "a").glob("*/warc/*.warc.gz")]) == 1
    said = invoke("crawl", small.url, small.url, "-a", tmp_path / "a", *frugal.OPTIONS)
    assert "1 of 2" not in said.stdout and "2 sites" not in said.stdout


def test_posts_of_plain_permalinks_are_not_one_target(small: FakeWordPress, tmp_path: Path) -> None:
    """They differ in the query alone."""
    urls = [f"{small.url}?p={number}" for number in (1, 2)]
    said = invoke("crawl", *urls, "-a", tmp_path / "a", "--scope", "post", *frugal.OPTIONS, "--json", code=None)
    assert len(json.loads(said.stdout)) == 2


def test_a_secret_that_is_missing_is_told_before_anything_starts(small: FakeWordPress, tmp_path: Path) -> None:
    """Not only when it is that site's turn, after hours."""
    path = written(tmp_path, site(small.url) + site(FLAT, user="u", password_env="NOT_SET_ANYWHERE"))
    asked = len(small.requests)
    said = invoke("crawl", "--config", path, code=ExitCode.USAGE)
    assert "https://example.org/: the environment variable NOT_SET_ANYWHERE isn't set" in said.stderr
    assert len(small.requests) == asked and not (tmp_path / "archive").exists()


def test_nothing_is_fetched_that_can_not_be_kept(small: FakeWordPress, tmp_path: Path) -> None:
    """A folder that may not be written ends with exit 8 before the first request."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o755)
    (tmp_path / "closed").mkdir(mode=0o555)
    closed = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
    where = str(tmp_path / "closed" / "archive")
    program = (*closed, sys.executable, "-m", "wparchive", "crawl", small.url, "-a", where, *frugal.OPTIONS)
    asked = len(small.requests)
    ended = subprocess.run(program, capture_output=True, text=True)
    assert ended.returncode == ExitCode.STORAGE, ended.stderr
    assert "Permission denied; grant access" in ended.stderr and len(ended.stderr.splitlines()) == 1
    assert len(small.requests) == asked


# ---- completion and the manual page


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_what_makes_it_complete(shell: str) -> None:
    """The script asks the program by the variable that it listens to."""
    text = invoke("completion", shell).stdout
    assert f"_WPARCHIVE_COMPLETE={shell}_complete" in text
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=text, text=True, capture_output=True).stderr == ""


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("wparchive for", {"forget"}),
        ("wparchive crawl --media or", {"originals"}),
        ("wparchive forget ex", {"example.org"}),
        ("wparchive fleet ga", {"gather"}),
        ("wparchive fleet gather --no", {"--no-warcs"}),
    ],
)
def test_a_shell_that_asks_is_answered(line: str, offers: set[str], tmp_path: Path) -> None:
    """Commands, options' words, names of the archive's sites."""
    (tmp_path / "archive" / "example.org" / "warc").mkdir(parents=True)
    words = line.split()
    env = {**os.environ, "_WPARCHIVE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    env.pop("WPARCHIVE_ARCHIVE", None)
    done = subprocess.run(
        [sys.executable, "-m", "wparchive"], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert {answer.partition(",")[2] for answer in done.stdout.split()} == offers
    assert done.stderr == ""


def test_the_manual_has_every_command_and_every_option() -> None:
    """It is made from the help, so nothing can be missing from it; exit codes are those of the program."""
    text = manual(group).replace("\\-", "-")
    for name, command in leaves(group):
        assert f'.SS "wparchive {name} ' in text
        assert all(opt in text for one in command.params if isinstance(one, click.Option) for opt in one.opts)
    codes = {int(code) for code in re.findall(r"^\.B (\d+)$", text, re.MULTILINE)}
    assert codes == {int(code) for code in ExitCode}
    assert text.isascii() and not re.search(r"^[.'](?!TH|SH|SS|TP|PP|IP|B |I )", text, re.MULTILINE)


@pytest.mark.skipif(not shutil.which("groff"), reason="needs groff")
def test_groff_finds_nothing_wrong_with_the_manual() -> None:
    """Every warning is shown; there is none."""
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z"], input=manual(group), text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_manual_needs_no_more_than_what_builds_the_wheel() -> None:
    """Its build hook imports every command where only the build's own requirements are installed."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    script = (
        "import sys; from wparchive.cli import cli; from wparchive.cli.housekeeping.manual import leaves; list(leaves(cli));"
        "print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if not name.startswith("_")} - {"wparchive", "sitecustomize"}
    assert loaded <= {re.split(r"[><=]", one)[0] for one in build}
