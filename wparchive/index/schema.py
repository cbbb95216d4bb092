"""The schema of `archive.db` as data: tables, references, indexes and search, and the version of its row rules.

Short columns come first and long ones last, so that looking up a digest or counting a facet never reads bodies. Foreign
keys have a single column, because Datasette follows only those. The tables of items are described in `item_tables`;
`creation` makes a database from all of it.
"""

import sqlite3
from typing import NamedTuple

from wparchive.index.internal_tables import INTERNAL
from wparchive.index.item_tables import ITEM_TABLES
from wparchive.index.kinship.tables import KINSHIP, KINSHIP_NOTES
from wparchive.index.table import ITEM, Generated, Table, item_key

__all__ = ["FULL_TEXT", "ITEM_TABLES", "PAST", "ROW_RULES", "SEARCHED", "TABLES", "Stamp", "stamp", "stamp_of"]

ROW_RULES = 33
"""The version of `archive.db`: of its schema, and of everything that determines the content of a row.

Increase it with every change of a table, and whenever the same WARC results in other rows than before (a column is
filled differently, a digest ignores more noise, another change is observed). A database with a lower version is rebuilt
from the WARCs by the next `index` or `crawl`; one with a higher version belongs to a newer program, and is left alone.
"""

_PUBLIC: tuple[Table, ...] = (
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
        indexes=("crawl",),
    ),
    Table(
        "captures",
        ("capture",),
        "capture site run method url route kind captured_at status:INTEGER mime body_sha256 payload_digest "
        "record_type refers_to warc offset:INTEGER length:INTEGER privilege truncated flags verdict answer "
        "final:INTEGER crawl key payload_size:INTEGER error code dated age:INTEGER source source_name source_offset:INTEGER "
        "source_length:INTEGER clock also",
        (("refers_to", "captures"),),
        indexes=(
            *("site kind", "run", "status", "url", "site route", "kind", "refers_to"),
            *("body_sha256", "site captured_at"),
        ),
        generated=(
            Generated(  # the label that Datasette shows wherever a row refers to its capture
                "title",
                "coalesce(status, 'no answer') || ' ' || coalesce(route, url) || ' ' || substr(captured_at, 1, 19)",
            ),
        ),
    ),
    Table(
        "collections",
        ("site", "route"),
        "site route type table title skipped run",
        indexes=("type",),
    ),
    Table(
        "listings",
        ("run", "site", "route"),
        "run site route type stated:INTEGER held:INTEGER withheld:INTEGER pages:INTEGER outcome "
        "verified:INTEGER reason how capture",
        indexes=("site route", "outcome", "capture"),
    ),
    Table(
        "gaps",
        (),
        "run site route first_position:INTEGER last_position:INTEGER reason",
        indexes=("run", "site route"),
    ),
    Table(
        "sources",
        ("site", "source", "name"),
        "site source name size:INTEGER format software operator part_of first_at last_at records:INTEGER "
        "taken:INTEGER skipped damage run",
        indexes=("run", "source"),
    ),
    Table(
        "coverage",
        ("run", "site", "route"),
        "run site route type stated:INTEGER seen:INTEGER pages:INTEGER pages_seen:INTEGER first_at last_at capture",
        indexes=("site route", "capture"),
    ),
    Table(
        "items",
        ("item",),
        "item site type wp_id:INTEGER title",
        rowid=False,
        indexes=("site type",),
    ),
    *ITEM_TABLES.values(),
    Table(
        "revisions",
        ("site", "wp_id"),
        "site type wp_id:INTEGER parent:INTEGER author:INTEGER date date_gmt modified modified_gmt slug "
        "title first_seen last_seen payload_sha256 capture excerpt content raw",
        indexes=("site parent", "capture", "item", "author_item"),
        generated=(item_key("item", "type", "parent"), item_key("author_item", "'user'", "author")),
    ),
    Table(
        "media_files",
        ("site", "url"),
        "site url media:INTEGER role status:INTEGER problem mime detected bytes:INTEGER sha256 width:INTEGER "
        "height:INTEGER first_seen last_seen gone gone_since latest pieces flags key capture",
        (("latest", "captures"),),
        indexes=("site media", "site key", "role", "problem", "sha256 site", "capture", "latest", "media_item"),
        partial=(("first_seen", "sha256 IS NOT NULL"),),
        generated=(item_key("media_item", "'attachment'", "media"),),
    ),
    Table(
        "pages",
        (),
        "site url type wp_id:INTEGER payload_sha256 status:INTEGER verdict agrees:INTEGER final_url captured_at "
        "text_sha256 canonical reason capture",
        indexes=("site url", "site type wp_id", "item", "final_url", "verdict", "capture"),
        generated=(item_key(),),
    ),
    Table(
        "page_differences",
        (),
        "site type wp_id:INTEGER kind capture item_says page_shows",
        indexes=("capture", "item"),
        generated=(item_key(),),
    ),
    Table(
        "page_files",
        ("site", "page", "url"),
        "site page url role capture",
        rowid=False,
        indexes=("site url", "role", "capture"),
    ),
    Table(
        "pictures",
        ("sha256",),
        "sha256 format width:INTEGER height:INTEGER phash phash_square author credit copyright source caption taken camera "
        "tags",
        indexes=("phash",),
    ),
    Table(
        "traces",
        ("site", "type", "wp_id", "url"),
        "site type wp_id:INTEGER url outcome host upload media:INTEGER media_link media_url media_date credit "
        "article:INTEGER article_type article_link article_title article_date reason traced_at run capture "
        "article_capture",
        (("article_capture", "captures"),),
        indexes=("host", "outcome", "capture", "article_capture", "item"),
        generated=(item_key(),),
    ),
    Table(
        "objects",
        ("site", "route", "slug"),
        "site route slug name first_seen last_seen privilege capture raw",
        indexes=("capture",),
    ),
    Table(
        "post_terms",
        ("site", "type", "wp_id", "taxonomy", "term"),
        "site type wp_id:INTEGER taxonomy term:INTEGER",
        rowid=False,
        indexes=("taxonomy term",),
    ),
    Table(
        "links",
        ("site", "type", "wp_id", "relation", "href"),
        "site type wp_id:INTEGER relation href route outcome capture",
        rowid=False,
        indexes=("outcome site", "site relation outcome", "capture"),
        generated=(Generated("item", ITEM),),
    ),
    Table(
        "translations",
        ("site", "type", "wp_id", "language"),
        "site type wp_id:INTEGER language translation url how target:INTEGER capture",
        (("translation", "items"),),
        indexes=("item", "translation", "language", "capture"),
        generated=(item_key(),),
    ),
    Table(
        "languages",
        ("site", "language"),
        "site language how param url shown reason same part capture run",
        indexes=("language", "capture"),
    ),
    Table(
        "outbound",
        ("site", "type", "wp_id", "url"),
        "site type wp_id:INTEGER url host element hotlink:INTEGER origin upload",
        rowid=False,
        indexes=("host", "element", "url"),
        partial=(("hotlink host site type wp_id", "hotlink = 1"),),
        generated=(Generated("item", ITEM),),
    ),
    Table(
        "versions",
        ("site", "type", "wp_id", "payload_sha256"),
        "site type wp_id:INTEGER payload_sha256 title first_seen last_seen date_gmt modified_gmt text_sha256 "
        "revision_count:INTEGER predecessor_version:INTEGER privilege link guid capture excerpt content",
        indexes=("link", "capture", "item"),
        generated=(item_key(),),
    ),
    Table(
        "observations",
        (),
        "run site type wp_id:INTEGER change fields before after confirmed observed_at title summary",
        (("before", "captures"), ("after", "captures"), ("confirmed", "captures")),
        indexes=(
            *("run", "site type wp_id", "before", "after", "confirmed"),
            *("item", "observed_at", "site observed_at", "change observed_at"),
        ),
        generated=(item_key(),),
    ),
    Table(
        "inventory",
        ("site", "url", "source"),
        "site url source document lastmod first_seen last_seen item elsewhere:INTEGER capture key",
        indexes=("site item", "site key", "item", "capture", "document"),
    ),
    Table(
        "inventory_documents",
        ("site", "url"),
        "site url source form status:INTEGER entries:INTEGER fault first_seen last_seen read_at run latest capture",
        (("latest", "captures"),),
        indexes=("run", "capture", "latest"),
    ),
    Table(
        "damage",
        ("warc", "offset"),
        "site warc offset:INTEGER length:INTEGER kind reason record run held_again",
        (("held_again", "runs"),),
        rowid=False,
        indexes=("site", "run"),
    ),
    Table(
        "records",
        ("warc", "offset"),
        "warc offset:INTEGER length:INTEGER type record_id sha256",
        rowid=False,
        indexes=("record_id",),
    ),
    *KINSHIP,
)

# The indexer's own notes: how far each file is read, which runs are concluded, whose links wait for the end of a run.
TABLES: dict[str, Table] = {table.name: table for table in (*_PUBLIC, *INTERNAL, *KINSHIP_NOTES)}
SEARCHED = tuple(table for table in TABLES.values() if table.search)
PAST = "past_fts"
"""The full-text table of superseded versions; its rowids are theirs."""
FULL_TEXT = (*(table.fts for table in SEARCHED), *(table.grams for table in SEARCHED), PAST)
"""Every full-text table."""


class Stamp(NamedTuple):
    """What the file's header states: the version of its row rules, and whether its pictures were hashed.

    `whole` is False from the moment an index run begins to write until it has ended.
    """

    rules: int
    pictures: bool
    whole: bool


def stamp(conn: sqlite3.Connection, *, pictures: bool, whole: bool = True) -> None:
    """Write into the file's header that its rows follow ROW_RULES; nothing is written if it is there already."""
    if stamp_of(conn) != (ROW_RULES, pictures, whole):
        conn.execute(f"PRAGMA user_version = {ROW_RULES * 4 + pictures * 2 + whole}")


def stamp_of(conn: sqlite3.Connection) -> Stamp:
    """Return what the file's header states; `rules` is 0 if it was made before there was a stamp."""
    found: int = conn.execute("PRAGMA user_version").fetchone()[0]
    return Stamp(found // 4, bool(found & 2), bool(found & 1))
