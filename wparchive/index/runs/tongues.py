"""The languages of a site's items at the end of a run: which each is in, and which items are translations of another.

A list in one language says in which its items are. The items of the usual list are in the language that has no list of
its own, once a run has found out that each language has its own list. Translations are named by id or by URL; which item
that is, is known once all items are written.
"""
# ruff: noqa: S608 - names of tables can't be parameters; all are our own

import json
import sqlite3
from collections.abc import Mapping, Set

from wparchive.index.database.creation import ensure_index
from wparchive.index.item_types import of_type
from wparchive.index.schema import ITEM_TABLES

__all__ = ["ELSEWHERE", "settle_languages"]

_TABLES = tuple(name for name, table in ITEM_TABLES.items() if "language" in table.columns)
_KNOWN = "SELECT language, how, same, part, url FROM languages WHERE site = ? ORDER BY how, language"
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

ELSEWHERE = (
    f"EXISTS (SELECT 1 FROM languages x WHERE x.site = :site AND x.how = 'list' AND {_ALIKE} AND :route NOT IN "
    "(SELECT value FROM json_each(x.same) UNION ALL SELECT value FROM json_each(x.part)))"
)
"""The condition on a row of a table that a list of :route in one language, and not the usual list, is what shows it."""


def _name_usual(conn: sqlite3.Connection, site: str, usual: str, same: Set[str], mixed: Set[str]) -> None:
    """Set the language of the items of usual lists: `*` where lists of several languages are the `same`.

    Lists that hold several languages (`mixed`) say nothing of it.
    """
    for route, kind, table in conn.execute(_COLLECTIONS, (site,)).fetchall():
        if table in _TABLES and route not in mixed:
            about = {"site": site, "type": kind, "language": "*" if route in same else usual}
            conn.execute(
                f"UPDATE {table} SET language = :language WHERE site = :site AND {of_type(table)} "
                "AND language IS NULL AND privilege = 'anonymous'",
                about,
            )


def _name_by_address(conn: sqlite3.Connection, site: str, homes: Mapping[str, str]) -> None:
    """Set the language of items that lie below the home page in it; `homes` are these, by language.

    What lies in no folder of a language is in that of the topmost home only where others of its type do.
    """
    *folders, top = sorted(homes.items(), key=lambda one: (-len(one[1]), one))
    for _, kind, table in conn.execute(_COLLECTIONS, (site,)).fetchall():
        if table not in _TABLES or "link" not in ITEM_TABLES[table].columns:
            continue
        about = {"site": site, "type": kind}
        of_homes = f"site = :site AND {of_type(table)} AND substr(link, 1, length(:home)) = :home"
        named = 0
        for language, home in (*folders, *([top] if folders else ())):
            here = about | {"home": home, "language": language}
            if (language, home) == top and not named:
                break
            open_ones = f"{of_homes} AND language IS NULL AND privilege = 'anonymous'"
            conn.execute(f"UPDATE {table} SET language = :language WHERE {open_ones}", here)
            named += conn.execute(
                f"SELECT count(*) FROM {table} WHERE {of_homes} AND language = :language", here
            ).fetchone()[0]


def settle_languages(conn: sqlite3.Connection, site: str) -> None:
    """Complete what the rows of `site` say of their languages and translations."""
    known = conn.execute(_KNOWN, (site,)).fetchall()
    for table in (*_TABLES, "translations") if known else ():
        conn.execute(_SPELLED.format(table, _ALIKE.format(table)), {"site": site})
    lists = [tuple(json.loads(routes or "[]") for routes in row[2:4]) for row in known if row[1] == "list"]
    usual = [row[0] for row in known if row[1] == "usual"]
    if lists and len(usual) == 1:
        same, mixed = ({route for routes in lists for route in routes[which]} for which in (0, 1))
        _name_usual(conn, site, usual[0], same, mixed)
    homes = {language: url for language, how, _, _, url in known if url and how in ("usual", "whole")}
    if len(homes) > 1:
        _name_by_address(conn, site, homes)
    if conn.execute(f"SELECT 1 FROM translations t WHERE {_OPEN} LIMIT 1", {"site": site}).fetchone():
        ensure_index(conn, "posts", "link")  # a new database gets its indexes only at the end
        for tables in (_BY_ID, _BY_URL):
            for table, alike in tables.items():
                conn.execute(
                    f"UPDATE translations AS t SET translation = (SELECT r.item FROM {table} r "
                    f"WHERE r.site = :site AND {alike} ORDER BY r.item LIMIT 1) WHERE {_OPEN}",
                    {"site": site},
                )
