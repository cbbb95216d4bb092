"""`wparchive changes`: what was noticed on all sites, in each format, and what is new to whom."""

import csv
import html.parser
import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import defusedxml.ElementTree
import frugal
import pytest
from crawlkit import SMALL, crawl, invoke, mounted
from fakewp import FakeWordPress

from wparchive.ask.changes import Question, changes
from wparchive.cli.asking.changes import print_changes
from wparchive.store import Archive
from wparchive.store.kept_file import KeptFile
from wparchive.store.readers import Readers

Cli = Callable[..., "subprocess.CompletedProcess[str]"]
ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = (
    "=cmd|' /C calc'!A0",
    " \t@SUM(1+1)",
    "</title><script>alert(1)</script>&amp;\"'",
    "]]>\x1b[2J\x00\x85\u2028\u202e\ufffe\uffff",
    'quote" , comma; \r\nline',
    "Ünïcødé 漢字 \U0001f600",
    "x" * 100_000,
)
TEXT = "The old harbour stays where it was, says the mayor of the town."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, FakeWordPress]]:
    """An archive whose site has edited a post, edited one without saying so, and deleted a third."""
    folder = tmp_path_factory.mktemp("made") / "archive"
    with FakeWordPress(**SMALL) as site:
        one, two, three = site.ids("post")[:3]
        for number in (one, two):
            site.edit(number, content=f"<p>{TEXT}</p>")
        crawl(folder, site.url, full=True)
        site.edit(one, title="Harbour moved", content=f"<p>{TEXT.replace('old', 'new')}</p>")
        site.edit(two, silent=True, content=f"<p>{TEXT.replace('mayor', 'minister')}</p>")
        site.delete(three)
        crawl(folder, site.url, full=True)
        yield folder, site


@pytest.fixture
def archive(made: tuple[Path, FakeWordPress], tmp_path: Path) -> Path:
    """A copy of the test's own."""
    return Path(shutil.copytree(made[0], tmp_path / "archive"))


def told(archive: Path, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(invoke("changes", *arguments, "--json", "-a", archive).stdout)
    return found


def kinds(archive: Path, *arguments: str) -> list[str]:
    return sorted(change["kind"] for change in told(archive, *arguments))


def write(archive: Path, *statements: str, many: str = "", rows: Any = ()) -> None:
    with closing(sqlite3.connect(archive / "archive.db")) as db:
        for statement in statements:
            db.execute(statement)
        if many:
            db.executemany(many, rows)
        db.commit()


def test_it_shows_words_times_and_evidence(archive: Path) -> None:
    """Newest first; a change lies between two sightings, and each capture named stands where it is said to."""
    found = told(archive)
    assert {"deleted", "edited", "silently_edited"} <= {change["kind"] for change in found}
    assert [one["seen_at"] for one in found] == sorted((one["seen_at"] for one in found), reverse=True)
    for change in found:
        assert not change["last_seen_before"] or change["last_seen_before"] < change["seen_at"]
        for evidence in filter(None, (change["before"], change["after"], change["confirmed"])):
            with (archive / evidence["warc"]).open("rb") as warc:
                warc.seek(evidence["offset"])
                assert warc.read(2) == b"\x1f\x8b"
    text = invoke("changes", "-a", archive).stdout
    assert "[-old-]{+new+} harbour stays where it was" in text
    assert "the [-mayor-]{+minister+} of" in text
    assert "last seen as it was at" in text


def test_filters(archive: Path) -> None:
    """Kinds, item, site and words pick; words are looked for in what changed and in the headline, not around it."""
    assert {*kinds(archive, "--kind", "deleted,silently_edited")} == {"deleted", "silently_edited"}
    silent = told(archive, "--kind", "silently_edited")[0]
    assert [one["id"] for one in told(archive, "--item", silent["item"])] == [silent["id"]]
    assert len(told(archive, "--site", silent["site"])) == len(told(archive))
    assert kinds(archive, "--match", "MINISTER mayor") == ["silently_edited"]
    assert kinds(archive, "--match", "harbour moved") == ["edited"]
    assert told(archive, "--match", "town") == []
    assert told(archive, "--match", "<p>") == []  # nobody sees a tag


def test_a_link_that_leads_elsewhere_is_shown_and_found(tmp_path: Path) -> None:
    """Though no word changed: by where it led or leads, not by words around it."""
    with FakeWordPress(**SMALL) as site:
        number = site.ids("post")[0]
        for address in ("/tide-tables/", "/wind-tables/"):
            site.edit(number, content=f'<p>{TEXT} <a href="{address}">See more</a></p>')
            crawl(tmp_path, site.url, full=True)
    for word in ("tide-tables", "wind-tables"):
        (found,) = told(tmp_path, "--match", word)
        assert found["wp_id"] == number
    assert told(tmp_path, "--match", "harbour") == []
    assert "content: link of “See more”: /tide-tables/ → /wind-tables/" in invoke("changes", "-a", tmp_path).stdout


def test_a_text_that_comes_back_is_told_from_the_one_before_it(tmp_path: Path) -> None:
    """A version names the first capture that showed it; the words are right all the same."""
    with FakeWordPress(**SMALL) as site:
        number = site.ids("post")[0]
        for word in ("old", "new", "old", "new"):
            site.edit(number, content=f"<p>{TEXT.replace('old', word)}</p>")
            crawl(tmp_path, site.url, full=True)
    pieces = [
        [
            (piece["op"], piece["text"])
            for row in change["words"]["content"]
            for piece in row["pieces"]
            if piece["op"] != "equal"
        ]
        for change in told(tmp_path, "--kind", "edited")
        if change["wp_id"] == number
    ]
    assert pieces == [
        [("removed", old), ("added", new)] for old, new in (("old", "new"), ("new", "old"), ("old", "new"))
    ]


def test_since_last_says_it_once_to_each_who_asks(archive: Path) -> None:
    """A reader has a place for each set of filters, which outlives archive.db, and is nobody else's to read."""
    everything = kinds(archive)
    assert kinds(archive, "--since", "last") == everything
    assert invoke("changes", "--since", "last", "-a", archive).stdout == ""
    assert kinds(archive, "--since", "last", "--reader", "desk", "--kind", "deleted") == ["deleted"] * everything.count(
        "deleted"
    )
    assert kinds(archive, "--since", "last", "--reader", "desk") == everything
    invoke("index", "--rebuild", "-a", archive)
    for more in ([], ["--reader", "desk"], ["--reader", "desk", "--kind", "deleted"]):
        assert told(archive, "--since", "last", *more) == []
    assert stat.S_IMODE((archive / ".readers.json").stat().st_mode) == 0o600
    assert [path.name for path in archive.glob(".readers*")] and not list(archive.glob("*.new"))


def test_since_last_shows_what_a_later_run_saw(made: tuple[Path, FakeWordPress], archive: Path) -> None:
    """And nothing else, though the run was indexed only after somebody had looked."""
    told(archive, "--since", "last")
    _, site = made
    number = site.ids("post")[-1]
    site.edit(number, title="Once more")
    crawl(archive, site.url, index=False)
    assert told(archive, "--since", "last") == []
    invoke("index", "-a", archive)
    assert [(one["wp_id"], one["title"]) for one in told(archive, "--since", "last")] == [(number, "Once more")]


def test_a_run_that_comes_late_is_shown_all_the_same(made: tuple[Path, FakeWordPress], archive: Path) -> None:
    """Also behind runs that were made after it, and nothing else with it: neither a time nor a run divides them."""
    _, site = made
    late, last = site.ids("post")[-2:]
    before = {*archive.glob("*/warc/*.gz")}
    site.edit(late, title="Came late")
    crawl(archive, site.url)
    (came_late,) = {*archive.glob("*/warc/*.gz")} - before
    for number in (late, last):
        site.edit(number, title="Came last")
    crawl(archive, site.url)
    came_late.rename(archive.parent / came_late.name)
    invoke("index", "--rebuild", "-a", archive)
    shown = [(one["wp_id"], one["title"]) for one in told(archive, "--since", "last", "--kind", "edited")]
    assert {(late, "Came last"), (last, "Came last")} <= {*shown}
    assert (late, "Came late") not in shown
    (archive.parent / came_late.name).rename(came_late)
    invoke("index", "--rebuild", "-a", archive)
    shown = [(one["wp_id"], one["title"]) for one in told(archive, "--since", "last", "--kind", "edited")]
    assert (late, "Came late") in shown
    assert not [title for _, title in shown if title == "Came last"]
    assert told(archive, "--since", "last", "--kind", "edited") == []


def test_an_archive_that_cannot_be_written_is_read_by_time(archive: Path) -> None:
    """On read-only media nobody's place can be kept: one line says so, and how to ask instead."""
    with mounted(archive, "--bind", str(archive)), mounted(archive, "-o", "remount,ro,bind"):
        said = invoke("changes", "--since", "last", "-a", archive, code=8)
        assert (said.stdout, said.stderr.count("\n")) == ("", 1)
        assert "what you were shown can't be kept" in said.stderr
        assert "--since 7d" in said.stderr
        assert invoke("changes", "--since", "7d", "-a", archive).stdout


def test_what_was_not_written_was_not_seen(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader's place moves behind the output: after a full disk, a reader that went, a kill, all is told again."""
    command = [sys.executable, "-m", "wparchive", "changes", "--since", "last", "-a", str(archive)]
    with Path("/dev/full").open("w") as full:
        assert subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False).returncode == 8
    reading, writing = os.pipe()
    os.close(reading)
    assert subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False).returncode == 141
    os.close(writing)
    with monkeypatch.context() as patched:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(KeptFile, "write", killed)
        invoke("changes", "--since", "last", "-a", archive, code=130)
    (archive / ".readers.json.new").write_text("cut off by a k")
    assert kinds(archive, "--since", "last") == kinds(archive)
    assert told(archive, "--since", "last") == []


def test_a_place_that_cannot_be_kept_is_said_before_anything_is_told(archive: Path) -> None:
    (archive / ".readers.lock").mkdir()
    said = invoke("changes", "--since", "last", "-a", archive, code=8)
    assert said.stdout == ""
    (archive / ".readers.lock").rmdir()
    damages = (
        *("[1]", "{", '{"changes": "abc", "readers": {}}', '{"changes": "", "readers": {"desk": 7}}'),
        *(
            '{"changes": "", "readers": {"desk": {"all": [[0, 0]]}}}',
            '{"changes": "", "readers": {"desk": {"all": 7}}}',
        ),
    )
    for damage in damages:
        (archive / ".readers.json").write_text(damage)
        assert "damaged; remove it" in invoke("changes", "--since", "last", "-a", archive, code=8).stderr


def test_readers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    def read(name: str) -> None:
        for number in range(20):
            Readers(Archive(tmp_path), 4).show(name, "all", [f"{number:04}"])

    threads = [threading.Thread(target=read, args=(f"reader{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = {f"{number:04}" for number in range(21)}
    assert all(Readers(Archive(tmp_path), 4).unseen(f"reader{number}", "all", every) == {"0020"} for number in range(4))


def test_since_a_moment(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time without a zone is UTC wherever the machine stands; with one it is that zone's."""
    write(archive, "UPDATE captures SET captured_at = '2026-03-29T00:30:00.000000Z'")
    everything = kinds(archive)
    for zone in ("UTC", "Asia/Kolkata", "America/Los_Angeles"):
        monkeypatch.setenv("TZ", zone)
        for moment in ("2026-03-29", "2026-03-29T00:30", "2026-03-29T02:30+02:00", "2026-03-28T16:30-08:00", "99999d"):
            assert kinds(archive, "--since", moment) == everything, (zone, moment)
        for moment in ("2026-03-30", "2026-03-29T00:31Z", "2026-03-29T02:31+02:00", "2026-03-28 17:00-08:00", "1m"):
            assert told(archive, "--since", moment) == [], (zone, moment)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", ""], "write 30m, 12h, 7d or 2w"),
        (["--since", "7"], "did you mean 7d?"),
        (["--since", "7 days ago"], "did you mean 7d?"),
        (["--since", "-7d"], "write 30m"),
        (["--since", "lst"], "did you mean last?"),
        (["--since", "yesterday"], "did you mean 1d?"),
        (["--since", "20.11.2026"], "did you mean 2026-11-20?"),
        (["--since", "20261120"], "did you mean 2026-11-20?"),
        (["--since", "2026-13-01"], "write 30m"),
        (["--since", "999999999w"], "write 30m"),
        (["--since", "0001-01-01T00:00+05:00"], "write 30m"),
        (["--since", "7d\x1b[2J\nwparchive: forged"], "write 30m"),
        (["--kind", "silently"], "did you mean silently_edited?"),
        (["--kind", "deleted,Removed"], "--kind Removed"),
        (["--kind", ""], "there is deleted"),
        (["--site", "127.0.0.2"], "did you mean 127.0.0.1_"),
        (["--site", ""], "there is 127.0.0.1_"),
        (["--item", "nothing"], "SITE/TYPE/ID"),
        (["--item", "post/999999"], "no such item"),
        (["--match", " "], "no word to look for"),
        (["--reader", "desk"], "--since last"),
        (["--since", "last", "--reader", " "], "--reader desk"),
        (["--since", "last", "--reader", "a\nb"], "--reader desk"),
        (["--since", "last", "--reader", "x" * 101], "--reader desk"),
        (["--csv", "--html"], "--csv and --html: choose one"),
        (["--jsn"], "--json"),
    ],
)
def test_a_wrong_value_gets_one_line_with_the_nearest_right_one(
    made: tuple[Path, FakeWordPress], arguments: list[str], said: str
) -> None:
    answer = invoke("changes", *arguments, "-a", made[0], code=2)
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""
    assert not (made[0] / ".readers.json").exists()


def test_without_an_archive_nothing_is_made(tmp_path: Path) -> None:
    assert "crawl something first" in invoke("changes", "--since", "last", "-a", tmp_path / "no", code=2).stderr
    assert not (tmp_path / "no").exists()


@pytest.fixture
def hostile(archive: Path) -> Path:
    """Headlines, texts and addresses that mean harm."""
    with closing(sqlite3.connect(archive / "archive.db")) as db:
        versions = db.execute("SELECT rowid FROM versions WHERE type = 'post'").fetchall()
        for number, (row,) in enumerate(versions):
            text = HOSTILE[number % len(HOSTILE)]
            db.execute("UPDATE versions SET title = ?1, content = ?1 WHERE rowid = ?2", (text, row))
        db.execute("UPDATE posts SET link = 'javascript:alert(1)' WHERE wp_id % 2")
        db.execute("UPDATE posts SET link = 'https://example.org/\"><script>' WHERE NOT wp_id % 2")
        db.execute("INSERT INTO observations (run, site, type, wp_id, change, fields, before, after) SELECT run, site, type, "
                   "wp_id, 'markup_changed', '[\"=x\"]', NULL, capture FROM versions JOIN captures USING (capture, site) "
                   "WHERE type = 'post'")  # fmt: skip
        db.commit()
    return archive


def test_csv_is_read_back_and_computes_nothing(hostile: Path) -> None:
    """As many cells in each line as in its head, and none that a spreadsheet would run."""
    raw = invoke("changes", "--csv", "-a", hostile).stdout
    head, *rows = csv.reader(io.StringIO(raw, newline=""))
    assert len(rows) == len(told(hostile))
    assert {len(row) for row in rows} == {len(head)}
    assert not [cell for row in rows for cell in row if cell.lstrip()[:1] in set("=+-@\uff1d")]
    assert any(cell.startswith("'=cmd") for row in rows for cell in row)
    assert raw.count("\n") == len(rows) + 1


def entries(archive: Path) -> tuple[Element, list[Element]]:
    feed = defusedxml.ElementTree.fromstring(invoke("changes", "--atom", "-a", archive).stdout)
    return feed, feed.findall(f"{ATOM}entry")


def test_atom_is_valid_and_its_ids_stay(hostile: Path) -> None:
    """RFC 4287: id, title, updated of the feed and each entry, an author; the same ids from a database made anew."""
    feed, found = entries(hostile)
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert feed.findtext(f"{ATOM}updated") == found[0].findtext(f"{ATOM}updated")
    for one in (feed, *found):
        assert all(one.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
    ids = [str(one.findtext(f"{ATOM}id")) for one in found]
    assert len(ids) == len(set(ids)) == len(told(hostile))
    assert "script" not in {tag for one in found for tag in Tags.of(str(one.findtext(f"{ATOM}content"))).names}
    assert {link.get("href", "")[:8] for one in found for link in one.findall(f"{ATOM}link")} <= {
        "https://",
        "http://1",
    }
    invoke("index", "--rebuild", "-a", hostile)
    again, rest = entries(hostile)
    assert again.findtext(f"{ATOM}id") == feed.findtext(f"{ATOM}id")
    assert {str(one.findtext(f"{ATOM}id")) for one in rest} <= set(ids)


class Tags(html.parser.HTMLParser):
    """What a browser makes of a page: its tags, its attributes and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []

    @classmethod
    def of(cls, page: str) -> "Tags":
        read = cls()
        read.feed(page)
        read.close()
        return read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_is_one_page_that_runs_and_loads_nothing(hostile: Path) -> None:
    page = invoke("changes", "--html", "-a", hostile).stdout
    read = Tags.of(page)
    assert page.isascii()
    assert not {"script", "img", "iframe", "link", "object", "base", "form"} & {*read.names}
    assert not [name for name, _ in read.attributes if name.startswith("on") or name in ("src", "style")]
    assert all(value.startswith(("http://", "https://")) for name, value in read.attributes if name == "href")
    assert read.names.count("article") == len(told(hostile))
    assert {"del", "ins"} <= {*Tags.of(invoke("changes", "--html", "-a", hostile).stdout).names}
    assert "漢字" in "".join(read.text)


def test_nothing_is_valid_in_each_format(archive: Path) -> None:
    none = ("--since", "2999-01-01", "-a", str(archive))
    assert json.loads(invoke("changes", "--json", *none).stdout) == []
    assert len(list(csv.reader(io.StringIO(invoke("changes", "--csv", *none).stdout)))) == 1
    updated = defusedxml.ElementTree.fromstring(invoke("changes", "--atom", *none).stdout).findtext(f"{ATOM}updated")
    with closing(sqlite3.connect(archive / "archive.db")) as db:  # when somebody last looked: not long ago, and not now
        assert (updated,) == db.execute("SELECT max(finished_at) FROM runs").fetchone()
    assert "Nothing was noticed" in invoke("changes", "--html", *none).stdout


def test_what_only_credentials_showed_is_left_out_unless_it_is_asked_for(archive: Path) -> None:
    """Whether the capture that shows the change is theirs, or the item."""
    silent = told(archive, "--kind", "silently_edited")[0]
    everything = len(told(archive))
    capture = silent["confirmed"]["capture"]
    write(archive, f"UPDATE captures SET privilege = 'authenticated' WHERE capture = '{capture}'")
    assert "silently_edited" not in kinds(archive)
    assert len(told(archive, "--private")) == everything
    write(archive, "UPDATE captures SET privilege = 'anonymous'", "UPDATE posts SET privilege = 'authenticated'")
    assert not [one for one in told(archive) if one["type"] == "post"]
    assert len(told(archive, "--private")) == everything


@pytest.mark.slow
@pytest.mark.usefixtures("must_end")
def test_a_hundred_thousand_changes_take_no_memory(archive: Path) -> None:
    """They are read one after another, and whoever wants the newest few needn't wait for the others."""
    silent = told(archive, "--kind", "silently_edited")[0]
    values = [silent[name] for name in ("run", "site", "type", "wp_id")]
    captures = [silent[name]["capture"] for name in ("before", "after")]
    rows = ((*values, "edited" if number % 50 == 0 else "deleted", *captures) for number in range(100_000))
    insert = "INSERT INTO observations (run, site, type, wp_id, change, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)"
    write(archive, many=insert, rows=rows)
    script = (
        "import resource, sys; from pathlib import Path; from wparchive.ask.changes import *\n"
        "each = changes(Path(sys.argv[1])); next(each)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(sum(1 for _ in each), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, str(archive / "archive.db")], capture_output=True, text=True, check=True
    ).stdout.split()
    assert int(said[0]) >= 100_000
    assert int(said[1]) < 20_000, "KiB that grew while all were read"
    assert len(list(zip(range(3), changes(archive / "archive.db", Question()), strict=False))) == 3


def test_comments_push_no_article_out_of_the_end_of_a_crawl(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They came or went with an article: it is shown first, however many they are and whenever they were seen."""
    edited = told(archive, "--kind", "edited")[0]
    after = max((one["after"] for one in told(archive) if one["after"]), key=lambda one: str(one["captured_at"]))
    rows = [(edited["run"], edited["site"], number, after["capture"]) for number in range(901, 910)]
    insert = (
        "INSERT INTO observations (run, site, type, wp_id, change, after) VALUES (?, ?, 'comment', ?, 'appeared', ?)"
    )
    write(archive, many=insert, rows=rows)
    print_changes(archive, [edited["run"]])
    shown = capsys.readouterr().out
    assert shown.index("/post/") < shown.index("/comment/")
    assert {"edited", "silently", "deleted"} <= {*shown.split()}


def test_a_crawl_ends_with_its_changes(tmp_path: Path) -> None:
    """A few of them, and how to see the others; nothing with --silent, and nothing where nothing changed."""
    with FakeWordPress(**SMALL) as site:
        arguments = ("crawl", site.url, *frugal.OPTIONS, "-a", tmp_path)
        assert "changes:" not in invoke(*arguments).stdout
        assert "changes:" not in invoke(*arguments).stdout
        for number in site.ids("post"):
            site.edit(number, title=f"Another title {number}")
        said = invoke(*arguments).stdout
        shown, _, rest = said.partition("\nchanges:\n")[2].rpartition("and ")
        assert shown.count("[-") >= 5
        assert shown.count("Z  edited  ") == 5
        more, command = int(rest.split()[0]), rest.partition("more: wparchive ")[2].strip().partition(" -a ")
        assert len(told(tmp_path, *command[0].split()[1:])) == more + 5
        assert command[2] == str(tmp_path)
        site.edit(number, title="And another one")
        assert invoke(*arguments, "--silent").stdout == ""
        assert told(tmp_path)[0]["title"] == "And another one"
