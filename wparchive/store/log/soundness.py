"""Whether a `frontier.db` is what we made, of this site: what isn't is set aside, and made anew from the WARCs.

Nothing of it is trusted before: a file in an archive may be damaged, old, another site's, or come from a stranger.
"""

import re
import sqlite3
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from functools import cache

from wparchive.store.log.schema import MIGRATION_SET, MIGRATIONS, SOUND

__all__ = ["fault", "is_older", "migrations_done", "migrations_fault"]

_DONE = "_sqlite_migrations"  # where sqlite-utils keeps the names of those that were applied
_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
_NAMED = re.compile(r"(\d{4})_[a-z_]+")
_OTHERS = "SELECT 1 FROM files WHERE substr(warc, 1, length(?1)) != ?1 LIMIT 1"
_BEYOND = (
    "SELECT c.warc FROM captures c LEFT JOIN files f ON f.warc = c.warc "
    "WHERE f.warc IS NULL OR (NOT f.lost AND c.offset + c.length > f.committed) LIMIT 1"
)

_Object = tuple[str, ...]  # type, name, table and definition


def is_older(db: sqlite3.Connection) -> bool:
    """Whether an older wparchive made it, which kept the list of its migrations elsewhere."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return "migrations" in tables and _DONE not in tables


def migrations_done(db: sqlite3.Connection) -> list[object] | None:
    """The names of the migrations that made it; None of an empty database."""
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return None
    if _DONE not in tables:
        return []
    names = f"SELECT name FROM {_DONE} WHERE migration_set = ? ORDER BY id"  # noqa: S608 - our own
    return [row[0] for row in db.execute(names, (MIGRATION_SET,))]


def migrations_fault(done: Sequence[object]) -> tuple[str, bool]:
    """What is wrong with the names of migrations, empty for nothing; and whether a newer wparchive made them."""
    ours = list(MIGRATIONS)
    if list(done) == ours[: len(done)] and done:
        return "", False
    known = list(done[: len(ours)]) == ours
    newer = known and all(isinstance(name, str) and _NAMED.fullmatch(name) for name in done)
    return "its migrations aren't those that wparchive makes", newer


def fault(db: sqlite3.Connection, done: Sequence[object], site: str | None = None) -> str:
    """What is wrong with the database that the migrations `done` made, "" for nothing; `site` is whose it must be.

    Raises sqlite3.Error where it can't even be read.
    """
    if (said := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        return f"not sound ({said})"
    expected = _made_by(len(done))
    tables = {table for _, _, table, _ in expected}
    if unlike := _unlike(db, expected, tables):
        return f"its {unlike} isn't as wparchive makes it"
    return _wrong_rows(db, tables) or _strange(db, site)


def _unlike(db: sqlite3.Connection, expected: frozenset[_Object], tables: set[str]) -> str:
    """A table, index or trigger that isn't as its migrations make it; other tables are nobody's business."""
    found = {
        (*map(str, row),) for row in db.execute(_OBJECTS) if row[2] in tables or (row[0], row[2]) == ("trigger", _DONE)
    }
    unlike = found ^ expected
    return str(min(f"{kind} {name}" for kind, name, *_ in unlike)) if unlike else ""


@cache
def _made_by(count: int) -> frozenset[_Object]:
    """What the first migrations make, `count` of them."""
    with closing(sqlite3.connect(":memory:")) as model:
        for make in list(MIGRATIONS.values())[:count]:
            make(model)
        return frozenset((*map(str, row),) for row in model.execute(_OBJECTS))


def _wrong_rows(db: sqlite3.Connection, tables: set[str]) -> str:
    for table in tables & SOUND.keys():
        rule = SOUND[table]
        if db.execute(f"SELECT 1 FROM {table} WHERE NOT coalesce(({rule}), 0) LIMIT 1").fetchone():  # noqa: S608 - our own
            return f"{table} holds what no run writes"
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[2] == "TEXT"]
        texts = " || char(10) || ".join(f"coalesce({name}, '')" for name in columns)
        try:
            deque(db.execute(f"SELECT {texts} FROM {table}"), maxlen=0)  # noqa: S608 - our own names
        except sqlite3.OperationalError:
            return f"{table} holds what isn't UTF-8"
    return ""


def _strange(db: sqlite3.Connection, site: str | None) -> str:
    """Whether it speaks of WARCs that another site has, or of more than was committed."""
    if site is not None and db.execute(_OTHERS, (f"{site}/",)).fetchone():
        return "that of another site"
    beyond = db.execute(_BEYOND).fetchone()
    return f"it knows captures of {beyond[0]} that were never committed" if beyond else ""
