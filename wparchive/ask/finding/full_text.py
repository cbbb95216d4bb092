"""Search over all sites of an archive: what stands, what is gone, and what items said before."""
# ruff: noqa: S608 - names of tables and columns can't be parameters; all are our own

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from wparchive.ask.finding.hidden_rows import Private
from wparchive.ask.finding.snippets import Passage, passages
from wparchive.ask.finding.typed import Term, expression, in_pairs
from wparchive.ask.finding.word_parts import Parts
from wparchive.index.database.opening import reading
from wparchive.index.item_types import TYPE_OF, of_type
from wparchive.index.schema import ITEM_TABLES, PAST, SEARCHED
from wparchive.index.table import Table
from wparchive.wordpress.text import visible_text

__all__ = ["FORMER", "GONE", "STANDS", "Hit", "Results", "Search", "find", "searched_types"]

STANDS, GONE, FORMER = "stands", "gone", "former"
_WEIGHTS = "8.0, 1.0"  # of a headline and of the text
_MOST_VERSIONS = 20_000  # former versions that are looked at: an item may have many


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for. `old` adds former versions and what is gone, `private` what only credentials showed.

    `sites` and `types`: only these, empty for all. `limit`: at most so many items.
    """

    terms: Sequence[Term]
    old: bool = False
    private: bool = False
    sites: Sequence[str] = ()
    types: Sequence[str] = ()
    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An item in which everything was found. `held` says where: it `stands`, it is `gone`, or a `former` version has it.

    `capture` is the evidence of that text; `first_seen` and `last_seen` (UTC) are the item's or the version's. `part` is
    true where a word was found only inside a longer one. `versions` counts the former versions that have it.
    """

    item: str
    site: str
    type: str
    wp_id: int
    title: str
    link: str | None
    date: str | None
    held: str
    gone: str | None
    first_seen: str
    last_seen: str
    capture: str
    privilege: str
    part: bool = False
    versions: int = 0
    passages: list[Passage] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Results:
    """The best hits, and how many items there are: `total` of what was asked for, `elsewhere` what `old` would add."""

    hits: list[Hit]
    total: int
    elsewhere: int


def find(database: Path, search: Search) -> Results:
    """Return the items that have all the words, the best first. Raises what `reading` raises.

    >>> [hit.item for hit in find(Path("archive/archive.db"), Search(terms=terms_of("dredger"))).hits]
    ['example.org/post/7']
    """
    with reading(database) as db:
        return _Finder(db, search).find()


def searched_types(database: Path) -> list[str]:
    """Return the types of items that a search looks through."""
    with reading(database) as db:
        rows = (db.execute(f"SELECT DISTINCT {TYPE_OF[table.name]} FROM {table.name}").fetchall() for table in SEARCHED)
        return sorted({str(kind) for found in rows for (kind,) in found})


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that matches: `table` may be `versions` or `revisions`."""

    rank: float
    table: str
    rowid: int
    part: bool = False


class _Finder:
    def __init__(self, db: sqlite3.Connection, search: Search) -> None:
        self._db = db
        self._search = search
        self._parts: Parts | None = None  # once whole words are too few
        self._given: dict[str, object] = {"sites": json.dumps(search.sites), "types": json.dumps(search.types)}
        self._sites = "i.site IN (SELECT value FROM json_each(:sites))" if search.sites else "1"

    def find(self) -> Results:
        limit = self._search.limit
        rows, total, elsewhere = self._standing()
        hits = [self._hit(row) for row in rows[:limit]]
        known = self._items()
        if self._search.private:
            more = [hit for hit in self._private() if hit.item not in known]
            hits, total, known = hits + more, total + len(more), known | {hit.item for hit in more}
        former = self._former(known)
        if self._search.old:
            hits += [self._version("versions", *one) for one in former[: max(0, limit - len(hits))]]
            return Results(hits[:limit], total + len(former), 0)
        return Results(hits[:limit], total, elsewhere + len(former))

    # ---- what stands, and what is gone

    def _standing(self) -> tuple[list[_Row], int, int]:
        """Return the rows that match, the best first, their number, and how many more are gone."""
        rows, total, gone = self._matches()
        if len(rows) < self._search.limit:
            known = {(row.table, row.rowid) for row in rows}
            self._parts = Parts(self._db, self._search.terms)
            wider, total, gone = self._matches()
            rows += [replace(row, part=True) for row in wider if (row.table, row.rowid) not in known]
        return rows, total, gone

    def _items(self) -> set[str]:
        """Return all items that match by what stands in their rows, gone or not: their former versions say nothing new."""
        return {
            item
            for table in SEARCHED
            for query, given in self._queries(table)
            for (item,) in self._db.execute(f"SELECT item FROM ({query})", {**self._given, **given})
        }

    def _matches(self) -> tuple[list[_Row], int, int]:
        rows: list[_Row] = []
        total = gone = 0
        for table in SEARCHED:
            for query, given in self._queries(table):
                left = "1" if self._search.old else "i.gone IS NULL"
                best = f"SELECT rank, rowid FROM ({query}) WHERE {left.replace('i.', '')} ORDER BY 1 LIMIT :limit"
                given = {**self._given, **given, "limit": self._search.limit}
                rows += [_Row(rank, table.name, rowid) for rank, rowid in self._db.execute(best, given)]
                count, absent = self._db.execute(
                    f"SELECT count(*), total(gone IS NOT NULL) FROM ({query})", given
                ).fetchone()
                total += count if self._search.old else count - int(absent)
                gone += int(absent)
        return sorted(rows, key=lambda row: row.rank), total, 0 if self._search.old else gone

    def _queries(self, table: Table) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Yield what to ask the index of words, and that of pairs; a row with unspaced signs is looked for in the latter."""
        unspaced = any(term.unspaced for term in self._search.terms if not term.excluded)
        kinds = f"{TYPE_OF[table.name]} IN (SELECT value FROM json_each(:types))" if self._search.types else "1"
        for name in (table.fts, table.grams):
            words = name == table.fts
            if words and unspaced:
                continue
            spell = self._parts.spelled(name) if self._parts else None if words else in_pairs
            match = expression(self._search.terms, table.search, spell)
            if not match:
                continue
            among = f"f.rowid NOT IN (SELECT id FROM {table.grams}_docsize)" if words else "1"
            yield (
                f"SELECT bm25({name}, {_WEIGHTS}) AS rank, i.rowid AS rowid, i.gone AS gone, i.item AS item FROM {name} f "
                f"JOIN (SELECT rowid, site, gone, site || '/' || {TYPE_OF[table.name]} || '/' || wp_id AS item "
                f"FROM {table.name} WHERE {kinds}) i ON i.rowid = f.rowid "
                f"WHERE {name} MATCH :match AND {among} AND {self._sites}",
                {"match": match},
            )

    def _hit(self, row: _Row) -> Hit:
        table = ITEM_TABLES[row.table]
        dated = "date_gmt" if "date_gmt" in table.columns else "NULL"
        query = (
            f"SELECT site, {TYPE_OF[row.table]} AS type, wp_id, {table.title} AS title, link, {dated} AS date, gone, "
            f"first_seen, last_seen, capture, privilege, text FROM {row.table} WHERE rowid = ?"
        )
        found = dict(self._db.execute(query, (row.rowid,)).fetchone())
        text, title = found.pop("text") or "", found.pop("title") or ""
        return Hit(
            item=f"{found['site']}/{found['type']}/{found['wp_id']}",
            title=title,
            held=GONE if found["gone"] else STANDS,
            part=row.part,
            passages=passages(text, self._search.terms),
            **found,
        )

    # ---- former versions

    def _former(self, known: set[str]) -> list[tuple[int, int]]:
        """Return the newest former version (rowid) of each item that has all the words, and how many have them.

        Items that are `known` by now are left out.
        """
        match = expression(self._search.terms, ("title", "text"), in_pairs)
        kinds = "i.type IN (SELECT value FROM json_each(:types))" if self._search.types else "1"
        query = (
            f"SELECT i.rowid, i.site || '/' || i.type || '/' || i.wp_id, i.last_seen FROM {PAST} f "
            f"JOIN versions i ON i.rowid = f.rowid WHERE {PAST} MATCH :match AND {self._sites} AND {kinds} "
            f"ORDER BY bm25({PAST}, {_WEIGHTS}) LIMIT {_MOST_VERSIONS}"
        )
        rows = self._db.execute(query, {**self._given, "match": match})
        return _newest((rowid, item, seen) for rowid, item, seen in rows if item not in known)

    def _version(self, table: str, rowid: int, versions: int = 1) -> Hit:
        row = self._db.execute(f"SELECT * FROM {table} WHERE rowid = ?", (rowid,)).fetchone()
        kind, wp_id = row["type"], row["wp_id"] if table == "versions" else row["parent"]
        text = "\n".join(visible_text(row[name]) for name in ("content", "excerpt") if row[name])
        link, gone = self._standing_link(row["site"], kind, wp_id)
        return Hit(
            item=f"{row['site']}/{kind}/{wp_id}",
            site=row["site"],
            type=kind,
            wp_id=wp_id,
            title=row["title"] or "",
            link=link,
            date=row["modified_gmt"],
            held=FORMER,
            gone=gone,
            first_seen=row["first_seen"],
            last_seen=row["last_seen"],
            capture=row["capture"],
            privilege=row["privilege"] if table == "versions" else "authenticated",
            versions=versions,
            passages=passages(text, self._search.terms),
        )

    def _standing_link(self, site: str, kind: str, wp_id: int) -> tuple[str | None, str | None]:
        for table in ITEM_TABLES.values():
            if table.only in ("", kind):
                query = (
                    f"SELECT link, gone FROM {table.name} WHERE site = :site AND wp_id = :id AND {of_type(table.name)}"
                )
                if found := self._db.execute(query, {"site": site, "id": wp_id, "type": kind}).fetchone():
                    return found[0], found[1]
        return None, None

    # ---- what only credentials showed

    def _private(self) -> list[Hit]:
        match = expression(self._search.terms, ("title", "text"), in_pairs)
        hits = (
            self._hit(_Row(0, table, rowid)) if table in ITEM_TABLES else self._version(table, rowid)
            for table, rowid in Private(self._db, old=self._search.old).matching(match)
        )
        wanted = list(filter(self._is_asked_for, hits))
        standing = [hit for hit in wanted if hit.held != FORMER]
        known = {hit.item for hit in standing}
        former = [hit for hit in wanted if hit.held == FORMER and hit.item not in known]
        newest = _newest((place, hit.item, hit.last_seen) for place, hit in enumerate(former))
        return standing + [replace(former[place], versions=count) for place, count in newest]

    def _is_asked_for(self, hit: Hit) -> bool:
        search = self._search
        of_site = not search.sites or hit.site in search.sites
        return of_site and (not search.types or hit.type in search.types) and (search.old or not hit.gone)


def _newest(rows: Iterable[tuple[int, str, str]]) -> list[tuple[int, int]]:
    """Return of each item the row that was seen last, and how many rows there are; rows are (place, item, time)."""
    found: dict[str, tuple[int, str, int]] = {}
    for place, item, seen in rows:
        best, last, count = found.get(item, (place, seen, 0))
        found[item] = (place, seen, count + 1) if seen > last else (best, last, count + 1)
    return [(place, count) for place, _, count in found.values()]
