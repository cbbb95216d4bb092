"""The shape of `archive.db` as data: tables, foreign keys, indexes, search, views; and what brings a file to it.

A column is `name` (text) or `name:TYPE`. Short columns stand first and long ones last, so that looking up a digest or
counting a facet never walks through bodies. Foreign keys of one column only: those are the ones that Datasette follows.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from wparchive.store.sqlite import apply_migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = [
    "FTS",
    "INDEXES",
    "ITEM_TABLES",
    "MIGRATIONS",
    "ROW_RULES",
    "TABLES",
    "VIEWS",
    "Fts",
    "Stamp",
    "Table",
    "ensure",
    "ensure_index",
    "migrate",
    "of_type",
    "stamp",
    "stamp_of",
]

ROW_RULES = 21
"""The version of `archive.db`: of the migrations below, and of all that decides what stands in a row.

Move it up by one with every migration, and whenever the same WARC gives other rows than before (a column is filled
otherwise, a digest levels more noise, another change is noticed). A database of lower rules is made anew from the WARCs by
the next `index` or `crawl`; one of higher rules belongs to a newer program, and is left alone.
"""

_PARENTS = {"site": "sites", "run": "runs", "capture": "captures"}


@dataclass(frozen=True, slots=True)
class Table:
    """One table; `extra` references go beyond `site`, `run` and `capture`, which point at the tables so called."""

    name: str
    key: tuple[str, ...]
    spelled: str
    extra: tuple[tuple[str, str], ...] = ()
    rowid: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order; generated ones left out."""
        return tuple(word.partition(":")[0] for word in self.spelled.split())

    @property
    def references(self) -> dict[str, str]:
        """Column → the table that it points at."""
        own = {name: table for name, table in _PARENTS.items() if name in self.columns and table != self.name}
        return {**own, **dict(self.extra)}

    def sql(self, generated: str = "") -> str:
        """The CREATE TABLE statement."""
        lines = [_column(word, self.key) for word in self.spelled.split()]
        lines += [generated] if generated else []
        lines += [f"PRIMARY KEY ({', '.join(map(_quoted, self.key))})"] if self.key else []
        lines += [
            f"FOREIGN KEY ({_quoted(column)}) REFERENCES {_quoted(table)} ({_quoted(_PARENT_KEYS[table])})"
            for column, table in self.references.items()
        ]
        tail = "" if self.rowid else " WITHOUT ROWID"
        return f"CREATE TABLE IF NOT EXISTS {_quoted(self.name)} (\n  " + ",\n  ".join(lines) + f"\n){tail}"


_PARENT_KEYS = {table: column for column, table in _PARENTS.items()}


def _quoted(name: str) -> str:
    return f'"{name}"'


def _column(word: str, key: tuple[str, ...]) -> str:
    name, _, kind = word.partition(":")
    return f"{_quoted(name)} {kind or 'TEXT'}{' NOT NULL' if name in key else ''}"


# What every table of items has beside its own columns; see `rows.py`.
_HELD = (
    "payload_sha256 text_sha256 first_seen last_seen gone gone_since missing_since privilege partial:INTEGER capture"
)

_PUBLIC = (
    Table(
        "sites",
        ("site",),
        "site name state wordpress_version home root root_form description timezone first_run last_run "
        "reason moved_from aliases hosts address",
        (("first_run", "runs"), ("last_run", "runs")),
    ),
    Table(
        "runs",
        ("run",),
        "run site mode started_at finished_at outcome exit_code:INTEGER requests:INTEGER captures:INTEGER "
        "revisits:INTEGER bytes:INTEGER gaps:INTEGER state crawl continues target reason wparchive "
        "user_agent settings",
    ),
    Table(
        "captures",
        ("capture",),
        "capture site run method url route kind captured_at status:INTEGER mime body_sha256 payload_digest "
        "record_type refers_to warc offset:INTEGER length:INTEGER privilege truncated flags verdict answer "
        "final:INTEGER crawl key payload_size:INTEGER error code dated age:INTEGER",
        (("refers_to", "captures"),),
    ),
    Table(
        "collections",
        ("site", "route"),
        "site route type table title skipped run",
    ),
    Table(
        "listings",
        ("run", "site", "route"),
        "run site route type stated:INTEGER held:INTEGER withheld:INTEGER pages:INTEGER outcome "
        "verified:INTEGER reason how capture",
    ),
    Table(
        "gaps",
        (),
        "run site route first_position:INTEGER last_position:INTEGER reason",
    ),
    Table(
        "posts",
        ("site", "type", "wp_id"),
        "site type wp_id:INTEGER title slug status date date_gmt modified modified_gmt author:INTEGER "
        "featured_media:INTEGER parent:INTEGER sticky:INTEGER protected:INTEGER link guid "
        f"revision_count:INTEGER predecessor_version:INTEGER {_HELD} excerpt text content raw",
    ),
    Table(
        "revisions",
        ("site", "wp_id"),
        "site type wp_id:INTEGER parent:INTEGER author:INTEGER date date_gmt modified modified_gmt slug "
        "title first_seen last_seen payload_sha256 capture excerpt content raw",
    ),
    Table(
        "media",
        ("site", "wp_id"),
        "site wp_id:INTEGER title slug alt_text mime_type media_type source_url original_url post:INTEGER "
        "width:INTEGER height:INTEGER filesize:INTEGER credit copyright status author:INTEGER link date date_gmt "
        f"modified modified_gmt {_HELD} caption description text raw",
    ),
    Table(
        "media_files",
        ("site", "url"),
        "site url media:INTEGER role status:INTEGER problem mime detected bytes:INTEGER sha256 width:INTEGER "
        "height:INTEGER first_seen last_seen gone gone_since latest pieces flags key capture",
        (("latest", "captures"),),
    ),
    Table(
        "pictures",
        ("sha256",),
        "sha256 format width:INTEGER height:INTEGER phash phash_square author credit copyright source caption taken camera "
        "tags",
    ),
    Table(
        "traces",
        ("site", "type", "wp_id", "url"),
        "site type wp_id:INTEGER url outcome host upload media:INTEGER media_link media_url media_date credit "
        "article:INTEGER article_type article_link article_title article_date reason traced_at run capture "
        "article_capture",
        (("article_capture", "captures"),),
    ),
    Table(
        "comments",
        ("site", "wp_id"),
        "site wp_id:INTEGER post:INTEGER parent:INTEGER author:INTEGER author_name author_url date date_gmt "
        f"status comment_type link {_HELD} text content raw",
    ),
    Table(
        "terms",
        ("site", "taxonomy", "wp_id"),
        f"site taxonomy wp_id:INTEGER name slug parent:INTEGER count:INTEGER link {_HELD} description raw",
    ),
    Table(
        "users",
        ("site", "wp_id"),
        f"site wp_id:INTEGER name slug url link {_HELD} description raw",
    ),
    Table(
        "objects",
        ("site", "route", "slug"),
        "site route slug name first_seen last_seen privilege capture raw",
    ),
    Table(
        "post_terms",
        ("site", "type", "wp_id", "taxonomy", "term"),
        "site type wp_id:INTEGER taxonomy term:INTEGER",
        rowid=False,
    ),
    Table(
        "links",
        ("site", "type", "wp_id", "relation", "href"),
        "site type wp_id:INTEGER relation href route outcome capture",
        rowid=False,
    ),
    Table(
        "outbound",
        ("site", "type", "wp_id", "url"),
        "site type wp_id:INTEGER url host element hotlink:INTEGER origin upload",
        rowid=False,
    ),
    Table(
        "versions",
        ("site", "type", "wp_id", "payload_sha256"),
        "site type wp_id:INTEGER payload_sha256 title first_seen last_seen modified_gmt text_sha256 "
        "revision_count:INTEGER predecessor_version:INTEGER privilege capture excerpt content",
    ),
    Table(
        "observations",
        (),
        "run site type wp_id:INTEGER change fields before after confirmed",
        (("before", "captures"), ("after", "captures"), ("confirmed", "captures")),
    ),
    Table(
        "damage",
        ("warc", "offset"),
        "site warc offset:INTEGER length:INTEGER kind reason record run held_again",
        (("held_again", "runs"),),
        rowid=False,
    ),
    Table(
        "records",
        ("warc", "offset"),
        "warc offset:INTEGER length:INTEGER type record_id sha256",
        rowid=False,
    ),
)

# The indexer's own notes: how far each file is read, which runs are concluded, whose links wait for the end of their run.
_INTERNAL = (
    Table("_wparchive_files", ("warc",), "warc site run end:INTEGER", rowid=False),
    Table("_wparchive_answers", ("site", "route"), "site route outcome", rowid=False),
    Table("_wparchive_runs", ("run",), "run site finished:INTEGER", rowid=False),
    Table("_wparchive_held", ("site", "route", "run"), "site route run how ids slugs lacking", rowid=False),
    # What the run under way confirmed of items that were changed without a date, and what moves by itself on a site.
    Table(
        "_wparchive_confirmed",
        ("site", "type", "wp_id"),
        "site type wp_id:INTEGER change fields before after confirmed",
        rowid=False,
    ),
    Table("_wparchive_volatile", ("site", "type", "entry"), "site type entry", rowid=False),
    # Files that came different from the one before, as long as no second reading has said the same.
    Table("_wparchive_replaced", ("site", "key"), "site key before sha256", rowid=False),
    Table("_wparchive_imprints", ("table",), "table sha256", rowid=False),
    Table(
        "_wparchive_pending",
        ("site", "type", "wp_id"),
        "site type wp_id:INTEGER item_table is_new:INTEGER stood before gone capture sighted old_capture links old_raw",
        rowid=False,
    ),
)

TABLES = {table.name: table for table in (*_PUBLIC, *_INTERNAL)}

# Tables of items → the column that, with the site and the id, names an item; None where the table holds one type only.
ITEM_TABLES = {"posts": "type", "media": None, "comments": None, "terms": "taxonomy", "users": None}


def of_type(table: str, *, alias: str = "") -> str:
    """The condition that an item of `table` is of the type :type, as `typenames` spells it."""
    column = ITEM_TABLES[table]
    prefix = {"posts": "post_type:", "terms": "taxonomy:"}.get(table)
    return f"{alias and f'{alias}.'}{column} = replace(:type, '{prefix}', '')" if column else ":type IS NOT NULL"


# The label that Datasette shows wherever a row points at its evidence.
_GENERATED = {
    "captures": "\"title\" TEXT GENERATED ALWAYS AS (coalesce(status, 'no answer') || ' ' || coalesce(route, url) || ' ' || "
    "substr(captured_at, 1, 19)) VIRTUAL",
}

# table: columns of each index. Facets need theirs on one column; a page about a capture counts the rows that point at it.
INDEXES: dict[str, tuple[str, ...]] = {
    "captures": ("site kind", "run", "status", "url", "site route", "kind", "refers_to"),
    "listings": ("site route", "outcome", "capture"),
    "gaps": ("run", "site route"),
    "posts": ("type", "status", "author", "date_gmt", "modified_gmt", "slug", "link", "capture"),
    "revisions": ("site parent", "capture"),
    "media": ("mime_type", "site post", "source_url", "date_gmt", "capture"),
    "media_files": ("site media", "site key", "role", "problem", "sha256", "capture", "latest"),
    "pictures": ("phash",),
    "traces": ("host", "outcome", "capture", "article_capture"),
    "comments": ("site post", "author_name", "date_gmt", "status", "capture"),
    "terms": ("taxonomy", "slug", "capture"),
    "users": ("slug", "capture"),
    "objects": ("capture",),
    "post_terms": ("taxonomy term",),
    "links": ("outcome site", "relation", "capture"),
    "outbound": ("host", "element"),
    "versions": ("capture",),
    "observations": ("run", "change", "site type wp_id", "before", "after", "confirmed"),
    "records": ("record_id",),
    "damage": ("site",),
}


@dataclass(frozen=True, slots=True)
class Fts:
    """Full-text search over `columns` of `table`, filled by the indexer rather than by triggers."""

    table: str
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The virtual table; Datasette finds it by its content table."""
        return f"{self.table}_fts"

    @property
    def sql(self) -> str:
        """The CREATE VIRTUAL TABLE statement."""
        columns = ", ".join(self.columns)
        return (
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {self.name} USING FTS5 "
            f"({columns}, tokenize='unicode61 remove_diacritics 2', content=\"{self.table}\")"
        )


# Bytes of words kept in memory before they are written, and how many such lots are kept apart: less means more merging.
_WORDS = {"hashsize": 4 << 20, "automerge": 12}
FTS = (Fts("posts", ("title", "text")), Fts("media", ("title", "text")), Fts("comments", ("author_name", "text")))

VIEWS = {
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
    "held": """
        SELECT site, type, count(*) AS items, sum(gone IS NOT NULL) AS gone, sum(partial) AS partial FROM posts GROUP BY 1, 2
        UNION ALL SELECT site, 'attachment', count(*), sum(gone IS NOT NULL), sum(partial) FROM media GROUP BY 1
        UNION ALL SELECT site, 'comment', count(*), sum(gone IS NOT NULL), sum(partial) FROM comments GROUP BY 1
        UNION ALL SELECT site, taxonomy, count(*), sum(gone IS NOT NULL), sum(partial) FROM terms GROUP BY 1, 2
        UNION ALL SELECT site, 'user', count(*), sum(gone IS NOT NULL), sum(partial) FROM users GROUP BY 1""",
    "link_account": """
        SELECT site, relation, outcome, count(*) AS links FROM links GROUP BY site, relation, outcome""",
}


def migrate(conn: sqlite3.Connection) -> None:
    """Apply the migrations that the database hasn't had: after this every table and column stands."""
    apply_migrations(conn, "wparchive", MIGRATIONS)
    # The database is a function of the WARCs alone: when it was made isn't part of it.
    conn.execute("UPDATE _sqlite_migrations SET applied_at = '' WHERE migration_set = 'wparchive' AND applied_at != ''")


class Stamp(NamedTuple):
    """What the head of the file says: by which rules its rows were made, whether its pictures were looked at.

    `whole` is false from the moment an index begins to write until it has ended.
    """

    rules: int
    pictures: bool
    whole: bool


def stamp(conn: sqlite3.Connection, *, pictures: bool, whole: bool = True) -> None:
    """Write into the head of the file that its rows follow ROW_RULES; where it says so already, nothing is written."""
    if stamp_of(conn) != (ROW_RULES, pictures, whole):
        conn.execute(f"PRAGMA user_version = {ROW_RULES * 4 + pictures * 2 + whole}")


def stamp_of(conn: sqlite3.Connection) -> Stamp:
    """What the head of the file says; rules 0 where it was made before it said anything."""
    found: int = conn.execute("PRAGMA user_version").fetchone()[0]
    return Stamp(found // 4, bool(found & 2), bool(found & 1))


def ensure(conn: sqlite3.Connection) -> None:
    """Create the indexes and views that are missing; does nothing where they stand."""
    for table, spelled in INDEXES.items():
        for columns in spelled:
            ensure_index(conn, table, columns)
    for name, query in VIEWS.items():
        conn.execute(f"CREATE VIEW IF NOT EXISTS {name} AS {query.strip()}")


def ensure_index(conn: sqlite3.Connection, table: str, columns: str) -> None:
    """Create one index of `INDEXES` when it is missing."""
    names = columns.split()
    conn.execute(
        f"CREATE INDEX IF NOT EXISTS idx_{table}_{'_'.join(names)} ON {_quoted(table)} "
        f"({', '.join(map(_quoted, names))})"
    )


def _grow(db: "Database") -> None:
    """Add the tables and columns that `TABLES` has and the database lacks: what a migration that adds some calls."""
    for table in TABLES.values():
        generated = _GENERATED.get(table.name, "")
        db.execute(table.sql(generated))
        present = {row[1] for row in db.execute(f"PRAGMA table_info({_quoted(table.name)})").fetchall()}
        for word in table.spelled.split():
            if word.partition(":")[0] not in present:
                db.execute(f"ALTER TABLE {_quoted(table.name)} ADD COLUMN {_column(word, ())}")
    for fts in FTS:
        db.execute(fts.sql)
        for setting, value in _WORDS.items():
            db.execute(f"INSERT INTO {fts.name}({fts.name}, rank) VALUES ('{setting}', {value})")  # noqa: S608 - our own


# One that only adds tables and columns is `_grow` again, under its own name.
MIGRATIONS: Mapping[str, Callable[["Database"], None]] = {
    "0001_tables": _grow,
    "0002_history": _grow,
    "0003_files": _grow,
    "0004_squares": _grow,
    "0005_held": _grow,
    "0006_damage": _grow,
    "0007_confirmed": _grow,
    "0008_address": _grow,
    "0009_imprints": _grow,
    "0010_age": _grow,
    "0011_replaced": _grow,
}
