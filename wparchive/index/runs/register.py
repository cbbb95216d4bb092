"""What a run leaves for people who browse: the register of items, what comments belong to, and what a change says.

`items` has a row for each item of every table, because Datasette follows references of a single column to a single
table. All of it follows from the rows as they stand at the end of a run, so a rebuild has the same result.
"""
# ruff: noqa: S608 - names of tables can't be parameters; all are our own

import json
import sqlite3

from wparchive.index.database.creation import ensure_index
from wparchive.index.runs.summaries import summaries
from wparchive.index.runs.tongues import settle_languages
from wparchive.index.schema import ITEM_TABLES
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.type_names import PREFIXES

__all__ = ["register"]

# The types of a site's posts, each found by one step in the key instead of by reading all of it.
_TYPES = """
    WITH RECURSIVE found (type) AS (
      SELECT min(type) FROM posts WHERE site = :site
      UNION ALL SELECT (SELECT min(type) FROM posts WHERE site = :site AND type > found.type) FROM found
      WHERE found.type IS NOT NULL)
    SELECT type FROM found WHERE type IS NOT NULL"""
_WRITTEN = "SELECT wp_id FROM _wparchive_pending WHERE site = :site AND item_table = '{}'"


def register(conn: sqlite3.Connection, site: str, noticed: int, noise: SiteNoise) -> None:
    """Bring the register up to date with what a run wrote, and complete the observations after the rowid `noticed`."""
    for table in ITEM_TABLES:
        conn.execute(_registered(table), {"site": site})
    types = json.dumps([kind for (kind,) in conn.execute(_TYPES, {"site": site})])
    for table in ("comments", "media"):
        ensure_index(conn, table, "site post")  # a new database gets its indexes only at the end
        for which in (f"wp_id IN ({_WRITTEN.format(table)})", f"post IN ({_WRITTEN.format('posts')} AND is_new)"):
            conn.execute(_attached(table, which), {"site": site, "types": types})
    settle_languages(conn, site)
    conn.execute(_DATED, {"noticed": noticed, "site": site})
    conn.executemany(_SUMMARY, summaries(conn, site, noticed, noise))


def _registered(table: str) -> str:
    columns = ITEM_TABLES[table]
    prefix = PREFIXES.get(table, "")
    alike = f"AND r.{columns.type_column} = replace(p.type, '{prefix}', '')" if columns.type_column else ""
    kind = f"r.{columns.type_column}" if columns.type_column else columns.type
    return (
        f"INSERT INTO items SELECT r.item, r.site, {kind}, r.wp_id, r.{columns.title} FROM _wparchive_pending p "
        f"JOIN {table} r ON r.site = p.site AND r.wp_id = p.wp_id {alike} "
        f"WHERE p.site = :site AND p.item_table = '{table}' "
        "ON CONFLICT (item) DO UPDATE SET title = excluded.title WHERE title IS NOT excluded.title"
    )


def _attached(table: str, which: str) -> str:
    """Return the statement that names the post of rows of `table`, which know its id but not its type."""
    post = (
        f"SELECT p.item FROM posts p WHERE p.site = :site AND p.wp_id = {table}.post "
        "AND p.type IN (SELECT value FROM json_each(:types)) ORDER BY p.gone IS NOT NULL, p.last_seen DESC, p.type LIMIT 1"
    )
    return f"UPDATE {table} SET post_item = ({post}) WHERE site = :site AND {which} AND post > 0"


_SUMMARY = "UPDATE observations SET summary = ? WHERE rowid = ?"
_DATED = """
    UPDATE observations SET observed_at = (SELECT captured_at FROM captures WHERE capture = after),
      run = coalesce((SELECT run FROM captures WHERE capture = after AND clock = 'foreign'), run),
      title = (SELECT i.title FROM items i WHERE i.item = observations.item)
    WHERE rowid > :noticed AND site = :site"""
