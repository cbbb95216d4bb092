"""`wparchive serve` as a user starts it, and the copy that `publish` writes."""

import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from loopback import HeldPort
from patience import PATIENCE
from reading import PREFIX, Reading, made_once, rows
from withheld import PLANTED, make_withheld

from wparchive.errors import StorageError
from wparchive.export.publish import publish
from wparchive.store import Archive


@contextmanager
def served(archive: Path, *more: str) -> Iterator[str]:
    """The command, until it is interrupted; its address."""
    command = [sys.executable, "-m", "wparchive", "serve", "-a", str(archive), *more, "--port"]
    with (
        HeldPort() as held,
        subprocess.Popen(
            [*command, str(held.number)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        said = ""
        for line in process.stdout or ():
            said += line
            if "Uvicorn running on" in line:
                break
        else:
            raise AssertionError(said)
        try:
            yield held.url
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)


def text(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def test_the_command_opens_at_the_overview(news: Path) -> None:
    """The front page is the overview; Datasette's tables, with titles and ready-made queries, are one link away."""
    with served(news) as url:
        page = text(f"{url}/")
        assert "What changed lately" in page
        assert f"{PREFIX}/changes" in page
        database = text(f"{url}/archive")
        assert "silent_edits" in database
        assert "_wparchive_answers" not in database.partition("hidden table")[0]
        assert "Newest" in text(f"{url}{PREFIX}/search?q=ferry")


def test_what_credentials_showed_is_served_only_when_asked_for(shared: Path) -> None:
    withheld = made_once(shared, "withheld", make_withheld)
    capture, wp_id = rows(
        withheld / "archive.db", "SELECT capture, wp_id FROM revisions WHERE content LIKE ?", f"%{PLANTED}%"
    )[0]
    with served(withheld, "--private") as url:
        assert PLANTED in text(f"{url}{PREFIX}/capture/{capture[9:]}?item={wp_id}")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example.org", ""])
def test_nobody_else_is_served_what_credentials_showed(news: Path, host: str, cli: Any) -> None:
    """One line that says why, exit 2, and nothing was served."""
    with HeldPort() as held:
        done = cli("serve", "-a", news, "--host", host, "--port", str(held.number), "--private", code=2)
    assert len(done.stderr.strip().splitlines()) == 1
    assert "--private" in done.stderr or "--host" in done.stderr


def test_there_must_be_a_database(tmp_path: Path, cli: Any) -> None:
    with HeldPort() as held:
        done = cli("serve", "-a", tmp_path, "--port", str(held.number), code=2)
    assert "wparchive crawl" in done.stderr


def test_a_public_archive_is_published_whole(news: Path, tmp_path: Path, cli: Any) -> None:
    """Every row that people browse, of our notes what readers leave out; it opens in plain Datasette and in ours."""
    target = tmp_path / "out" / "public.db"
    target.parent.mkdir()
    cli("publish", target, "-a", news, "--metadata")
    for table in ("posts", "versions", "observations", "captures", "media_files", "comments"):
        assert rows(target, f"SELECT count(*) FROM {table}") == rows(
            news / "archive.db", f"SELECT count(*) FROM {table}"
        )
    names = [name for (name,) in rows(target, "SELECT name FROM sqlite_master")]
    notes = {name for name in names if name.startswith("_wparchive_")}
    assert notes == {f"_wparchive_{name}" for name in ("volatile", "frequent", "repeated")}
    assert {"metadata.yaml", "datasette.yaml"} <= {path.name for path in target.parent.iterdir()}
    with Reading(target) as room:
        for path in ("/", "/changes", "/vanished", "/search?q=ferry", "/pictures", "/runs"):
            room.page(path)


def test_of_a_private_archive_only_what_strangers_saw_is_published(shared: Path, tmp_path: Path, cli: Any) -> None:
    """Built from the public WARCs alone: no private row, name of a private file, revision or text is in the copy."""
    withheld = made_once(shared, "withheld", make_withheld)
    target = tmp_path / "public.db"
    cli("publish", target, "-a", withheld)
    for table in ("posts", "media", "comments", "users", "terms", "versions", "captures"):
        assert rows(target, f"SELECT count(*) FROM {table} WHERE privilege != 'anonymous'") == [(0,)], table
    assert rows(target, "SELECT count(*) FROM revisions") == [(0,)]
    assert rows(target, "SELECT count(*) FROM captures WHERE warc LIKE '%private%'") == [(0,)]
    assert PLANTED.encode() not in target.read_bytes()
    assert rows(target, "SELECT count(*) FROM posts")[0][0] >= 8
    assert not list(tmp_path.glob("*.new*"))


@pytest.mark.parametrize(
    "planting",
    [
        "UPDATE posts SET privilege = 'authenticated' WHERE rowid = 1",
        "UPDATE versions SET privilege = 'authenticated' WHERE rowid = 1",
        "UPDATE captures SET warc = 'a/warc/private/b.warc.gz' WHERE rowid = 1",
    ],
)
def test_a_private_row_that_should_not_be_there_stops_it(own_news: Path, tmp_path: Path, planting: str) -> None:
    """Whatever put it there: nothing is handed over, and what was published before stays."""
    target = tmp_path / "public.db"
    publish(Archive(own_news), target)
    before = target.read_bytes()
    with closing(sqlite3.connect(own_news / "archive.db", isolation_level=None)) as conn:
        conn.execute(planting)
    with pytest.raises(StorageError, match="nothing was handed over"):
        publish(Archive(own_news), target)
    assert target.read_bytes() == before


def test_a_copy_is_never_written_over_the_archive_itself(own_news: Path, cli: Any) -> None:
    done = cli("publish", own_news / "archive.db", "-a", own_news, code=2)
    assert re.search("own database|own files", done.stderr)
