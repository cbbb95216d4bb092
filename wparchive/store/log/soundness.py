"""Check that wparchive made a `frontier.db`, for this site; any other is set aside and rebuilt from the WARCs.

Nothing in it is trusted before: a file in an archive may be damaged, old, another site's, or a stranger's.
"""

import re
import sqlite3
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from functools import cache

from wparchive.store.log.schema import MIGRATION_SET, MIGRATIONS, SOUND, SOUND_ADDED

__all__ = ["fault", "is_older", "migrations_done", "migrations_fault"]

_DONE = "_sqlite_migrations"  # where sqlite-utils records the migrations that were applied
_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
_NAMED = re.compile(r"(\d{4})_[a-z_]+")
_OTHERS = "SELECT 1 FROM files WHERE substr(warc, 1, length(?1)) != ?1 LIMIT 1"
_BEYOND = (
    "SELECT c.warc FROM captures c LEFT JOIN files f ON f.warc = c.warc "
    "WHERE f.warc IS NULL OR (NOT f.lost AND c.offset + c.length > f.committed) LIMIT 1"
)

_Object = tuple[str, ...]  # type, name, table and definition


def is_older(db: sqlite3.Connection) -> bool:
    """Whether an older wparchive made it, which recorded its migrations elsewhere."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return "migrations" in tables and _DONE not in tables


def migrations_done(db: sqlite3.Connection) -> list[object] | None:
    """Return the names of the migrations that made the database; None when it is empty."""
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return None
    if _DONE not in tables:
        return []
    names = f"SELECT name FROM {_DONE} WHERE migration_set = ? ORDER BY id"  # noqa: S608 - our own
    return [row[0] for row in db.execute(names, (MIGRATION_SET,))]


def migrations_fault(done: Sequence[object]) -> tuple[str, bool]:
    """Return what is wrong with the names of migrations ("" for nothing), and whether a newer wparchive made them."""
    ours = list(MIGRATIONS)
    if list(done) == ours[: len(done)] and done:
        return "", False
    known = list(done[: len(ours)]) == ours
    newer = known and all(isinstance(name, str) and _NAMED.fullmatch(name) for name in done)
    return "its migrations aren't those that wparchive makes", newer


def fault(db: sqlite3.Connection, done: Sequence[object], site: str | None = None) -> str:
    """Return what is wrong with a database made by the migrations `done`, "" when nothing is; `site` is its owner.

    Raises sqlite3.Error when it can't be read at all.
    """
    if (result := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        return f"not sound ({result})"
    expected = _made_by(len(done))
    tables = {table for _, _, table, _ in expected}
    if unlike := _unlike(db, expected, tables):
        return f"its {unlike} isn't as wparchive makes it"
    return _wrong_rows(db, tables) or _strange(db, site)


def _unlike(db: sqlite3.Connection, expected: frozenset[_Object], tables: set[str]) -> str:
    """Return a table, index or trigger that differs from what the migrations make; tables of others are ignored."""
    found = {
        (*map(str, row),) for row in db.execute(_OBJECTS) if row[2] in tables or (row[0], row[2]) == ("trigger", _DONE)
    }
    unlike = found ^ expected
    return str(min(f"{kind} {name}" for kind, name, *_ in unlike)) if unlike else ""


@cache
def _made_by(count: int) -> frozenset[_Object]:
    """Return the objects that the first `count` migrations create."""
    with closing(sqlite3.connect(":memory:")) as model:
        for make in list(MIGRATIONS.values())[:count]:
            make(model)
        return frozenset((*map(str, row),) for row in model.execute(_OBJECTS))


def _wrong_rows(db: sqlite3.Connection, tables: set[str]) -> str:
    for table in tables & SOUND.keys():
        info = db.execute(f"PRAGMA table_info({table})").fetchall()
        added = (
            rule for (name, column), rule in SOUND_ADDED.items() if name == table and column in {row[1] for row in info}
        )
        rule = " AND ".join((SOUND[table], *added))
        if db.execute(f"SELECT 1 FROM {table} WHERE NOT coalesce(({rule}), 0) LIMIT 1").fetchone():  # noqa: S608 - our own
            return f"{table} holds what no run writes"
        columns = [row[1] for row in info if row[2] == "TEXT"]
        texts = " || char(10) || ".join(f"coalesce({name}, '')" for name in columns)
        # sqlite3 decodes text as it reads, so a plain SELECT checks all of it.
        try:
            deque(db.execute(f"SELECT {texts} FROM {table}"), maxlen=0)  # noqa: S608 - our own names
        except sqlite3.OperationalError:
            return f"{table} holds what isn't UTF-8"
    return ""


def _strange(db: sqlite3.Connection, site: str | None) -> str:
    """Return what is wrong when it names another site's WARCs, or captures beyond what was committed."""
    if site is not None and db.execute(_OTHERS, (f"{site}/",)).fetchone():
        return "that of another site"
    beyond = db.execute(_BEYOND).fetchone()
    return f"it knows captures of {beyond[0]} that were never committed" if beyond else ""
