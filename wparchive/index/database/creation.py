"""Creates the schema through sqlite-utils: tables, indexes, search, views and migrations.

What sqlite-utils cannot express is plain SQL, and only here: WITHOUT ROWID, a generated column, FTS5 settings.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from wparchive.index.schema import FULL_TEXT, ITEM_TABLES, PAST, SEARCHED, TABLES
from wparchive.index.table import PARENTS, Table
from wparchive.store.sqlite import apply_migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["GRAMS", "VIEWS", "empty_database", "ensure", "ensure_index", "migrate"]

_KEYS = {table: column for column, table in PARENTS.items()}
# The label that Datasette shows wherever a row refers to its capture.
_LABEL = (
    "ALTER TABLE captures ADD COLUMN title TEXT GENERATED ALWAYS AS (coalesce(status, 'no answer') || ' ' || "
    "coalesce(route, url) || ' ' || substr(captured_at, 1, 19)) VIRTUAL"
)
_TOKENS = "unicode61 remove_diacritics 2"
# Without text of their own, by pairs of signs; vowels and tones of Thai are part of a word, as they aren't above.
GRAMS = "content='', tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\""
# Bytes of words buffered in memory, and segments kept before merging: smaller values mean more merging.
_WORDS = {"hashsize": 4 << 20, "automerge": 12}


def _held(table: str) -> str:
    kind = f"{ITEM_TABLES[table].type} AS type"
    counts = "count(*) AS items, sum(gone IS NOT NULL) AS gone, sum(partial) AS partial"
    return f"SELECT site, {kind}, {counts} FROM {table} GROUP BY 1, 2"  # noqa: S608 - our own names


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
}


def migrate(conn: sqlite3.Connection) -> None:
    """Apply the missing migrations; afterwards every table and column exists.

    A change of the schema also changes ROW_RULES, so the rows are rebuilt, and one step that creates all tables is
    enough. Raises LookupError if an existing table is not as we make it.
    """
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
    if "title" not in {row[1] for row in db.execute("PRAGMA table_xinfo(captures)")}:
        db.execute(_LABEL)
    for table in SEARCHED:
        if not db.table(table.fts).exists():
            db.table(table.name).enable_fts(table.search, tokenize=_TOKENS)
        db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {table.grams} USING fts5({', '.join(table.search)}, {GRAMS})")
    db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {PAST} USING fts5(title, text, {GRAMS})")
    for name in FULL_TEXT:
        db.conn.executemany(f"INSERT INTO {name}({name}, rank) VALUES (?, ?)", _WORDS.items())  # noqa: S608 - our own


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
