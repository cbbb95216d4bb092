"""At the end of a run: whose pages those are that were taken from other tools' files, which name no item.

A page belongs to the item that gives its address as its own, whenever that is first seen. It is compared only where one
version of that item, the newest, was read before and after it, and no other in between: what stood at another time isn't
known.
"""

import sqlite3

from wparchive.index.database.creation import ensure_index
from wparchive.index.statements import insert

__all__ = ["tie_pages"]

_PAGE = "p.rowid, p.url, p.status, p.captured_at, p.capture"
_IS_LOOSE = "k.source IS NOT NULL AND p.type IS NULL AND p.wp_id IS NULL"
_OF_RUN = f"""
    SELECT {_PAGE} FROM captures k JOIN pages p ON p.capture = k.capture
    WHERE k.rowid >= ? AND +k.site = ? AND k.kind = 'page' AND {_IS_LOOSE} ORDER BY p.rowid"""  # noqa: S608 - our own words
_LOOSE = f"SELECT {_PAGE} FROM pages p JOIN captures k ON k.capture = p.capture WHERE p.site = ? AND"  # noqa: S608
_ANY = f"{_LOOSE} {_IS_LOOSE} LIMIT 1"
# By the index of addresses: that of items would lead through all pages without one.
_AT = f"{_LOOSE} k.source IS NOT NULL AND +p.type IS NULL AND +p.wp_id IS NULL AND p.url IN (?, ?, ?, ?)"
_WRITTEN = """
    SELECT DISTINCT o.link FROM _wparchive_pending w JOIN posts o ON o.site = w.site AND o.wp_id = w.wp_id
    AND o.type = replace(w.type, 'post_type:', '') WHERE w.site = ? AND w.item_table = 'posts' AND o.link IS NOT NULL"""
_OWNERS = """
    SELECT type, wp_id, payload_sha256 FROM posts WHERE site = ? AND link IN (?, ?, ?, ?) AND privilege = 'anonymous'
    LIMIT 2"""
_STOOD = """
    SELECT 1 FROM versions v WHERE v.site = :site AND v.wp_id = :wp_id AND v.type IN (:type, 'post_type:' || :type)
    AND v.payload_sha256 = :version AND v.privilege = 'anonymous' AND :at BETWEEN v.first_seen AND v.last_seen
    AND NOT EXISTS (SELECT 1 FROM versions o WHERE o.site = v.site AND o.type = v.type AND o.wp_id = v.wp_id
      AND o.payload_sha256 != v.payload_sha256 AND o.first_seen <= v.last_seen AND o.last_seen >= v.first_seen)"""
_TIE = "UPDATE pages SET type = ?, wp_id = ?, payload_sha256 = ? WHERE rowid = ?"
_DOUBT = insert("_wparchive_page_doubts", verb="INSERT OR IGNORE")


def tie_pages(conn: sqlite3.Connection, site: str, since: int) -> None:
    """Tie pages from files to their items: those with a capture from the rowid `since` on, and those of items written since.

    Those that can be compared are left in doubt.
    """
    found = {row[0]: row for row in conn.execute(_OF_RUN, (since, site))}
    found |= _late(conn, site)
    if found:
        ensure_index(conn, "posts", "link")
    for rowid, url, status, at, capture in found.values():
        owners = conn.execute(_OWNERS, (site, *_spellings(url))).fetchall()
        if len(owners) != 1:
            continue
        kind, wp_id, version = owners[0]
        about = {"site": site, "type": kind, "wp_id": wp_id, "version": version, "at": at}
        stood = status is not None and 200 <= status < 300 and conn.execute(_STOOD, about).fetchone() is not None
        conn.execute(_TIE, (kind, wp_id, version if stood else None, rowid))
        if stood:
            conn.execute(_DOUBT, {"site": site, "capture": capture})


def _late(conn: sqlite3.Connection, site: str) -> dict[int, tuple[int, str, int | None, str, str]]:
    """Return the pages without an item that stand at the address of an item that the run wrote, by row id."""
    if not conn.execute(_ANY, (site,)).fetchone():
        return {}
    links = conn.execute(_WRITTEN, (site,)).fetchall()
    return {row[0]: row for (link,) in links for row in conn.execute(_AT, (site, *_spellings(link)))}


def _spellings(url: str) -> tuple[str, str, str, str]:
    """Return the address with either scheme, with and without a last slash."""
    rest = url.partition("://")[2].partition("#")[0]
    other = rest.removesuffix("/") if rest.endswith("/") else f"{rest}/"
    return f"https://{rest}", f"http://{rest}", f"https://{other}", f"http://{other}"
