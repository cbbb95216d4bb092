"""Whether a `frontier.db` is what we made, of this site: what isn't is set aside, and made anew from the WARCs.

Nothing of it is trusted before: a file in an archive may be damaged, old, another site's, or come from a stranger.
"""

import re
import sqlite3
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from functools import lru_cache

from wparchive.store.log.schema import MIGRATIONS, SOUND

__all__ = ["fault", "migrations_done", "migrations_fault"]

_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
_NAMED = re.compile(r"(\d{4})_[a-z_]+")
_OTHERS = "SELECT 1 FROM files WHERE substr(warc, 1, length(?1)) != ?1 LIMIT 1"
_BEYOND = (
    "SELECT c.warc FROM captures c LEFT JOIN files f ON f.warc = c.warc "
    "WHERE f.warc IS NULL OR (NOT f.lost AND c.offset + c.length > f.committed) LIMIT 1"
)

_Object = tuple[str, ...]  # type, name, table and definition


def migrations_done(db: sqlite3.Connection) -> list[object] | None:
    """The names of the migrations that made it; None of an empty database."""
    if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        return None
    return [name for (name,) in db.execute("SELECT name FROM migrations ORDER BY name")]


def migrations_fault(done: Sequence[object]) -> tuple[str, bool]:
    """What is wrong with the names of migrations, empty for nothing; and whether a newer wparchive made them."""
    ours = [name for name, _ in MIGRATIONS]
    if list(done) == ours[: len(done)] and done:
        return "", False
    known = list(done[: len(ours)]) == ours
    newer = known and all(isinstance(name, str) and _NAMED.fullmatch(name) for name in done)
    return "its migrations aren't those that wparchive makes", newer


def fault(db: sqlite3.Connection, done: Sequence[str], site: str | None = None) -> str:
    """What is wrong with the database that the migrations `done` made, "" for nothing; `site` is whose it must be.

    Raises sqlite3.Error where it can't even be read.
    """
    if (said := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        return f"not sound ({said})"
    expected = _made_by(tuple(done))
    tables = {table for _, _, table, _ in expected}
    if unlike := _unlike(db, expected, tables):
        return f"its {unlike} isn't as wparchive makes it"
    return _wrong_rows(db, tables) or _strange(db, site)


def _unlike(db: sqlite3.Connection, expected: frozenset[_Object], tables: set[str]) -> str:
    """A table, index or trigger that isn't as its migrations make it; other tables are nobody's business."""
    found = {(*map(str, row),) for row in db.execute(_OBJECTS) if row[2] in tables}
    unlike = found ^ expected
    return str(min(f"{kind} {name}" for kind, name, *_ in unlike)) if unlike else ""


@lru_cache(maxsize=len(MIGRATIONS) + 1)
def _made_by(done: tuple[str, ...]) -> frozenset[_Object]:
    with closing(sqlite3.connect(":memory:")) as model:
        model.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY) WITHOUT ROWID")
        for name, script in MIGRATIONS:
            if name in done:
                model.executescript(script)
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
