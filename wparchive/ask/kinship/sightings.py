"""When an archive first held what an article shares with another: in one of its versions, or in another item of its site."""

from collections.abc import Iterator
from typing import NamedTuple

from wparchive.ask.kinship.articles import Article, Articles, Version
from wparchive.kinship.comparison import Kind

__all__ = ["BESIDE", "Beside", "Sighting", "beside", "listing_without", "sighting"]

_MOST_VERSIONS = 40  # that are looked through for the first with the text
_MOST_BESIDE = 40  # items of the same site that share text with the other, too
_NEARLY_ALL = 0.75  # of the words that two share: who has them has the text
_SHORTER = 0.5  # of the words of a text: what is shorter may be a teaser of it
BESIDE = f"""
    SELECT item, version FROM kinship WHERE other = :other AND item_site = :site AND kind != '{Kind.QUOTATION}'
    UNION SELECT other, other_version FROM kinship WHERE item = :other AND other_site = :site
    AND kind != '{Kind.QUOTATION}' ORDER BY 1 LIMIT {_MOST_BESIDE}"""  # noqa: S608 - constants
"""The items of `:site` that share text with the item `:other`, and the version of each that does."""
_LACKED = """
    SELECT max(k.captured_at) FROM listings l JOIN collections c ON c.site = l.site AND c.route = l.route
    JOIN captures k ON k.capture = l.capture
    WHERE l.site = ? AND c.type = ? AND l.outcome = 'complete' AND NOT coalesce(l.withheld, 0) AND k.captured_at < ?
      AND l.run != (SELECT k.run FROM versions v JOIN captures k ON k.capture = v.capture WHERE v.item = ?
                    ORDER BY v.first_seen LIMIT 1)"""


class Sighting(NamedTuple):
    """The first version with a text, and when one before it was last held that lacked it, or had a part of it at most."""

    held: Version
    lacked: str | None
    part: str | None

    @property
    def seen(self) -> str:
        """When the text was first held."""
        return self.held.first_seen


class Beside(NamedTuple):
    """Another item of a site that shares text, and when that was first held."""

    article: Article
    sighting: Sighting


def sighting(articles: Articles, one: Article, other: Article) -> Sighting:
    """Return when the item first held what it shares with the other, by its own versions.

    A version with a smaller part of it is none that had it, and none that lacked it; neither shows one that is far
    shorter what was there: it may be all that strangers were shown.
    """
    its = other.item, other.version
    whole = articles.kin((one.item, one.version), its)
    least = _NEARLY_ALL * whole.shared if whole else 0.0
    lacked: str | None = None
    part: str | None = None
    for held in articles.versions(one.item)[:_MOST_VERSIONS]:
        if held.version == one.version:
            return Sighting(held, lacked, part)
        kin = articles.kin((one.item, held.version), its)
        if kin and kin.kind != Kind.QUOTATION and kin.shared >= least:
            return Sighting(held, lacked, part)
        is_short = len(articles.text(one.item, held.version).words) < _SHORTER * len(one.text.words)
        lacked, part = (None, held.last_seen) if kin or is_short else (held.last_seen, None)
    found = articles.held(one)
    return Sighting(found, None, lacked or part)  # those between weren't looked at


def beside(articles: Articles, one: Article, other: Article) -> Iterator[Beside]:
    """Yield other items of the site of `one` that share text with `other`, of whatever type, gone or not."""
    if one.site == other.site:
        return
    for item, version in articles.db.execute(BESIDE, {"other": other.item, "site": one.site}).fetchall():
        found = articles.one(item, version) if item != one.item else None
        if found:
            yield Beside(found, sighting(articles, found, other))


def listing_without(articles: Articles, one: Article, seen: str) -> str | None:
    """Return when a complete listing of its type last lacked it, before it was held."""
    about = (one.site, one.type, min(one.first_seen, seen), one.item)
    found: str | None = articles.db.execute(_LACKED, about).fetchone()[0]
    return found
