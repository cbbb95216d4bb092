"""The archive in one view: its sites, what they hold, and what happened lately."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SiteLine", "sites"]


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site: what is held of it, what is gone, how many changes there were lately, and the gaps of its last run.

    `articles` counts the rows of the view of that name that aren't gone: posts, pages and items of every custom type.
    """

    site: str
    name: str
    state: str
    articles: int
    media: int
    comments: int
    gone: int
    changes: int
    last_run: str
    run: str
    gaps: int


_HELD = "SELECT site, type, items, gone FROM held WHERE type IN ('attachment', 'comment')"
# Each is counted in an index.
_POSTS = "SELECT site, count(*) FROM posts GROUP BY site"
_PRIVATE = "SELECT site, count(*) FROM posts WHERE privilege != 'anonymous' AND gone IS NULL GROUP BY site"
_GONE = "SELECT site, count(*) FROM posts WHERE gone IS NOT NULL GROUP BY site"
_SITES = """
    SELECT s.site, s.name, s.state, s.last_run, coalesce(r.finished_at, r.started_at) AS at, coalesce(r.gaps, 0) AS gaps
    FROM sites s LEFT JOIN runs r ON r.run = s.last_run ORDER BY s.site"""
_CHANGES = """
    SELECT site, count(*) FROM (SELECT site, observed_at FROM observations UNION ALL SELECT site, observed_at FROM copied)
    WHERE observed_at >= ? GROUP BY site"""


def sites(conn: sqlite3.Connection, since: str) -> list[SiteLine]:
    """Return a line for each site; changes are counted from the time `since` on."""
    held: dict[str, dict[str, tuple[int, int]]] = {}
    for site, kind, items, gone in conn.execute(_HELD):
        held.setdefault(site, {})[kind] = (int(items), int(gone or 0))
    posts, private, gone = (Counter(dict(conn.execute(query).fetchall())) for query in (_POSTS, _PRIVATE, _GONE))
    articles = posts - private - gone
    lately = dict(conn.execute(_CHANGES, (since,)).fetchall())
    return [_line(row, held.get(row["site"], {}), articles, gone, lately) for row in conn.execute(_SITES).fetchall()]


def _line(
    row: sqlite3.Row,
    held: dict[str, tuple[int, int]],
    articles: Mapping[str, int],
    gone: Mapping[str, int],
    lately: Mapping[str, int],
) -> SiteLine:
    standing = {kind: items - gone for kind, (items, gone) in held.items()}
    return SiteLine(
        site=row["site"],
        name=row["name"] or row["site"],
        state=row["state"] or "",
        articles=articles.get(row["site"], 0),
        media=standing.get("attachment", 0),
        comments=standing.get("comment", 0),
        gone=gone.get(row["site"], 0),
        changes=lately.get(row["site"], 0),
        last_run=row["at"] or "",
        run=row["last_run"] or "",
        gaps=row["gaps"],
    )
