"""`wparchive forget` and `rename`: what goes, what stays, what a kill leaves, and who is asked."""

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import frugal
import pytest
from crawlkit import SMALL, Crawled, crawl, invoke, sound
from fakewp import FakeWordPress
from patience import PATIENCE

from wparchive.errors import ExitCode, LockedError
from wparchive.fleet.notify.ledger import Ledger
from wparchive.fleet.notify.troubles import Trouble
from wparchive.store import Archive
from wparchive.store.archive import Lock

NAMES = ("one", "two")


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, str]]:
    with FakeWordPress(**SMALL) as one, FakeWordPress(**SMALL) as two:
        yield {"one": one.url, "two": two.url}


@pytest.fixture(scope="module")
def crawled(served: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sites of equal content in one archive, each crawled twice."""
    folder = tmp_path_factory.mktemp("crawled") / "archive"
    for _ in range(2):
        for name, url in served.items():
            invoke("crawl", url, "-a", folder, "--site-name", name, *frugal.OPTIONS, "--silent", "--no-seal")
    return folder


@pytest.fixture
def archive(crawled: Path, tmp_path: Path) -> Path:
    shutil.copytree(crawled, tmp_path / "archive")
    return tmp_path / "archive"


def dump(folder: Path) -> list[str]:
    return Crawled(folder).dump()


def sites_in(folder: Path) -> dict[str, set[str]]:
    """The names of sites in every table that has such a column."""
    with closing(sqlite3.connect(folder / "archive.db")) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        with_site = [
            name for name in tables if any(row[1] == "site" for row in db.execute(f"PRAGMA table_info({name})"))
        ]
        return {name: {site for (site,) in db.execute(f"SELECT DISTINCT site FROM {name}")} for name in with_site}


def kept_in(folder: Path, site: str) -> Path:
    """Where a forgotten site's WARCs are."""
    (kept,) = (folder / "forgotten").glob(f"20??-??-??/{site}")
    return kept


def rebuilt(folder: Path) -> list[str]:
    invoke("index", "--rebuild", "-a", folder, "--silent")
    return dump(folder)


def logged(folder: Path, site: str) -> set[str]:
    """The sites that a capture log speaks of."""
    with closing(sqlite3.connect(folder / site / "frontier.db")) as db:
        rows = "SELECT site FROM captures UNION SELECT substr(warc, 1, instr(warc, '/') - 1) FROM captures"
        more = "SELECT substr(warc, 1, instr(warc, '/') - 1) FROM files"
        return {name for (name,) in db.execute(f"{rows} UNION {more}")}


# ---- rename


@pytest.mark.parametrize("new", ["a first one", "zz", "One"])
def test_a_renamed_site_is_as_if_it_had_always_been_called_so(archive: Path, new: str) -> None:
    """Wherever the new name sorts: `verify` is clean, a rebuild gives the same rows, WARCs keep their names."""
    files = sorted(path.name for path in (archive / "one" / "warc").iterdir())
    said = invoke("rename", "one", new, "-a", archive)
    assert f'name = "{new}"' in said.stdout and said.stderr == ""
    assert sorted(path.name for path in (archive / new / "warc").iterdir()) == files
    assert all("one" not in found for found in sites_in(archive).values())
    assert sites_in(archive)["captures"] == {new, "two"}
    assert logged(archive, new) == {new}
    assert [*sound(archive)] == []
    assert dump(archive) == rebuilt(archive)


def test_the_next_crawl_of_a_renamed_site_goes_on_where_the_last_one_ended(
    archive: Path, served: dict[str, str]
) -> None:
    """By its address alone it is found under its new name; its capture log is not made again, nothing asked twice."""
    before = Crawled(archive).number("SELECT requests FROM runs WHERE site = 'one' ORDER BY run DESC LIMIT 1")
    invoke("rename", "one", "renamed", "-a", archive)
    again = crawl(archive, served["one"])
    assert again.result.report.site == "renamed" and again.result.report.mode == "incremental"
    assert again.result.report.tally.requests == before
    assert not [fields for event, fields in again.events if event == "notice"]
    assert not (archive / "one").exists()


def test_a_configuration_that_has_the_old_name_still_is_told_the_new_one(archive: Path, served: dict[str, str]) -> None:
    """Nothing of the site is crawled into a second folder, the others are crawled, and what is said is all there is to do."""
    config = archive.parent / "sites.toml"
    text = "".join(f'[[sites]]\nname = "{name}"\nurl = "{url}"\n{frugal.LINES}' for name, url in served.items())
    config.write_text(f'[archive]\npath = "archive"\n{text}')
    invoke("rename", "one", "renamed", "-a", archive)
    ended = invoke("crawl", "--config", config, "--json", code=ExitCode.INCOMPLETE)
    found = {site["site"]: site for site in json.loads(ended.stdout)}
    assert found["two"]["outcome"] == "complete"
    says = 'write name = "renamed" where the configuration says one, then: wparchive forget one'
    assert found["one"]["state"] == "moved" and found["one"]["reason"].endswith(says)
    config.write_text(config.read_text().replace('"one"', '"renamed"'))
    invoke("forget", "one", "--yes", "-a", archive)
    invoke("crawl", "--config", config, "--silent")
    assert sites_in(archive)["sites"] == {"renamed", "two"}
    assert [*sound(archive)] == []


@pytest.mark.parametrize("indexed", [False, True], ids=["after the move", "before the capture log"])
def test_a_killed_rename_is_completed_by_the_same_command(archive: Path, indexed: bool) -> None:
    """The folder moves first, in one step; the capture log says last that all is done."""
    (archive / "one").rename(archive / "new")
    if indexed:
        invoke("index", "-a", archive, "--silent")
    invoke("rename", "one", "new", "-a", archive)
    assert logged(archive, "new") == {"new"}
    assert sites_in(archive)["sites"] == {"new", "two"}
    assert [*sound(archive)] == []
    assert dump(archive) == rebuilt(archive)


def test_what_a_killed_rename_leaves_is_a_whole_archive_by_itself(archive: Path, served: dict[str, str]) -> None:
    """Whoever never repeats the command has the site under its new name at the next crawl."""
    (archive / "one").rename(archive / "new")
    crawl(archive, served["one"])
    assert sites_in(archive)["sites"] == {"new", "two"}
    assert [*sound(archive)] == []
    assert dump(archive) == rebuilt(archive)


@pytest.mark.parametrize(
    ("command", "left"), [(("rename", "one", "new"), {"new"}), (("forget", "one", "--yes"), set())]
)
def test_what_was_told_of_a_site_isnt_told_again_under_its_new_name(
    archive: Path, command: tuple[str, ...], left: set[str]
) -> None:
    """Nor is it kept of a site that was forgotten."""
    ledger = Ledger(Archive(archive))
    with ledger.held():
        ledger.note([], {"one": Trouble("closed", "2026-01-01T00:00:00Z", "401")}, "2026-01-01T00:00:00Z")
        ledger.save()
    invoke(*command, "-a", archive)
    held = json.loads((archive / ".notify.json").read_text("utf-8"))
    assert held["troubles"].keys() == left


WRONG_NAMES = [
    (("one", "two"), "has a site two already"),
    (("one", "TWO"), "can't tell from TWO"),
    (("one", "one"), "called so already"),
    (("one", ""), "no name for a folder"),
    (("one", "a/b"), "no name for a folder"),
    (("one", ".."), "no name for a folder"),
    (("one", "seals"), "no name for a folder"),
    (("one", "forgotten"), "no name for a folder"),
    (("one", "archive.db"), "no name for a folder"),
    (("one", "x" * 200), "longer than"),
    (("one", "taken"), "is there already"),
    (("oen", "three"), "did you mean one?"),
    (("", "three"), "no such site"),
]


@pytest.mark.parametrize(("names", "says"), WRONG_NAMES, ids=lambda value: str(value)[:40])
def test_a_site_is_never_given_a_name_that_it_can_not_have(archive: Path, names: tuple[str, str], says: str) -> None:
    """Exit 2, one line, and the archive is as it was."""
    (archive / "taken").mkdir()
    before = dump(archive)
    said = invoke("rename", *names, "-a", archive, code=ExitCode.USAGE)
    assert says in said.stderr and len(said.stderr.splitlines()) == 1
    assert dump(archive) == before and (archive / "one" / "warc").is_dir()


# ---- forget


def test_a_forgotten_site_leaves_the_database_as_if_it_had_never_been_there(archive: Path) -> None:
    """Its rows go and don't come back by the next `index`; the other site stays; its WARCs are kept where nothing reads them."""
    warcs = {path.name: path.read_bytes() for path in (archive / "one" / "warc").iterdir()}
    said = invoke("forget", "one", "--yes", "-a", archive)
    kept = kept_in(archive, "one")
    assert str(kept) in said.stdout and said.stderr == ""
    assert {path.name: path.read_bytes() for path in (kept / "warc").iterdir()} == warcs
    assert not [*kept.glob("frontier.db*")] and not (archive / "one").exists()
    assert all("one" not in found for found in sites_in(archive).values())
    before = dump(archive)
    invoke("index", "-a", archive, "--silent")
    assert dump(archive) == before == rebuilt(archive)
    assert [*sound(archive)] == []
    assert (
        f"{kept.relative_to(archive)}: forgotten; 2 WARC files kept, not read" in invoke("verify", "-a", archive).stdout
    )


def test_what_was_forgotten_stands_in_no_free_page_of_the_database(tmp_path: Path, small: FakeWordPress) -> None:
    """Who has a site removed wants its words gone from the file, not only from the tables."""
    crawl(tmp_path / "a", small.url)
    with closing(sqlite3.connect(tmp_path / "a" / "archive.db")) as db:
        (content,) = db.execute("SELECT content FROM posts ORDER BY length(content) DESC LIMIT 1").fetchone()
    words = content.encode()[:60]
    (name,) = (site.name for site in Archive(tmp_path / "a").sites())
    assert words in (tmp_path / "a" / "archive.db").read_bytes()
    invoke("forget", name, "--yes", "-a", tmp_path / "a")
    assert words not in (tmp_path / "a" / "archive.db").read_bytes()


def test_a_kept_folder_moved_back_is_all_there_again(archive: Path) -> None:
    """Asked for, and only then: the rows of a rebuild."""
    before = dump(archive)
    invoke("forget", "one", "--yes", "-a", archive)
    kept_in(archive, "one").rename(archive / "one")
    invoke("index", "-a", archive, "--silent")
    assert dump(archive) == before
    assert [*sound(archive)] == []


def test_a_site_that_is_crawled_again_begins_anew(archive: Path, served: dict[str, str]) -> None:
    """And may be forgotten a second time on the same day."""
    for _ in range(2):
        invoke("forget", "one", "--yes", "-a", archive)
        again = crawl(archive, served["one"])
        assert again.result.report.mode == "full"
        name = again.result.report.site
        (archive / name).rename(archive / "one")
    invoke("forget", "one", "--yes", "-a", archive)
    assert len([*(archive / "forgotten").glob("*/one")]) == 3


def test_with_warcs_nothing_of_a_site_stays(archive: Path) -> None:
    """Those that an earlier `forget` kept go too; nobody else's do."""
    invoke("forget", "one", "--yes", "-a", archive)
    invoke("forget", "two", "--yes", "--warcs", "-a", archive)
    assert [path.name for path in archive.rglob("*.warc.gz") if "two" in path.name] == []
    assert len([*archive.rglob("*.warc.gz")]) == 2
    invoke("forget", "one", "--yes", "--warcs", "-a", archive)
    assert sorted(path.name for path in archive.iterdir() if path.is_dir()) == []
    assert sites_in(archive)["sites"] == set()


@pytest.mark.parametrize("sites", [("one",), ("one", "two")], ids=["one of two", "all"])
def test_a_killed_forget_is_completed_by_the_next_index(archive: Path, sites: tuple[str, ...]) -> None:
    """The folder moves first: the rows are those of no site then. So it is on a full disk."""
    for site in sites:
        kept = archive / "forgotten" / "2026-01-01" / site
        kept.parent.mkdir(parents=True, exist_ok=True)
        (archive / site).rename(kept)
    invoke("index", "-a", archive, "--silent")
    assert sites_in(archive)["sites"] == {"one", "two"}.difference(sites)
    assert dump(archive) == rebuilt(archive)


@pytest.mark.parametrize("log", ["log", "private/entries"])
def test_sealed_warcs_are_never_removed_without_saying_so(archive: Path, log: str) -> None:
    """Exit 2 and nothing is touched; without --warcs they are kept all the same; a torn last line changes nothing."""
    sealed = sorted((archive / "one" / "warc").glob("*.warc.gz"))[0].name
    path = archive / "seals" / log
    path.parent.mkdir(parents=True)
    entry = json.dumps({"type": "warc", "file": f"earlier-name/warc/{sealed}", "sha256": "0"})
    path.write_text(f'{entry if log == "log" else f"7{chr(9)}{entry}"}\n{{"type": "wa', "utf-8")
    before = sorted(archive.rglob("*.warc.gz"))
    said = invoke("forget", "one", "--warcs", "--yes", "-a", archive, code=ExitCode.USAGE)
    assert sealed in said.stderr and len(said.stderr.splitlines()) == 1
    assert sorted(archive.rglob("*.warc.gz")) == before
    invoke("forget", "one", "--yes", "-a", archive)
    assert len([*archive.rglob("*.warc.gz")]) == len(before)
    invoke("forget", "one", "--warcs", "--sealed", "--yes", "-a", archive)
    assert sealed not in [path.name for path in archive.rglob("*.warc.gz")]


@pytest.mark.parametrize(
    "command", [("forget", "one", "--yes"), ("forget", "one", "--yes", "--warcs"), ("rename", "one", "x")]
)
def test_a_site_that_a_run_holds_stays_as_it_is(archive: Path, command: tuple[str, ...]) -> None:
    """Exit 5, and the process that holds it is named; no option is advised that this command doesn't have."""
    before = dump(archive)
    with Archive(archive).lock("one"):
        said = invoke(*command, "-a", archive, code=ExitCode.LOCKED)
    assert str(os.getpid()) in said.stderr and len(said.stderr.splitlines()) == 1 and "--" not in said.stderr
    assert dump(archive) == before and (archive / "one" / "frontier.db").exists()


def test_a_lock_in_a_folder_that_was_moved_away_locks_nothing(tmp_path: Path) -> None:
    """Whoever waited for it doesn't write beside the new one."""
    (tmp_path / "site").mkdir()
    with Lock(tmp_path / "site" / ".lock", "held by PID"):
        (tmp_path / "site").rename(tmp_path / "elsewhere")
        with Lock(tmp_path / "site" / ".lock", "held by PID"):
            pass
    handle = os.open(tmp_path / "site" / ".lock", os.O_RDONLY)
    (tmp_path / "site" / ".lock").unlink()
    os.close(handle)
    with Lock(tmp_path / "site" / ".lock", "held by PID"), pytest.raises(LockedError):
        Lock(tmp_path / "site" / ".lock", "held by PID")


def test_nothing_is_removed_where_nobody_can_be_asked(archive: Path) -> None:
    """From cron without --yes: exit 2, and what to add."""
    said = invoke("forget", "one", "-a", archive, code=ExitCode.USAGE)
    assert "--yes" in said.stderr
    assert (archive / "one" / "frontier.db").exists()


@pytest.mark.parametrize(("answer", "code"), [("n\n", ExitCode.INTERRUPTED), ("\n", ExitCode.INTERRUPTED), ("y\n", 0)])
def test_a_person_is_asked(archive: Path, answer: str, code: int) -> None:
    """No is the default; the question says how much it is about."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "wparchive", "forget", "one", "-a", str(archive)]
    process = subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True)
    os.close(theirs)
    asked = b""
    while b"[y/N]" not in asked:
        asked += os.read(ours, 1000)
    os.write(ours, answer.encode())
    out, _ = process.communicate(timeout=PATIENCE)
    os.close(ours)
    assert process.returncode == code
    assert b"2 WARCs" in asked and b"in forgotten/?" in asked
    assert (archive / "one").exists() == bool(code) == ("forgotten" not in out)
