"""What an archive from elsewhere says in any column of archive.db steers no terminal, forges no line and floods nobody."""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from crawlkit import SMALL, crawl, invoke
from fakewp import FakeWordPress

from wparchive.index.schema import TABLES

EVIL = "\x1b[2J\x1b]0;x\x07a\r\nwparchive: forged\n\x00\x85\u2028\u202e|\"'\\{}" + "y" * 100_000
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]")
KEYS = {"site", "type", "wp_id", "capture", "run", "warc", "offset", "last_run", "taxonomy"}
SAMPLE = re.compile(r'[a-z_]+(?:\{[a-z]+="(?:[^"\\\n]|\\["n\\])*"(?:,[a-z]+="(?:[^"\\\n]|\\["n\\])*")*\})? [-+.\w]+')


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crawled") / "archive"
    with FakeWordPress(**{**SMALL, "posts": 3, "pages": 1, "media": 1, "comments": 1}) as site:
        crawl(folder, site.url)
        crawl(folder, site.url, full=True)
    return folder


@pytest.fixture
def archive(crawled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(crawled, tmp_path / "archive"))


def spoil(archive: Path, values: tuple[object, ...], *, keys: bool) -> str:
    """Write each of `values` by turns into all columns of all rows, as far as the keys allow; gives the key of a post."""
    with closing(sqlite3.connect(archive / "archive.db")) as db:
        item = db.execute("SELECT site || '/' || type || '/' || wp_id FROM posts").fetchone()[0]
        db.execute("INSERT INTO gaps (run, site, route, reason) SELECT run, site, 'r', 'x' FROM runs")
        for table in TABLES.values():
            for number, column in enumerate(table.columns):
                if column not in KEYS or (keys and column in ("type", "taxonomy", "last_run")):
                    value = values[number % len(values)]
                    db.execute(f'UPDATE OR IGNORE "{table.name}" SET "{column}" = ?', (value,))
        db.commit()
    return str(item)


def commands(item: str, archive: Path) -> Iterator[list[str]]:
    for name in ("status", "verify"):
        yield from ([name], [name, "--json"])
    yield ["status", "--prometheus", str(archive.parent / "metrics.prom")]
    for name in ("show", "history", "find-image", "trace"):
        yield [name, item, *(["--offline"] if name == "trace" else [])]
    yield ["history", item, "--json"]
    yield from (["changes", *more] for more in ([], ["--json"], ["--since", "last"], ["--csv"], ["--atom"], ["--html"]))
    yield ["crawl", "http://127.0.0.1:9/", "--max-time", "1", "--retries", "0"]
    yield ["index", "--json"]


@pytest.mark.parametrize(
    ("values", "keys"), [((EVIL,), False), ((b"\xff\xfe", 1 << 62, EVIL), True), (("{}", "[1]", 7, None), False)]
)
def test_every_command_says_it_on_one_line(archive: Path, values: tuple[object, ...], keys: bool) -> None:
    """No exit 1, nothing that steers, no line of a forger, and what is printed stays short."""
    item = spoil(archive, values, keys=keys)
    for command in commands(item, archive):
        said = invoke(*command, "-a", archive, code=None)
        assert said.returncode != 1, (command, said.stderr)
        if command[0] == "show":  # the bytes of a capture, as they were
            continue
        text = said.stdout + said.stderr
        assert not STEERING.search(text), (command, text[:300])
        assert not re.search("^wparchive: forged", text, re.MULTILINE), command
        assert {"--json", "--csv", "--html", "--atom", "history"} & {*command} or max(
            map(len, [*text.splitlines(), ""])
        ) < 3_000, command
        if "--json" in command and said.stdout:
            json.loads(said.stdout)
    lines = (
        (archive.parent / "metrics.prom").read_text("utf-8").split("\n")
        if (archive.parent / "metrics.prom").exists()
        else []
    )
    samples = [line for line in lines if line and not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) and not STEERING.search(line) for line in samples), samples
    series = [line.rpartition(" ")[0] for line in samples]
    assert len(series) == len(set(series))


def test_a_long_history_fills_no_terminal(archive: Path) -> None:
    """A title and an address of megabytes are cut for people, with what is left out said; --json has all of it."""
    long = "x" * 5_000_000
    with closing(sqlite3.connect(archive / "archive.db")) as db:
        (item,) = db.execute("SELECT site || '/' || type || '/' || wp_id FROM posts").fetchone()
        db.execute("UPDATE posts SET title = ?1, link = ?1", (long,))
        db.execute("UPDATE versions SET title = ?1, content = ?1", (long,))
        db.execute("UPDATE captures SET url = ?1", (long,))
        db.commit()
    said = invoke("history", item, "-a", archive, code=None).stdout
    assert 0 < len(said) < 100_000
    assert "5,000,000 characters" in said
    assert len(json.loads(invoke("history", item, "--json", "-a", archive, code=None).stdout)["title"]) == 5_000_000
