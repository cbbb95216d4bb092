"""What an archive holds of a site beyond the items of its lists: pages, sitemaps and feeds, languages, plug-ins' lists."""

import sqlite3
from typing import Any

from wparchive.wordpress.collections.beyond_types import REFUSED_NOW, beyond_types
from wparchive.wordpress.kinds import PLUG_IN_TABLES

__all__ = ["inventory_of", "languages_of", "pages_of", "plug_ins_of"]

# Of each page, the newest look counts.
_PAGES = """
    SELECT CASE WHEN capture IS NULL THEN 'refused' WHEN status BETWEEN 200 AND 299 OR status = 304 THEN 'held'
      WHEN status IN (404, 410) THEN 'missing' WHEN status IS NULL THEN 'failed' ELSE 'error' END, count(*)
    FROM pages WHERE rowid IN (SELECT max(rowid) FROM pages WHERE site = ? GROUP BY url) GROUP BY 1 ORDER BY 1"""
_DOCUMENTS = """
    SELECT count(*) FILTER (WHERE form IS NOT NULL AND fault IS NULL) AS read,
      count(*) FILTER (WHERE form IS NOT NULL AND fault IS NOT NULL) AS in_part,
      count(*) FILTER (WHERE form IS NULL AND fault IS NOT NULL) AS failed
    FROM inventory_documents WHERE site = ?"""
# A comment's anchor is no page of its own.
_NAMED = (
    "SELECT count(DISTINCT substr(key, 1, instr(key || '#', '#') - 1)) FROM inventory WHERE site = ? AND NOT elsewhere"
)
_UNCOVERED = "SELECT count(*) FROM uncovered WHERE site = ?"
_LANGUAGES = "SELECT language, how FROM languages WHERE site = ? ORDER BY how != 'usual', how, language"
_LISTS = """
    SELECT c.route, coalesce(c.skipped, CASE WHEN (SELECT l.outcome FROM listings l WHERE l.site = c.site
      AND l.route = c.route ORDER BY l.run DESC LIMIT 1) = 'refused' THEN ? END)
    FROM collections c WHERE c.site = ? AND c."table" IN ({}) ORDER BY c.route"""


def pages_of(db: sqlite3.Connection, site: str) -> dict[str, int]:
    """Return how many pages are held, and how many are missing (404, 410), refused, failed, or answered with an error."""
    return {str(outcome): int(count) for outcome, count in db.execute(_PAGES, (site,))} if _has(db, "pages") else {}


def inventory_of(db: sqlite3.Connection, site: str) -> dict[str, int]:
    """Return how many sitemaps and feeds were read, in part or not at all, and how many URLs they name; empty without any.

    `uncovered` counts the URLs that no item has.
    """
    if not _has(db, "inventory_documents", "uncovered"):
        return {}
    counts = {name: int(count) for name, count in dict(db.execute(_DOCUMENTS, (site,)).fetchone()).items()}
    if not any(counts.values()):
        return {}
    for name, query in (("urls", _NAMED), ("uncovered", _UNCOVERED)):
        counts[name] = int(db.execute(query, (site,)).fetchone()[0])
    return counts


def languages_of(db: sqlite3.Connection, site: str) -> list[dict[str, object]]:
    """Return the site's languages, each with how it is held."""
    return [dict(row) for row in db.execute(_LANGUAGES, (site,))] if _has(db, "languages") else []


def plug_ins_of(db: sqlite3.Connection, site: str) -> dict[str, Any]:
    """Return how many lists of plug-ins are `walked`, and how many are `skipped`, by what it comes to; empty without any."""
    query = _LISTS.format(", ".join("?" * len(PLUG_IN_TABLES)))
    found = beyond_types(
        (str(route), skipped) for route, skipped in db.execute(query, (REFUSED_NOW, site, *PLUG_IN_TABLES))
    )
    return {"walked": found.walked, "skipped": dict(found.skipped)} if found.line else {}


def _has(db: sqlite3.Connection, *names: str) -> bool:
    """Return whether the database has these tables and views; one that an earlier version made may lack some."""
    query = "SELECT count(*) FROM sqlite_master WHERE name = ?"
    return all(db.execute(query, (name,)).fetchone()[0] for name in names)
