"""The languages of a site's items at the end of a run: which each is in, and which items are translations of another.

A list in one language says in which its items are. The items of the usual list are in the language that has no list of
its own, once a run has found out that each language has its own list. Translations are named by id or by URL; which item
that is, is known once all items are written.
"""
# ruff: noqa: S608 - names of tables can't be parameters; all are our own

import json
import sqlite3
from collections.abc import Set

from wparchive.index.database.creation import ensure_index
from wparchive.index.item_types import of_type
from wparchive.index.schema import ITEM_TABLES

__all__ = ["ELSEWHERE", "settle_languages"]

_TABLES = tuple(name for name, table in ITEM_TABLES.items() if "language" in table.columns)
_KNOWN = "SELECT language, how, same FROM languages WHERE site = ? ORDER BY how, language"
_COLLECTIONS = 'SELECT route, type, "table" FROM collections WHERE site = ? AND skipped IS NULL ORDER BY route'
# An item's field may say `fr_FR` where the site's lists are of `fr`.
_SPELLED = """
    UPDATE OR IGNORE {0} SET language = (SELECT x.language FROM languages x WHERE x.site = :site AND {1}
      ORDER BY length(x.language) DESC, x.language LIMIT 1)
    WHERE site = :site AND language != '*' AND language NOT IN (SELECT language FROM languages WHERE site = :site)
      AND EXISTS (SELECT 1 FROM languages x WHERE x.site = :site AND {1})"""
_ALIKE = "replace({0}.language, '_', '-') || '-' LIKE replace(x.language, '_', '-') || '-%'"
_OPEN = "t.site = :site AND t.translation IS NULL"
# Posts of all types and attachments share one counter of ids; terms have their own.
_BY_ID = {
    "terms": "t.target = r.wp_id AND r.taxonomy = replace(t.type, 'taxonomy:', '')",
    "posts": "t.target = r.wp_id AND r.type = replace(t.type, 'post_type:', '')",
    "media": "t.target = r.wp_id AND t.type = 'attachment'",
}
_BY_URL = {"posts": "t.url = r.link"}

ELSEWHERE = f"EXISTS (SELECT 1 FROM languages x WHERE x.site = :site AND x.how = 'list' AND {_ALIKE})"
"""The condition on a row of a table that a list in one language, and not the usual list, is what shows it."""


def _name_usual(conn: sqlite3.Connection, site: str, usual: str, same: Set[str]) -> None:
    """Set the language of the items of usual lists: `*` where the lists of all languages are the `same`."""
    for route, kind, table in conn.execute(_COLLECTIONS, (site,)).fetchall():
        if table in _TABLES:
            about = {"site": site, "type": kind, "language": "*" if route in same else usual}
            conn.execute(
                f"UPDATE {table} SET language = :language WHERE site = :site AND {of_type(table)} "
                "AND language IS NULL AND privilege = 'anonymous'",
                about,
            )


def settle_languages(conn: sqlite3.Connection, site: str) -> None:
    """Complete what the rows of `site` say of their languages and translations."""
    known = conn.execute(_KNOWN, (site,)).fetchall()
    for table in (*_TABLES, "translations") if known else ():
        conn.execute(_SPELLED.format(table, _ALIKE.format(table)), {"site": site})
    lists = [json.loads(same or "[]") for _, how, same in known if how == "list"]
    usual = [language for language, how, _ in known if how == "usual"]
    if lists and len(usual) == 1:
        _name_usual(conn, site, usual[0], {route for same in lists for route in same})
    if conn.execute(f"SELECT 1 FROM translations t WHERE {_OPEN} LIMIT 1", {"site": site}).fetchone():
        ensure_index(conn, "posts", "link")  # a new database gets its indexes only at the end
        for tables in (_BY_ID, _BY_URL):
            for table, alike in tables.items():
                conn.execute(
                    f"UPDATE translations AS t SET translation = (SELECT r.item FROM {table} r "
                    f"WHERE r.site = :site AND {alike} ORDER BY r.item LIMIT 1) WHERE {_OPEN}",
                    {"site": site},
                )
