"""At the end of a run: which item each URL of the inventory is, and which rows from feeds the REST API has shown since."""
# ruff: noqa: S608 - names of tables can't be parameters; all are our own

import sqlite3
from collections.abc import Iterable

from wparchive.index.schema import ITEM_TABLES
from wparchive.index.search.words import Words
from wparchive.wordpress.inventory.places import comment_in, place_of, short_of
from wparchive.wordpress.type_names import PREFIXES

__all__ = ["match_inventory"]

_TABLES = (
    "posts",
    "media",
    "terms",
    "users",
    "events",
    "products",
    "entries",
)  # the items that have a page of their own
_PAGED = (
    "SELECT 1 FROM captures WHERE rowid >= ? AND +site = ? AND kind = 'page' AND status BETWEEN 200 AND 299 LIMIT 1"
)
_READ = (
    "SELECT 1 FROM captures WHERE rowid >= ? AND +site = ? AND kind IN ('sitemap', 'feed') "
    "AND status BETWEEN 200 AND 299 LIMIT 1"
)
_WRITTEN = "SELECT 1 FROM _wparchive_pending WHERE site = ? LIMIT 1"
_ANY = "SELECT 1 FROM inventory WHERE site = :site UNION ALL SELECT 1 FROM _wparchive_fed WHERE site = :site LIMIT 1"
_LED = (
    "SELECT i.key, p.final_url, max(p.rowid) FROM inventory i JOIN pages p ON p.site = i.site AND p.url = i.url "
    "WHERE i.site = ? AND i.item IS NULL AND i.key IS NOT NULL AND p.capture IS NOT NULL "
    "AND (p.status BETWEEN 200 AND 299 OR p.status = 304) GROUP BY i.key ORDER BY i.key"
)
_AT = (
    "SELECT p.item FROM temp.places p WHERE p.key = :key UNION ALL "
    "SELECT i.item FROM inventory i WHERE i.site = :site AND i.key = :key AND i.item IS NOT NULL LIMIT 1"
)
_SHORT = (
    "SELECT DISTINCT i.key, s.home FROM inventory i JOIN sites s ON s.site = i.site "
    "WHERE i.site = ? AND i.item IS NULL AND instr(i.key, '?') ORDER BY i.key"
)
_NUMBERED = (
    "SELECT item FROM posts WHERE site = :site AND type IN ('post', 'page') AND wp_id = :wp_id AND privilege = 'anonymous' "
    "UNION ALL SELECT item FROM media WHERE site = :site AND wp_id = :wp_id AND privilege = 'anonymous' LIMIT 1"
)
_IS = "UPDATE inventory SET item = :item WHERE site = :site AND key = :key AND item IS NULL"
_PLACES = (
    "CREATE TEMP TABLE places (key TEXT, item TEXT, number INTEGER, fed INTEGER, PRIMARY KEY (key, fed)) WITHOUT ROWID"
)
_MATCHED = (
    "UPDATE inventory SET item = (SELECT p.item FROM temp.places p WHERE p.key = inventory.key ORDER BY p.fed LIMIT 1) "
    "WHERE site = :site AND item IS NULL AND key IN (SELECT key FROM temp.places)"
)
_COMMENTS = (
    "SELECT url FROM inventory WHERE site = ? AND source = 'feed' AND item IS NULL AND url LIKE '%#comment-%' "
    "ORDER BY url"
)
_COMMENT = (
    "UPDATE inventory SET item = (SELECT c.item FROM comments c WHERE c.site = :site AND c.wp_id = :wp_id) "
    "WHERE site = :site AND url = :url AND source = 'feed'"
)
_FED = "SELECT type, wp_id, key FROM _wparchive_fed WHERE site = ? AND item_table = ? ORDER BY type, wp_id"
_FORGET_FED = (
    "DELETE FROM _wparchive_fed WHERE site = :site AND item_table = :table AND type = :type AND wp_id = :wp_id"
)
_NOW_WHOLE = "SELECT via FROM {} WHERE site = :site AND {} AND wp_id = :wp_id"
_REAL = "SELECT item, number FROM temp.places WHERE key = ? AND NOT fed"
_SAME_NUMBER = (
    "SELECT p.item, p.wp_id FROM _wparchive_pending w JOIN posts p ON p.site = w.site AND p.wp_id = w.wp_id "
    "AND p.type = replace(w.type, 'post_type:', '') AND p.via IS NULL "
    "WHERE w.site = :site AND w.wp_id = :wp_id AND w.item_table = 'posts' AND p.type != :type LIMIT 1"
)
_DROPPED = (
    "UPDATE OR IGNORE versions SET type = :slug, wp_id = :number WHERE site = :site AND type = :type AND wp_id = :wp_id",
    "UPDATE observations SET type = :slug, wp_id = :number WHERE site = :site AND type = :type AND wp_id = :wp_id",
    "DELETE FROM posts WHERE site = :site AND type = :type AND wp_id = :wp_id",
    "DELETE FROM _wparchive_pending WHERE site = :site AND type = :type AND wp_id = :wp_id",
    "DELETE FROM items WHERE item = :old",
    "UPDATE inventory SET item = :new WHERE site = :site AND item = :old",
    "UPDATE comments SET post = :number, post_item = :new WHERE site = :site AND post_item = :old",
)
_WITHOUT_POST = (
    "SELECT f.wp_id, f.key FROM _wparchive_fed f JOIN comments c ON c.site = f.site AND c.wp_id = f.wp_id "
    "WHERE f.site = ? AND f.item_table = 'comments' AND c.post_item IS NULL ORDER BY f.wp_id"
)
_POST_OF = "SELECT item, number FROM temp.places WHERE key = ? ORDER BY fed LIMIT 1"
_BELONGS = "UPDATE comments SET post = :number, post_item = :item WHERE site = :site AND wp_id = :wp_id"


def match_inventory(conn: sqlite3.Connection, site: str, since: int, words: Words) -> None:
    """Bring `inventory.item` up to date with the captures from the rowid `since` on.

    Rows from feeds that stand as whole items now are dropped.
    """
    read = conn.execute(_READ, (since, site)).fetchone() is not None
    written = conn.execute(_WRITTEN, (site,)).fetchone() is not None
    paged = conn.execute(_PAGED, (since, site)).fetchone() is not None
    if not (read or written or paged) or not conn.execute(_ANY, {"site": site}).fetchone():
        return
    conn.create_function("place_of", 1, _place, deterministic=True)
    conn.execute(_PLACES)
    try:
        for table in _TABLES:
            conn.execute(_placed(table, everything=read), {"site": site})
        _drop_doubles(conn, site, words)
        conn.execute(_MATCHED, {"site": site})
        _match_others(conn, site)
        _match_comments(conn, site)
    finally:
        conn.execute("DROP TABLE temp.places")


def _place(url: object) -> str | None:
    return place_of(url) or None if isinstance(url, str) else None


def _placed(table: str, *, everything: bool) -> str:
    """Return the statement that notes where items of a table are: all of them, or those that the run wrote."""
    columns = ITEM_TABLES[table]
    fed = "r.via IS NOT NULL" if "via" in columns.columns else "0"
    alike = (
        f"AND r.{columns.type_column} = replace(w.type, '{PREFIXES.get(table, '')}', '')" if columns.type_column else ""
    )
    written = (
        ""
        if everything
        else f"JOIN _wparchive_pending w ON w.site = r.site AND w.item_table = '{table}' AND w.wp_id = r.wp_id {alike} "
    )
    return (
        f"INSERT OR IGNORE INTO temp.places SELECT place_of(r.link), r.item, r.wp_id, {fed} FROM {table} r {written}"
        "WHERE r.site = :site AND r.privilege = 'anonymous' AND place_of(r.link) IS NOT NULL "
        "ORDER BY r.gone IS NOT NULL, r.item"
    )


def _drop_doubles(conn: sqlite3.Connection, site: str, words: Words) -> None:
    """Drop the posts from feeds that the REST API shows under their own id by now, and note which others it shows."""
    for kind, wp_id, place in conn.execute(_FED, (site, "posts")).fetchall():
        about = {"site": site, "table": "posts", "type": kind, "wp_id": wp_id}
        if _is_whole(conn, about, "type = :type"):
            continue
        real = conn.execute(_REAL, (place,)).fetchone() or conn.execute(_SAME_NUMBER, about).fetchone()
        if not real:
            continue
        words.forget("posts", [about])
        slug = real[0].removeprefix(f"{site}/").partition("/")[0]
        changed = {**about, "old": f"{site}/{kind}/{wp_id}", "new": real[0], "number": real[1], "slug": slug}
        for statement in (*_DROPPED, _FORGET_FED):
            conn.execute(statement, changed)
        words.shrink("posts")
        words.follow("posts", [{"site": site, "type": slug, "wp_id": real[1]}])
    for kind, wp_id, _ in conn.execute(_FED, (site, "comments")).fetchall():
        _is_whole(conn, {"site": site, "table": "comments", "type": kind, "wp_id": wp_id}, "true")


def _is_whole(conn: sqlite3.Connection, about: dict[str, object], of_type: str) -> bool:
    """Return whether the row isn't a feed's any more; then it is forgotten that it was."""
    row = conn.execute(_NOW_WHOLE.format(about["table"], of_type), about).fetchone()
    if row and row[0]:
        return False
    conn.execute(_FORGET_FED, about)
    return True


def _match_others(conn: sqlite3.Connection, site: str) -> None:
    """Match the short links of items, and addresses that led to an item when they were fetched."""
    for key, home in conn.execute(_SHORT, (site,)).fetchall():
        if home and (number := short_of(key, home)) is not None:
            _found(conn, _NUMBERED, {"site": site, "key": key, "wp_id": number})
    for key, final, _ in conn.execute(_LED, (site,)).fetchall():
        if final and (place := place_of(final)) and place != key:
            _found(conn, _AT, {"site": site, "key": place}, key)


def _found(conn: sqlite3.Connection, query: str, about: dict[str, object], key: str | None = None) -> None:
    if row := conn.execute(query, about).fetchone():
        conn.execute(_IS, {"site": about["site"], "key": key or about["key"], "item": row[0]})


def _match_comments(conn: sqlite3.Connection, site: str) -> None:
    urls: Iterable[tuple[str]] = conn.execute(_COMMENTS, (site,)).fetchall()
    for (url,) in urls:
        conn.execute(_COMMENT, {"site": site, "url": url, "wp_id": comment_in(url)})
    for wp_id, place in conn.execute(_WITHOUT_POST, (site,)).fetchall():
        if post := conn.execute(_POST_OF, (place.partition("#")[0],)).fetchone():
            conn.execute(_BELONGS, {"site": site, "wp_id": wp_id, "item": post[0], "number": post[1]})
