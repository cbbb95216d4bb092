"""Injuries to an archive, drawn at random: each must be found by `verify`, and none may fault `index --rebuild`.

python tests/audit/injuries.py [--count 200] [--seed 1] [--kind NAME]
"""

import argparse
import json
import random
import shutil
import sqlite3
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_TESTS.parent), str(_TESTS), str(_TESTS / "crawl"), str(_TESTS / "media")]

from crawlkit import crawl  # noqa: E402 - the path comes first, so that it runs from anywhere
from fakewp import FakeWordPress  # noqa: E402 - as above

from wparchive.audit import Finding, verify  # noqa: E402 - as above
from wparchive.config import Settings  # noqa: E402 - as above
from wparchive.errors import WparchiveError  # noqa: E402 - as above
from wparchive.index import index, logical_dump  # noqa: E402 - as above
from wparchive.store import Archive, members  # noqa: E402 - as above

SIZES = {"posts": 9, "pages": 2, "books": 2, "media": 3, "comments": 4, "users": 2, "terms": 5}
Injury = Callable[[Archive, random.Random], str]


def make(folder: Path) -> Archive:
    """An archive with media, history and private captures, in several WARCs."""
    with FakeWordPress(**SIZES) as site:
        settings = Settings(media="originals", pages="none", inventory=False, retries=0)
        first, second, third, *_ = site.ids("post")
        crawl(folder, site.url, settings=settings)
        site.edit(first, content="<p>Second thoughts.</p>")
        site.delete(second)
        secret = folder.parent / "secret"
        secret.write_text(site.account("editor"))
        secret.chmod(0o600)
        crawl(folder, site.url, settings=settings, changes={"user": "editor", "password_file": str(secret)})
        site.edit(third, content="<p>Third thoughts.</p>")
        crawl(folder, site.url, settings=settings, full=True)
    return Archive(folder)


def _warc(archive: Archive, rng: random.Random) -> Path:
    return rng.choice([path for site in archive.sites() for path in site.warcs()])


def flip(archive: Archive, rng: random.Random) -> str:
    """One bit of a WARC."""
    path = _warc(archive, rng)
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return f"{path.name} bit at {at}"


def overwrite(archive: Archive, rng: random.Random) -> str:
    """A stretch of a WARC."""
    path = _warc(archive, rng)
    data = bytearray(path.read_bytes())
    at, size = rng.randrange(len(data)), rng.randrange(1, 3000)
    data[at : at + size] = rng.randbytes(min(size, len(data) - at))
    path.write_bytes(data)
    return f"{path.name} {size} bytes at {at}"


def squeeze(archive: Archive, rng: random.Random) -> str:
    """Bytes of a WARC taken out, or put in."""
    path = _warc(archive, rng)
    data = path.read_bytes()
    at, size = rng.randrange(len(data)), rng.randrange(1, 500)
    put = rng.randbytes(size) if rng.random() < 0.5 else b""
    path.write_bytes(data[:at] + put + data[at + (0 if put else size) :])
    return f"{path.name} {'+' if put else '-'}{size} at {at}"


def cut(archive: Archive, rng: random.Random) -> str:
    """A WARC's end."""
    path = _warc(archive, rng)
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])
    return path.name


def record(archive: Archive, rng: random.Random) -> str:
    """A record taken out, put in twice, or moved."""
    path = _warc(archive, rng)
    data = path.read_bytes()
    spans = [(member.offset, member.offset + member.length) for member in members(path)]
    start, end = rng.choice(spans)
    what = rng.choice(["out", "twice", "moved"])
    target = rng.choice([at for _, at in spans if at != end and at != start])
    if what == "out":
        path.write_bytes(data[:start] + data[end:])
    elif what == "twice":
        path.write_bytes(data[:target] + data[start:end] + data[target:])
    else:
        rest = data[:start] + data[end:]
        at = target if target <= start else target - (end - start)
        path.write_bytes(rest[:at] + data[start:end] + rest[at:])
    return f"{path.name} record at {start} {what} (to {target})"


def file(archive: Archive, rng: random.Random) -> str:
    """A WARC removed, emptied, doubled, renamed, or put in the place of another."""
    path = _warc(archive, rng)
    what = rng.choice(["removed", "emptied", "doubled", "renamed", "moved", "replaced"])
    other = path.with_name(f"{path.name.removesuffix('.warc.gz')}-copy.warc.gz")
    if what == "removed":
        path.unlink()
    elif what == "emptied":
        path.write_bytes(b"")
    elif what == "doubled":
        shutil.copy(path, rng.choice([other, path.with_name("0" + path.name)]))
    elif what == "renamed":
        path.rename(other)
    elif what == "moved":
        (path.parents[2] / "elsewhere" / "warc").mkdir(parents=True)
        path.rename(path.parents[2] / "elsewhere" / "warc" / path.name)
    else:
        another = rng.choice([one for site in archive.sites() for one in site.warcs() if one != path])
        shutil.copy(another, path)
    return f"{path.name} {what}"


def folder(archive: Archive, rng: random.Random) -> str:
    """A site's folder renamed, doubled, or its WARCs gone."""
    (site,) = archive.sites()
    what = rng.choice(["renamed", "doubled", "gone"])
    if what == "renamed":
        site.path.rename(site.path.with_name("other"))
    elif what == "doubled":
        shutil.copytree(site.path, site.path.with_name("other"))
    else:
        shutil.rmtree(site.warc)
    return f"{site.name} {what}"


def database(archive: Archive, rng: random.Random) -> str:
    """The database gone."""
    del rng
    archive.database.unlink()
    return "archive.db"


def _tables(conn: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    names = [name for (name,) in conn.execute(query)]
    return [name for name in names if conn.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()]


def _row(conn: sqlite3.Connection, table: str, rng: random.Random) -> tuple[list[str], list[object], str]:
    """Columns and values of a row, and a condition that no other row fulfils."""
    columns = [row[1] for row in conn.execute(f'PRAGMA table_info("{table}")')]
    count = conn.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    query = f'SELECT * FROM "{table}" LIMIT 1 OFFSET {rng.randrange(count)}'
    shown = conn.execute(query)
    row = dict(zip([one[0] for one in shown.description], shown.fetchone(), strict=True))
    where = " AND ".join(f'"{name}" IS ?' for name in columns)
    return columns, [row[name] for name in columns], where


def _other(value: object, rng: random.Random) -> object:
    """Something else than `value`."""
    if rng.random() < 0.15 and value is not None:
        return None
    if isinstance(value, int):
        return value + rng.choice([1, -1, 1000])
    if isinstance(value, bytes):
        at = rng.randrange(len(value) or 1)
        return value[:at] + bytes([(value + b"\0")[at] ^ 1]) + value[at + 1 :]
    if isinstance(value, str) and value:
        at = rng.randrange(len(value))
        return rng.choice([value + "x", value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :], "forged"])
    return rng.choice([1, "forged"])


def _execute(conn: sqlite3.Connection, statement: str, values: list[object]) -> bool:
    """Whether the statement changed something; a key that is there already, or must be, changes nothing."""
    try:
        return conn.execute(statement, values).rowcount == 1
    except sqlite3.IntegrityError:
        return False


def cell(archive: Archive, rng: random.Random) -> str:
    """One value of one row of any table, those of the search and of the indexer included."""
    with closing(sqlite3.connect(archive.database)) as conn:
        while True:
            table = rng.choice(_tables(conn))
            columns, values, where = _row(conn, table, rng)
            number = rng.randrange(len(columns))
            new = _other(values[number], rng)
            if _execute(conn, f'UPDATE "{table}" SET "{columns[number]}" = ? WHERE {where}', [new, *values]):
                if conn.execute(f'SELECT 1 FROM "{table}" WHERE {where}', values).fetchone() is None:
                    conn.commit()
                    return f"{table}.{columns[number]}: {values[number]!r:.60} -> {new!r:.60} of {values!r:.200}"
                conn.rollback()


def deleted(archive: Archive, rng: random.Random) -> str:
    """A row of any table deleted."""
    with closing(sqlite3.connect(archive.database)) as conn:
        while True:
            table = rng.choice(_tables(conn))
            _, values, where = _row(conn, table, rng)
            if _execute(conn, f'DELETE FROM "{table}" WHERE {where}', values):
                conn.commit()
                return f"{table}: {values!r:.200}"


def added(archive: Archive, rng: random.Random) -> str:
    """A row added to any table, much like one that stands there."""
    with closing(sqlite3.connect(archive.database)) as conn:
        while True:
            table = rng.choice(_tables(conn))
            columns, values, _ = _row(conn, table, rng)
            new = [_other(value, rng) if rng.random() < 0.5 else value for value in values]
            names = ", ".join(f'"{name}"' for name in columns)
            if _execute(conn, f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(new))})', new):
                conn.commit()
                return f"{table}: {new!r:.200}"


WARCS: tuple[Injury, ...] = (flip, overwrite, squeeze, cut, record, file, folder)
ROWS: tuple[Injury, ...] = (cell, cell, cell, deleted, added, database)
INJURIES: tuple[Injury, ...] = (*WARCS, *ROWS)


def drawn(seed: int) -> tuple[Injury, random.Random]:
    """The injury of this number; all kinds take turns."""
    return INJURIES[seed % len(INJURIES)], random.Random(seed)


def wrong(archive: Archive, rebuild: bool) -> str:
    """What isn't as it should be with an injured archive; empty when all is."""
    try:
        found: list[Finding] = list(verify(archive))
    except Exception:  # noqa: BLE001 - any fault is what is looked for
        return f"verify: {traceback.format_exc()}"
    if not found:
        return "verify found nothing"
    try:
        if rebuild:
            index(archive, rebuild=True)
            with closing(sqlite3.connect(archive.database)) as conn:
                said = conn.execute("PRAGMA integrity_check").fetchone()[0]
            return "" if said == "ok" else f"rebuilt, and not sound: {said}"
    except WparchiveError:
        return ""
    except Exception:  # noqa: BLE001 - as above
        return f"index --rebuild: {traceback.format_exc()}"
    return ""


def main() -> None:
    """Injure copies of one archive, and say what isn't found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind")
    given = parser.parse_args()
    tried: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as work:
        archive = make(Path(work) / "archive")
        assert not list(verify(archive)), "the untouched archive has findings"
        before = list(logical_dump(archive.database))
        seed = given.seed
        while tried.total() < given.count:
            injury, rng = drawn(seed)
            seed += 1
            if given.kind not in (None, injury.__name__):
                continue
            copy = Path(work) / "copy"
            shutil.copytree(archive.root, copy)
            said = injury(Archive(copy), rng)
            tried[injury.__name__] += 1
            if fault := wrong(Archive(copy), rebuild=injury in WARCS):
                failed[injury.__name__] += 1
                print(f"seed {seed - 1} {injury.__name__}: {said}\n    {fault}", flush=True)
            shutil.rmtree(copy)
        assert before == list(logical_dump(archive.database))
    print(json.dumps({"tried": tried, "not found, or faulted": failed, "all": [tried.total(), failed.total()]}))


if __name__ == "__main__":
    main()
