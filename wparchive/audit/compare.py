"""Compares two databases table by table: the existing one (`stands`), and the one rebuilt from the WARCs (`main`)."""
# ruff: noqa: S608 - names of tables and columns can't be parameters; all are our own

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import zip_longest
from typing import NamedTuple

from wparchive.index.database.creation import GRAMS
from wparchive.index.database.imprint import imprints
from wparchive.index.schema import PAST, SEARCHED, TABLES
from wparchive.index.search.grams import gram_rows
from wparchive.index.search.past import all_past
from wparchive.index.table import Table
from wparchive.store.sqlite import DAMAGE, primary_code

__all__ = [
    "Difference",
    "Model",
    "compare_definitions",
    "compare_imprints",
    "compare_order",
    "compare_search",
    "compare_table",
    "model_of",
]

_ORDERED = ("runs", "captures")  # the order of their rows is the order in time
_ONE_SIDED = (
    ("main", "stands", "the WARCs give this row, and it isn't there"),
    ("stands", "main", "it is there, and the WARCs give no such row"),
)
_ONE_MORE = 1 << 62  # a rowid that no table reaches
_SHORT = 120  # characters shown of a row without a key


class Difference(NamedTuple):
    """A row or definition that differs from the rebuilt one; `site` is empty if it belongs to none."""

    table: str
    site: str
    message: str


class Model(NamedTuple):
    """What every database of ours contains: definitions by (type, name), and the rows that are always the same."""

    definitions: dict[tuple[str, str], str]
    constants: dict[str, list[tuple[object, ...]]]


def model_of(conn: sqlite3.Connection, schema: str = "main") -> Model:
    """Return the model of the database attached to `conn` as `schema`."""
    rows = conn.execute(f"SELECT type, name, sql FROM {schema}.sqlite_master WHERE sql IS NOT NULL").fetchall()
    names = {name for _, name, _ in rows}
    definitions = {(kind, name): sql for kind, name, sql in rows if not name.startswith("sqlite_stat")}
    tables = ["_sqlite_migrations"] if "_sqlite_migrations" in names else []
    found = {table: conn.execute(f"SELECT * FROM {schema}.{table} ORDER BY 1").fetchall() for table in tables}
    return Model(definitions, {table: [tuple(row) for row in rows] for table, rows in found.items()})


def compare_definitions(expected: Model, found: Model) -> Iterator[Difference]:
    """Yield tables, views, indexes and triggers that differ from ours; a forged view would show forged rows."""
    for kind, name in sorted(expected.definitions.keys() | found.definitions.keys()):
        ours, theirs = expected.definitions.get((kind, name)), found.definitions.get((kind, name))
        if ours is None:
            yield Difference(name, "", f"{kind} {name}: wparchive makes none; nothing that it shows is proven")
        elif theirs is None:
            yield Difference(name, "", f"{kind} {name}: isn't there")
        elif ours != theirs:
            yield Difference(name, "", f"{kind} {name}: isn't defined as wparchive defines it")
    for table, rows in expected.constants.items():
        if table in found.constants and found.constants[table] != rows:
            yield Difference(table, "", f"{table}: its rows aren't what wparchive writes there")


def compare_table(conn: sqlite3.Connection, table: Table) -> Iterator[Difference]:
    """Yield the differences of one table: every row, all columns, in both directions."""
    columns = [row[1] for row in conn.execute(f"PRAGMA main.table_xinfo({table.name})")]
    yield from _keyed(conn, table, columns) if table.key else _unkeyed(conn, table, columns)


def _keyed(conn: sqlite3.Connection, table: Table, columns: Sequence[str]) -> Iterator[Difference]:
    on = " AND ".join(f'a."{name}" = b."{name}"' for name in table.key)
    others = [name for name in columns if name not in table.key] or list(table.key)
    key = ", ".join(f'a."{name}"' for name in table.key)
    about = f"{_site(table)}, {key}"
    unlike = [f'a."{name}" IS NOT b."{name}"' for name in others]
    query = (
        f"SELECT {about}, {', '.join(unlike)} FROM main.{table.name} a CROSS JOIN stands.{table.name} b ON {on} "
        f"WHERE {' OR '.join(unlike)}"
    )
    for row in conn.execute(query):
        names = ", ".join(name for name, differs in zip(others, row[1 + len(table.key) :], strict=True) if differs)
        yield _difference(table, row, f"differs from the WARCs in: {names}")
    for one, other, message in _ONE_SIDED:
        lacking = f"NOT EXISTS (SELECT 1 FROM {other}.{table.name} b WHERE {on})"
        rows = conn.execute(f"SELECT {about} FROM {one}.{table.name} a WHERE {lacking}")
        yield from (_difference(table, row, message) for row in rows)


def _unkeyed(conn: sqlite3.Connection, table: Table, columns: Sequence[str]) -> Iterator[Difference]:
    names = ", ".join(f'"{name}"' for name in columns)
    counted = f"SELECT {names}, count(*) FROM {{}}.{table.name} GROUP BY {names}"
    at = columns.index("site")
    for one, other, message in _ONE_SIDED:
        for row in conn.execute(f"{counted.format(one)} EXCEPT {counted.format(other)}"):
            shown = ", ".join(f"{name} {value}" for name, value in zip(columns, row, strict=False) if value is not None)
            yield Difference(table.name, str(row[at] or ""), f"{table.name}: {shown[:_SHORT]}: {message} (so often)")


def _site(table: Table) -> str:
    if "site" in table.columns:
        return 'a."site"'
    return "substr(a.warc, 1, instr(a.warc, '/') - 1)" if "warc" in table.columns else "''"


def _difference(table: Table, row: Sequence[object], message: str) -> Difference:
    key = "/".join("NULL" if part is None else str(part) for part in row[1 : 1 + len(table.key)])
    return Difference(table.name, str(row[0] or ""), f"{table.name}: {key}: {message}")


def compare_order(conn: sqlite3.Connection) -> Iterator[Difference]:
    """Yield sites whose rows of runs and captures are not in the order of the records."""
    for name in _ORDERED:
        (key,) = TABLES[name].key
        places = ", ".join(f"row_number() OVER (PARTITION BY a.site ORDER BY {one}.rowid) AS {one}" for one in "ab")
        query = (
            f"SELECT site FROM (SELECT a.site AS site, {places} FROM main.{name} a JOIN stands.{name} b "
            f"ON a.{key} = b.{key}) WHERE a != b GROUP BY site"
        )
        for (site,) in conn.execute(query):
            yield Difference(name, str(site or ""), f"{name}: its rows of {site} aren't in the order of the records")


def compare_search(conn: sqlite3.Connection) -> Iterator[Difference]:
    """Yield search tables that do not match their rows. `conn` has the database as `main`, writable."""
    for table in SEARCHED:
        conn.execute("SAVEPOINT public")
        try:
            # Rows read with credentials are not in the search tables.
            conn.execute(f"DELETE FROM {table.name} WHERE privilege != 'anonymous'")
            conn.execute(f"INSERT INTO {table.fts} ({table.fts}, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            _unless_damaged(error)
            yield Difference(table.fts, "", f"{table.fts}: the search index isn't that of the rows of {table.name}")
        finally:
            conn.execute("ROLLBACK TO public")
            conn.execute("RELEASE public")
        rows = gram_rows(conn, table.name, "1", {})
        yield from _compare_words(conn, table.grams, table.search, rows, table.name)
    yield from _compare_words(conn, PAST, ("title", "text"), all_past(conn), "versions")


def _compare_words(
    conn: sqlite3.Connection, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]], of: str
) -> Iterator[Difference]:
    """Compare a search table without text of its own with one that is filled again: every word and its place."""
    conn.execute("SAVEPOINT filled")
    try:
        conn.execute(f"CREATE VIRTUAL TABLE temp.refilled USING fts5({', '.join(columns)}, {GRAMS})")
        conn.executemany(f"INSERT INTO temp.refilled (rowid, {', '.join(columns)}) VALUES (?, ?, ?)", rows)
        conn.execute(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")
        same = _same_pages(conn, name) or _same_places(conn, name)
    except sqlite3.DatabaseError as error:
        _unless_damaged(error)
        same = False
    finally:
        conn.execute("ROLLBACK TO filled")
        conn.execute("RELEASE filled")
    if not same:
        yield Difference(name, "", f"{name}: the search index isn't that of the rows of {of}")


def _same_pages(conn: sqlite3.Connection, name: str) -> bool:
    """Return whether both have the same pages once all their parts are merged; the pages begin at 11.

    One more row makes a second part of each, as one alone would stay as it was written. The same words may fill pages
    differently all the same.
    """
    for one in ("refilled", name):
        conn.execute(f"INSERT INTO {one} (rowid, text) VALUES ({_ONE_MORE}, 'one more')")
        conn.execute(f"INSERT INTO {one} ({one}) VALUES ('optimize')")
    pages = "SELECT block FROM {}_data WHERE id > 10 ORDER BY id"
    sizes = "SELECT id, sz FROM {}_docsize ORDER BY id"
    return all(_same(conn, query.format("temp.refilled"), query.format(f"main.{name}")) for query in (pages, sizes))


def _same_places(conn: sqlite3.Connection, name: str) -> bool:
    """Return whether both have the same words in the same places; this takes ten times as long."""
    conn.execute("CREATE VIRTUAL TABLE temp.refilled_places USING fts5vocab(temp, refilled, instance)")
    conn.execute(f"CREATE VIRTUAL TABLE temp.{name}_places USING fts5vocab(main, {name}, instance)")
    places = "SELECT term, doc, col, offset FROM temp.{}_places"
    return _same(conn, places.format("refilled"), places.format(name))


def _same(conn: sqlite3.Connection, one: str, other: str) -> bool:
    with closing(conn.execute(one)) as ours, closing(conn.execute(other)) as theirs:
        return all(row == found for row, found in zip_longest(ours, theirs))


def _unless_damaged(error: sqlite3.DatabaseError) -> None:
    if primary_code(error) not in (*DAMAGE, sqlite3.SQLITE_ERROR):
        raise error


def compare_imprints(conn: sqlite3.Connection) -> Iterator[Difference]:
    """Yield internal tables (search, statistics) that are not byte for byte as the indexer left them."""
    stated = dict(conn.execute('SELECT "table", sha256 FROM _wparchive_imprints').fetchall())
    found = dict(imprints(conn))
    for name in sorted(stated.keys() | found.keys(), key=str):
        if stated.get(name) != found.get(name):
            yield Difference(str(name), "", f"{name}: isn't as the index left it")
