"""Which changes a page shows, newest first, and how many there are of each kind."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Asked", "Page", "articles_first", "counts", "newest_run", "page_of"]

_PUBLIC = "NOT EXISTS (SELECT 1 FROM captures k WHERE k.capture IN (o.before, o.after) AND k.privilege != 'anonymous')"


_ALONGSIDE = "'comment', 'attachment', 'user'"
# Each by the numbers of `ask.change_keys.NOTICED`; apart, so that each is read along its index.
_SOURCES = (
    "(SELECT rowid AS number, * FROM observations)",
    "(SELECT -rowid AS number, 'copied' AS change, * FROM copied)",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asked for; empty asks for all. `since` and `before` are times.

    `private` adds what credentials showed; items of the tables in `closed` are left out, and changes of the
    kinds in `hidden`.
    """

    site: str = ""
    kind: str = ""
    type: str = ""
    run: str = ""
    since: str = ""
    before: str = ""
    private: bool = False
    closed: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def conditions(self, *, without: str = "") -> Iterator[tuple[str, str]]:
        """Yield each condition and its value, but not that of the field `without`."""
        for name, condition in _CONDITIONS.items():
            value = getattr(self, name)
            if value and name != without:
                yield condition, value


_CONDITIONS = {
    "site": "o.site = ?",
    "kind": "o.change = ?",
    "type": "o.type = ?",
    "run": "o.run = ?",
    "since": "o.observed_at >= ?",
    "before": "o.observed_at < ?",
}


@dataclass(frozen=True, slots=True)
class Page:
    """The numbers of some changes, newest first, and the time before which the next page begins; "" if it is the last."""

    rows: list[int]
    older: str


def _where(asked: Asked, *, without: str = "") -> tuple[str, list[str]]:
    pairs = list(asked.conditions(without=without))
    words = [condition for condition, _ in pairs] + ([] if asked.private else [_PUBLIC])
    words += [f"NOT EXISTS (SELECT 1 FROM {table} x WHERE x.item = o.item)" for table in asked.closed]  # noqa: S608 - ours
    words += ["o.change != ?" for _ in asked.hidden]
    return " AND ".join(words) or "1", [*(value for _, value in pairs), *asked.hidden]


def page_of(conn: sqlite3.Connection, asked: Asked, size: int = 40) -> Page:
    """Return the newest `size` changes; all that were seen at one moment stay together on one page."""
    rows = _newest(conn, asked, size + 1)
    if len(rows) <= size:
        return Page([row[0] for row in rows], "")
    last = rows[size][1]
    kept = [row for row in rows[:size] if row[1] != last]
    if not kept:  # one moment has more than a page
        last = rows[0][1]
        kept = [row for row in _newest(conn, asked, 500) if row[1] == last]
        return Page([row[0] for row in kept], last)
    return Page([row[0] for row in kept], kept[-1][1])


def _newest(conn: sqlite3.Connection, asked: Asked, most: int) -> list[tuple[int, str]]:
    where, values = _where(asked)
    rows: list[tuple[int, str]] = []
    for source in _SOURCES:
        query = f"SELECT o.number, o.observed_at FROM {source} o WHERE {where} ORDER BY 2 DESC, 1 DESC LIMIT ?"  # noqa: S608 - our own words
        rows += map(tuple, conn.execute(query, [*values, most]))
    return sorted(rows, key=lambda row: (row[1] or "", row[0]), reverse=True)[:most]


def articles_first(conn: sqlite3.Connection, rows: list[int]) -> list[int]:
    """Return the observations with those of comments, media, users behind those of articles: they went with an article."""
    query = f"SELECT rowid FROM observations WHERE type IN ({_ALONGSIDE}) AND rowid IN (SELECT value FROM json_each(?))"  # noqa: S608 - ours
    alongside = {row[0] for row in conn.execute(query, (json.dumps(rows),))}
    return sorted(rows, key=lambda row: row in alongside)


def counts(conn: sqlite3.Connection, asked: Asked, by: str) -> dict[str, int]:
    """Return how many changes there are by `kind` or `site`, whatever is asked of that field itself."""
    column = {"kind": "change", "site": "site"}[by]
    where, values = _where(asked, without=by)
    found: Counter[str] = Counter()
    for source in _SOURCES:
        query = f"SELECT o.{column}, count(*) FROM {source} o WHERE {where} GROUP BY 1"  # noqa: S608 - ours
        found.update({str(name): int(count) for name, count in conn.execute(query, values)})
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def newest_run(conn: sqlite3.Connection) -> str:
    """Return when the archive's newest run ended, or began; "" without runs."""
    row = conn.execute("SELECT max(coalesce(finished_at, started_at)) FROM runs").fetchone()
    return str(row[0] or "")
