"""What a site shows beside its REST API of whose an article is, and since when: sitemaps and feeds, its page, its accounts.

All of it can be written as one likes. It contradicts a date, or points to a source; it proves nothing.
"""

import sqlite3
from collections.abc import Iterator

from wparchive.kinship.claims import Inserted, Named

__all__ = ["inserted", "named", "page_canonical"]

_MOST_NAMED = 20
_NAMED = f"""
    SELECT i.source, i.first_seen, i.lastmod, d.form FROM inventory i
    LEFT JOIN inventory_documents d ON d.site = i.site AND d.url = i.document
    WHERE i.item = ? AND NOT i.elsewhere ORDER BY i.first_seen, i.source, i.url LIMIT {_MOST_NAMED}"""  # noqa: S608 - constants
_PAGE = """
    SELECT canonical, captured_at FROM pages WHERE site = ? AND type = ? AND wp_id = ? AND status BETWEEN 200 AND 299
    AND verdict IS NULL ORDER BY captured_at DESC LIMIT 1"""

_FEWEST = 5  # articles that one account has
_ACCOUNTS_THERE = 2
_OTHER_ACCOUNT = """
    SELECT EXISTS (SELECT 1 FROM posts WHERE site = :site AND author > :account)
    OR EXISTS (SELECT 1 FROM posts WHERE site = :site AND author > 0 AND author < :account)"""
_TEXTS = "kind != 'quotation' AND agency IS NULL AND item_site != other_site"
_ELSEWHERE = f"""
    SELECT item FROM kinship WHERE item_site = :site AND {_TEXTS}
    UNION ALL SELECT other FROM kinship WHERE other_site = :site AND {_TEXTS}"""  # noqa: S608 - constants
_NOT_ITS = f"""
    SELECT EXISTS (SELECT 1 FROM ({_ELSEWHERE}) k JOIN posts p ON p.item = k.item WHERE p.author IS NOT :account)"""  # noqa: S608
_ITS = f"SELECT count(DISTINCT item) FROM ({_ELSEWHERE})"  # noqa: S608 - constants
_THERE = f"""
    SELECT count(DISTINCT p.author) FROM (
      SELECT other AS item FROM kinship WHERE item_site = :site AND other_site = :there AND {_TEXTS}
      UNION SELECT item FROM kinship WHERE item_site = :there AND other_site = :site AND {_TEXTS}
    ) k JOIN posts p ON p.item = k.item WHERE p.author > 0"""  # noqa: S608 - constants


def named(db: sqlite3.Connection, item: str) -> Iterator[Named]:
    """Yield which sitemaps and feeds of its own site name `item` (SITE/TYPE/ID), those that did first in front."""
    for source, first, modified, form in map(tuple, db.execute(_NAMED, (item,)).fetchall()):
        is_published = form == "rss"  # an Atom feed and a sitemap say when it was modified
        yield Named(source, first, *((modified, None) if is_published else (None, modified)))


def page_canonical(db: sqlite3.Connection, site: str, kind: str, wp_id: int) -> tuple[str, str] | None:
    """Return the address on another host that the newest captured page of an item names as its own, and when that was."""
    row = db.execute(_PAGE, (site, kind, wp_id)).fetchone()
    return (row[0], row[1]) if row and row[0] else None


def inserted(db: sqlite3.Connection, site: str, account: int, there: str) -> Inserted | None:
    """Return how many of a site's articles have a text that stands on other sites too, if `account` has all of these.

    None if it hasn't, or if that says nothing: there are few, no other account writes for the site, or on the site `there`
    one account has them too.
    """
    about = {"site": site, "account": account, "there": there}
    if account <= 0 or not _of(db, _OTHER_ACCOUNT, about) or _of(db, _NOT_ITS, about):
        return None
    articles, accounts = _of(db, _ITS, about), _of(db, _THERE, about)
    if articles < _FEWEST or accounts < _ACCOUNTS_THERE:
        return None
    return Inserted(articles, account, accounts)


def _of(db: sqlite3.Connection, query: str, about: dict[str, object]) -> int:
    found: int = db.execute(query, about).fetchone()[0]
    return found
