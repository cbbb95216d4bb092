"""Search over articles for a page: hits with their passages, facets, and how much else there is.

A word that stands in nearly every article is ranked among the newest 2,000 that have it, and counted in full: ranking all
of a hundred thousand takes half a second.
"""
# ruff: noqa: S608 - names of tables can't be parameters; all are our own

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wparchive.ask.finding.snippets import Passage, passages
from wparchive.ask.finding.typed import Term, expression, in_pairs
from wparchive.browse.queries.titles import title_of
from wparchive.index.schema import ITEM_TABLES, PAST
from wparchive.wordpress.text import visible_text

__all__ = ["COUNTED", "FACETS", "RANKED", "Filters", "Found", "Hit", "elsewhere", "former", "others", "search"]

RANKED, COUNTED = 2_000, 10_000
"""How many of the newest are ranked, and how many are looked through for filters and counts."""
FACETS = ("year", "site", "type", "author")
"""What the articles that were found are counted by."""
_POSTS = ITEM_TABLES["posts"]
_PUBLIC = (
    "p.privilege = 'anonymous'"  # as all that is in the search tables; a row is looked at again before it is shown
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which of the articles are wanted; what is empty asks for all. `sort` is best, newest or oldest."""

    site: str = ""
    type: str = ""
    year: str = ""
    author: str = ""
    gone: str = ""
    changed: str = ""
    sort: str = "best"

    def condition(self) -> tuple[str, dict[str, object]]:
        """Return the SQL condition on posts `p`, and its values."""
        conditions = {
            "site": "p.site = :site",
            "type": "p.type = :type",
            "year": "substr(p.date_gmt, 1, 4) = :year",
            "author": "p.author_item = :author",
            "gone": "p.gone IS NOT NULL",
            "changed": "EXISTS (SELECT 1 FROM observations o WHERE o.item = p.item AND o.change = 'silently_edited')",
        }
        wanted = {name: getattr(self, name) for name in conditions if getattr(self, name)}
        return " AND ".join([conditions[name] for name in wanted] or ["1"]), wanted


@dataclass(frozen=True, slots=True)
class Hit:
    """One article, comment or former version that was found; `where` says what the address should lead to."""

    item: str
    site: str
    type: str
    title: str
    author: str
    date: str
    gone: str
    silent: bool
    passages: tuple[Passage, ...]
    capture: str = ""
    seen: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: `total` articles that fit, of which the newest `ranked` were ranked.

    `every` is how many have the words, whatever the filters; facets, and `total` with filters, are of the newest 10,000.
    """

    hits: list[Hit]
    total: int
    ranked: int
    every: int
    facets: Mapping[str, list[tuple[str, str, int]]]


def _match(terms: Sequence[Term]) -> tuple[str, str]:
    """Return the search table and the expression: words, or pairs of signs for scripts without spaces."""
    unspaced = any(term.unspaced for term in terms if not term.excluded)
    table = _POSTS.grams if unspaced else _POSTS.fts
    return table, expression(terms, _POSTS.search, in_pairs if unspaced else None)


def search(conn: sqlite3.Connection, terms: Sequence[Term], filters: Filters, *, size: int, offset: int) -> Found:
    """Return the articles that have all the words. Only what the public was shown is in the search tables."""
    table, match = _match(terms)
    if not match:
        return Found([], 0, 0, 0, {})
    where, values = filters.condition()
    given: dict[str, object] = {"match": match, **values}
    hits = f"SELECT rowid AS id FROM {table} WHERE {table} MATCH :match"
    (every,) = conn.execute(f"SELECT count(*) FROM {table} WHERE {table} MATCH :match", given).fetchone()
    window = _window(conn, f"{hits} ORDER BY rowid DESC LIMIT {COUNTED}", where, given)
    total = len(window) if values or every <= COUNTED else every
    floor = window[min(RANKED, len(window)) - 1]["id"] if window else 0
    rows = _rows(conn, table, filters, where, {**given, "floor": floor}, size=size, offset=offset)
    facets = {name: _facet(conn, name, window) for name in FACETS}
    return Found([_hit(conn, row, terms) for row in rows], total, min(len(window), RANKED), every, facets)


def _window(conn: sqlite3.Connection, counted: str, where: str, given: Mapping[str, object]) -> list[sqlite3.Row]:
    """Return what facets, counts and ranking need of the newest articles that are found, those that fit the filters."""
    columns = ", ".join(f"{column} AS {name}" for name, column in _COLUMN.items())
    query = f"SELECT f.id, {columns} FROM ({counted}) f JOIN posts p ON p.rowid = f.id WHERE {_PUBLIC} AND {where}"
    return conn.execute(f"{query} ORDER BY f.id DESC", given).fetchall()


def _rows(
    conn: sqlite3.Connection,
    table: str,
    filters: Filters,
    where: str,
    given: Mapping[str, object],
    *,
    size: int,
    offset: int,
) -> list[sqlite3.Row]:
    columns = "p.rowid, p.item, p.site, p.type, p.title, p.author_item, p.date_gmt, p.gone, p.capture"
    values = {**given, "size": size, "offset": offset}
    if filters.sort in ("newest", "oldest"):
        order = "DESC" if filters.sort == "newest" else "ASC"
        query = (
            f"SELECT {columns} FROM posts p WHERE +p.rowid IN (SELECT rowid FROM {table} WHERE {table} MATCH :match) "
            f"AND {_PUBLIC} AND {where} ORDER BY p.date_gmt {order} LIMIT :size OFFSET :offset"
        )
        return conn.execute(query, values).fetchall()
    query = (
        f"SELECT {columns}, bm25({table}, 8.0, 1.0) AS rank FROM {table} f JOIN posts p ON p.rowid = f.rowid "
        f"WHERE {table} MATCH :match AND f.rowid >= :floor AND {_PUBLIC} AND {where} ORDER BY rank LIMIT :size OFFSET :offset"
    )
    return conn.execute(query, values).fetchall()


_COLUMN = {"year": "substr(p.date_gmt, 1, 4)", "site": "p.site", "type": "p.type", "author": "p.author_item"}


def _facet(conn: sqlite3.Connection, name: str, window: list[sqlite3.Row]) -> list[tuple[str, str, int]]:
    """Return value, label and number of the commonest values."""
    numbers = Counter(str(row[name]) for row in window if row[name] is not None)
    commonest = sorted(numbers.items(), key=lambda one: (-one[1], one[0]))
    if name == "year":
        return sorted((value, value, count) for value, count in commonest[:30])
    if name == "author":
        return [(value, title_of(conn, value) or value, count) for value, count in commonest[:8]]
    return [(value, value, count) for value, count in commonest[:12]]


def _hit(conn: sqlite3.Connection, row: sqlite3.Row, terms: Sequence[Term]) -> Hit:
    (text,) = conn.execute("SELECT text FROM posts WHERE rowid = ?", (row["rowid"],)).fetchone()
    silent = conn.execute(
        "SELECT 1 FROM observations WHERE item = ? AND change = 'silently_edited' LIMIT 1", (row["item"],)
    ).fetchone()
    return Hit(
        item=row["item"],
        site=row["site"],
        type=row["type"],
        title=row["title"] or "",
        author=title_of(conn, row["author_item"]) or "",
        date=row["date_gmt"] or "",
        gone=row["gone"] or "",
        silent=silent is not None,
        passages=tuple(passages(text or "", terms)),
    )


def elsewhere(conn: sqlite3.Connection, terms: Sequence[Term]) -> dict[str, int]:
    """Return how much was found in former versions, comments and media."""
    unspaced = any(term.unspaced for term in terms if not term.excluded)
    counts = {}
    for name in ("comments", "media"):
        table = ITEM_TABLES[name]
        fts = table.grams if unspaced else table.fts
        match = expression(terms, table.search, in_pairs if unspaced else None)
        counts[name] = _count(conn, fts, match) if match else 0
    counts["past"] = _count(conn, PAST, expression(terms, ("title", "text"), in_pairs))
    return counts


def _count(conn: sqlite3.Connection, table: str, match: str) -> int:
    return int(conn.execute(f"SELECT count(*) FROM {table} WHERE {table} MATCH ?", (match,)).fetchone()[0])


def former(
    conn: sqlite3.Connection, terms: Sequence[Term], *, size: int, offset: int, closed: Sequence[str] = ()
) -> list[Hit]:
    """Return former versions that have all the words: what was said, and is not said any more.

    Items of the tables in `closed` are left out.
    """
    shut = "".join(f" AND NOT EXISTS (SELECT 1 FROM {table} x WHERE x.item = v.item)" for table in closed)
    match = expression(terms, ("title", "text"), in_pairs)
    query = (
        f"SELECT v.* FROM {PAST} f JOIN versions v ON v.rowid = f.rowid WHERE {PAST} MATCH ? AND v.privilege = 'anonymous'{shut} "
        f"ORDER BY bm25({PAST}, 8.0, 1.0) LIMIT ? OFFSET ?"
    )
    return [_former(row, terms) for row in conn.execute(query, (match, size, offset)).fetchall()]


def _former(row: sqlite3.Row, terms: Sequence[Term]) -> Hit:
    text = "\n".join(visible_text(row[name]) for name in ("content", "excerpt") if row[name])
    return Hit(
        item=row["item"],
        site=row["site"],
        type=row["type"],
        title=row["title"] or "",
        author="",
        date="",
        gone="",
        silent=False,
        passages=tuple(passages(text, terms)),
        capture=row["capture"],
        seen=(row["first_seen"], row["last_seen"]),
    )


def others(conn: sqlite3.Connection, name: str, terms: Sequence[Term], *, size: int, offset: int) -> list[Hit]:
    """Return comments or media that have all the words."""
    table = ITEM_TABLES[name]
    unspaced = any(term.unspaced for term in terms if not term.excluded)
    fts = table.grams if unspaced else table.fts
    match = expression(terms, table.search, in_pairs if unspaced else None)
    if not match:
        return []
    floor = conn.execute(
        f"SELECT rowid FROM {fts} WHERE {fts} MATCH ? ORDER BY rowid DESC LIMIT 1 OFFSET {RANKED}", (match,)
    ).fetchone()
    query = (
        f"SELECT i.item, i.site, i.{table.title} AS title, i.date_gmt, i.gone, i.text FROM {fts} f "
        f"JOIN {name} i ON i.rowid = f.rowid WHERE {fts} MATCH ? AND f.rowid > ? AND i.privilege = 'anonymous' "
        f"ORDER BY bm25({fts}, 8.0, 1.0) LIMIT ? OFFSET ?"
    )
    return [
        Hit(
            item=row["item"],
            site=row["site"],
            type=name,
            title=row["title"] or "",
            author="",
            date=row["date_gmt"] or "",
            gone=row["gone"] or "",
            silent=False,
            passages=tuple(passages(row["text"] or "", terms)),
        )
        for row in conn.execute(query, (match, floor[0] if floor else -1, size, offset)).fetchall()
    ]
