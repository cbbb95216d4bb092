"""What else of a site has the text that one of its articles shares with another's, and when a list of it lacked that article."""

from collections.abc import Iterator
from typing import NamedTuple

from wparchive.ask.kinship.articles import Article, Articles, Sighting
from wparchive.kinship.comparison import Kind

__all__ = ["BESIDE", "Beside", "beside", "listing_without"]

_MOST_BESIDE = 40  # items of the same site that share text with the other, too
BESIDE = f"""
    SELECT item, version FROM kinship WHERE other = :other AND item_site = :site AND kind != '{Kind.QUOTATION}'
    UNION SELECT other, other_version FROM kinship WHERE item = :other AND other_site = :site
    AND kind != '{Kind.QUOTATION}' ORDER BY 1 LIMIT {_MOST_BESIDE}"""  # noqa: S608 - constants
"""The items of `:site` that share text with the item `:other`, and the version of each that does."""
_LACKED = """
    SELECT max(k.captured_at), k.clock = 'foreign' FROM listings l JOIN collections c ON c.site = l.site AND c.route = l.route
    JOIN captures k ON k.capture = l.capture
    WHERE l.site = ? AND c.type = ? AND l.outcome = 'complete' AND NOT coalesce(l.withheld, 0) AND k.captured_at < ?
      AND l.run != (SELECT k.run FROM versions v JOIN captures k ON k.capture = v.capture WHERE v.item = ?
                    ORDER BY v.first_seen LIMIT 1)"""


class Beside(NamedTuple):
    """Another item of a site that shares text, and when that was first held."""

    article: Article
    sighting: Sighting


def beside(articles: Articles, one: Article, other: Article) -> Iterator[Beside]:
    """Yield other items of the site of `one` that share text with `other`, of whatever type, gone or not."""
    if one.site == other.site:
        return
    for item, version in articles.db.execute(BESIDE, {"other": other.item, "site": one.site}).fetchall():
        found = articles.one(item, version) if item != one.item else None
        if found:
            yield Beside(found, articles.sighting(item, version, other.item, other.version))


def listing_without(articles: Articles, one: Article, seen: str) -> tuple[str | None, bool]:
    """Return when a complete listing of its type last lacked it, before it was held, and whether by another tool's clock."""
    about = (one.site, one.type, min(one.first_seen, seen), one.item)
    found, is_foreign = articles.db.execute(_LACKED, about).fetchone()
    return found, bool(is_foreign)
