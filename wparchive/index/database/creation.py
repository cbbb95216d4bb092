"""Creates the schema through sqlite-utils: tables, indexes, search, views and migrations.

What sqlite-utils cannot express is plain SQL, and only here: WITHOUT ROWID, a generated column, FTS5 settings.
"""

import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from wparchive.index.schema import FULL_TEXT, ITEM_TABLES, PAST, SEARCHED, TABLES
from wparchive.index.table import PARENTS, Table
from wparchive.store.sqlite import apply_migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["GRAMS", "VIEWS", "empty_database", "ensure", "ensure_index", "migrate"]

_KEYS = {table: column for column, table in PARENTS.items()}
_TOKENS = "unicode61 remove_diacritics 2"
# Without text of their own, by pairs of signs; vowels and tones of Thai are part of a word, as they aren't above.
GRAMS = "content='', tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\""
# Bytes of words buffered in memory, and segments kept before merging: smaller values mean more merging.
_WORDS = {"hashsize": 4 << 20, "automerge": 12}


def _held(table: str) -> str:
    """Return the query for a table's numbers of items by site and type; each number is counted in an index."""
    kind = ITEM_TABLES[table].type_column
    same = f"n.site = {table}.site" + (f" AND n.{kind} = {table}.{kind}" if kind else "")
    counted = "(SELECT count(*) FROM {0} n WHERE {1} AND n.{2}) AS {3}"
    gone = counted.format(table, same, "gone IS NOT NULL", "gone")
    partial = counted.format(table, same, "partial", "partial")
    group = f"site, {kind}" if kind else "site"
    named = f"{ITEM_TABLES[table].type} AS type"
    return f"SELECT site, {named}, count(*) AS items, {gone}, {partial} FROM {table} GROUP BY {group}"  # noqa: S608 - our own


VIEWS: Mapping[str, str] = {
    "articles": """
        SELECT p.site, p.type, p.wp_id, p.title, p.date, u.name AS author, p.link,
          (SELECT group_concat(t.name, ', ') FROM post_terms pt JOIN terms t
             ON t.site = pt.site AND t.taxonomy = pt.taxonomy AND t.wp_id = pt.term
           WHERE pt.site = p.site AND pt.type IN (p.type, 'post_type:' || p.type) AND pt.wp_id = p.wp_id) AS terms,
          m.source_url AS image, p.modified_gmt, p.gone, p.capture
        FROM posts p
        LEFT JOIN users u ON u.site = p.site AND u.wp_id = p.author
        LEFT JOIN media m ON m.site = p.site AND m.wp_id = p.featured_media
        WHERE p.privilege = 'anonymous'""",
    "held": " UNION ALL ".join(map(_held, ITEM_TABLES)),
    "link_account": """
        SELECT site, relation, outcome, count(*) AS links FROM links GROUP BY site, relation, outcome""",
    "changes": """
        SELECT o.observed_at, o.site, o.change, o.title, o.summary, o.item, o.before, o.after, o.confirmed, o.fields,
          o.type, o.wp_id, o.run
        FROM observations o UNION ALL
        SELECT c.observed_at, c.site, 'copied', c.title, c.share || ' % of it stands in ' || c.other || ' too ('
          || c.kind || ')' || iif(c.others, ', and in ' || c.others || ' more', ''), c.item, c.before, c.after, NULL, NULL,
          c.type, c.wp_id, c.run
        FROM copied c ORDER BY 1 DESC, 6, 3""",
    "vanished": """
        SELECT gone_since, site, gone, title, link, item, type, wp_id, date_gmt AS published, last_seen,
          (SELECT o.after FROM observations o WHERE o.item = p.item AND o.change IN ('deleted', 'unpublished')
           ORDER BY o.observed_at DESC LIMIT 1) AS proof, capture AS last_held
        FROM posts p WHERE gone IS NOT NULL ORDER BY gone_since DESC""",
    "uncovered": """
        SELECT i.site, min(i.url) AS url, group_concat(DISTINCT i.source) AS sources, max(i.lastmod) AS lastmod,
          min(i.first_seen) AS first_seen, max(i.last_seen) AS last_seen,
          (SELECT k.capture FROM inventory s JOIN captures k ON k.url = s.url AND k.site = s.site AND k.kind = 'page'
           WHERE s.site = i.site AND s.key = i.key
           ORDER BY k.captured_at DESC LIMIT 1) AS page, max(i.document) AS document, max(i.capture) AS capture
        FROM inventory i JOIN inventory_documents d ON d.site = i.site AND d.url = i.document
        WHERE i.item IS NULL AND NOT i.elsewhere AND (i.source = 'feed' OR i.last_seen >= d.read_at)
          AND i.key IS NOT NULL AND instr(i.key, '#') = 0
        GROUP BY i.site, i.key
        HAVING coalesce((SELECT p.status FROM inventory s JOIN pages p ON p.site = s.site AND p.url = s.url
           WHERE s.site = i.site AND s.key = i.key AND p.capture IS NOT NULL
           ORDER BY p.rowid DESC LIMIT 1), 0) NOT IN (404, 410)""",
    "same_picture": """
        SELECT f.sha256, f.site, f.url, f.media_item, f.role, f.first_seen, f.capture,
          (SELECT count(DISTINCT s.site) FROM media_files s WHERE s.sha256 = f.sha256) AS sites,
          (SELECT count(*) FROM media_files s WHERE s.sha256 = f.sha256) AS places
        FROM media_files f
        WHERE f.sha256 IN (SELECT sha256 FROM media_files WHERE sha256 IS NOT NULL GROUP BY 1 HAVING count(*) > 1)
        ORDER BY f.sha256, f.first_seen""",
}


def migrate(conn: sqlite3.Connection) -> None:
    """Apply the missing migrations; afterwards every table and column exists.

    A change of the schema also changes ROW_RULES, so the rows are rebuilt, and one step that creates all tables is
    enough. Raises LookupError if an existing table is not as we make it.
    """
    page_size, pages = (conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count"))
    if not pages and not conn.in_transaction and hasattr(conn, "deserialize"):  # some builds of SQLite lack it
        with closing(sqlite3.connect(":memory:")) as made:
            made.deserialize(zlib.decompress(_made(page_size, tuple(TABLES.values()))))
            made.backup(conn)
    _migrate(conn)


@cache
def _made(page_size: int, _tables: tuple[Table, ...]) -> bytes:
    """Return a database with all of `TABLES`, packed: to copy it takes a twentieth of the time that creating them takes."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as conn:
        conn.execute(f"PRAGMA page_size = {page_size}")
        _migrate(conn)
        return zlib.compress(conn.serialize(), 1)


def _migrate(conn: sqlite3.Connection) -> None:
    from sqlite_utils.db import AlterError

    try:
        apply_migrations(conn, "wparchive", {"0001_tables": _create_all})
    except AlterError as error:
        raise LookupError(str(error)) from error
    # The database is a function of the WARCs alone, so its creation time must not be part of it.
    conn.execute("UPDATE _sqlite_migrations SET applied_at = '' WHERE migration_set = 'wparchive' AND applied_at != ''")


def ensure(conn: sqlite3.Connection) -> None:
    """Create missing indexes and views; existing ones are left alone."""
    db = _wrapped(conn)
    for table in TABLES.values():
        made = db.table(table.name)
        for columns in table.indexes:
            made.create_index(columns.split(), if_not_exists=True)
        if table.unique:
            made.create_index([table.unique], unique=True, if_not_exists=True)
        for columns, where in table.partial:
            name = f"idx_{table.name}_{'_'.join(columns.split())}_where"
            conn.execute(
                f"CREATE INDEX IF NOT EXISTS {name} ON {table.name} ({', '.join(columns.split())}) WHERE {where}"
            )
    for name, query in VIEWS.items():
        db.create_view(name, query.strip(), ignore=True)


@contextmanager
def empty_database() -> Iterator[sqlite3.Connection]:
    """Yield a database in memory with everything that ours have: tables, indexes, search, views."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as conn:
        migrate(conn)
        ensure(conn)
        yield conn


def ensure_index(conn: sqlite3.Connection, table: str, columns: str) -> None:
    """Create one index of the schema if it is missing."""
    _wrapped(conn).table(table).create_index(columns.split(), if_not_exists=True)


def _wrapped(conn: sqlite3.Connection) -> "Database":
    from sqlite_utils import Database  # importing it takes a tenth of a second, which `--help` need not spend

    return Database(conn, execute_plugins=False, recursive_triggers=False)


def _create_all(db: "Database") -> None:
    later = [reference for table in TABLES.values() for reference in _create(db, table)]
    db.add_foreign_keys(later)
    for table in TABLES.values():
        _add_generated(db, table)
    for table in SEARCHED:
        if not db.table(table.fts).exists():
            db.table(table.name).enable_fts(table.search, tokenize=_TOKENS)
        db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {table.grams} USING fts5({', '.join(table.search)}, {GRAMS})")
    db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {PAST} USING fts5(title, text, {GRAMS})")
    for name in FULL_TEXT:
        db.conn.executemany(f"INSERT INTO {name}({name}, rank) VALUES (?, ?)", _WORDS.items())  # noqa: S608 - our own


def _add_generated(db: "Database", table: Table) -> None:
    stand = {row[1] for row in db.execute(f"PRAGMA table_xinfo({table.name})")}
    for column in table.generated:
        if column.name not in stand:
            refers = f" REFERENCES {column.refers_to}({_KEYS[column.refers_to]})" if column.refers_to else ""
            made = f"{column.name} TEXT GENERATED ALWAYS AS ({column.expression}) VIRTUAL{refers}"
            db.execute(f"ALTER TABLE {table.name} ADD COLUMN {made}")


def _create(db: "Database", table: Table) -> list[tuple[str, str, str, str]]:
    """Create one table; return its references to tables that are created later."""
    stand = {*db.table_names(), table.name}
    references = [(table.name, column, other, _KEYS[other]) for column, other in table.references.items()]
    known = [one for one in references if one[2] in stand]
    if table.rowid:
        db.table(table.name).create(
            table.types, pk=table.key or None, not_null=table.key, foreign_keys=known, if_not_exists=True
        )
    else:
        sql = db.create_table_sql(
            table.name, table.types, pk=table.key, not_null=table.key, foreign_keys=known, if_not_exists=True
        )
        db.execute(f"{sql.rstrip().removesuffix(';')} WITHOUT ROWID")
    return [one for one in references if one not in known]
