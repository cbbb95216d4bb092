"""What an archive holds of when the text of an article became public: the side of a comparison of two."""

import re
from collections.abc import Sequence

from wparchive.ask.kinship.articles import NEARLY_ALL, Article, Articles, Sighting, Version, bare_host
from wparchive.ask.kinship.mentions import mentions
from wparchive.ask.kinship.pointers import canonicals, former_guids, guid_points, other_date, points
from wparchive.ask.kinship.sightings import Beside, beside, listing_without
from wparchive.ask.kinship.testimony import named
from wparchive.kinship.claims import Side
from wparchive.kinship.precedence import Order, order_of

__all__ = ["TABLES", "order_between", "side_of"]

TABLES = (
    "kinship",
    "clusters",
    "sites",
    "posts",
    "comments",
    "versions",
    "captures",
    "listings",
    "pages",
    "inventory",
    "inventory_documents",
)
"""What kin and their order are told from."""

_BEFORE = 5  # items with lower ids, and as many with higher ones
_UPLOADED = re.compile(r"/uploads/(?:sites/\d++/)?(\d{4})/(\d{2})/")
_DATED = re.compile(r"//[^/?#]++(?:/[^/?#]++)*?/((?:19|20)\d{2})/(\d{2})/(\d{2})/")
_LOWER = f"""
    SELECT date_gmt, guid FROM posts WHERE site = ? AND type = ? AND wp_id < ? AND date_gmt IS NOT NULL
    ORDER BY wp_id DESC LIMIT {_BEFORE}"""  # noqa: S608 - constants
_COMMENTED = "SELECT min(date_gmt) FROM comments WHERE post_item = ? AND date_gmt > '2003' AND privilege = 'anonymous'"
_HIGHER = f"""
    SELECT date_gmt, first_seen FROM posts WHERE site = ? AND type = ? AND wp_id > ? AND date_gmt IS NOT NULL
    ORDER BY wp_id LIMIT {_BEFORE}"""  # noqa: S608 - constants


def order_between(articles: Articles, one: Article, other: Article) -> Order:
    """Return which of two articles was public first, as far as the archive shows it."""
    return order_of(side_of(articles, one, other), side_of(articles, other, one))


def side_of(articles: Articles, one: Article, other: Article) -> Side:
    """Return what is held and claimed of when the site of `one` first had the text that it shares with `other`."""
    db = articles.db
    lower = db.execute(_LOWER, (one.site, one.type, one.wp_id)).fetchall()
    higher = db.execute(_HIGHER, (one.site, one.type, one.wp_id)).fetchall()
    own = articles.sighting(one.item, one.version, other.item, other.version)
    stated = articles.stated(one)
    by_site = _BySite(articles, one, other, own, list(beside(articles, one, other)), stated.date)
    linked = list(canonicals(articles, one, other))
    known = {*one.hosts, one.host, "", *(bare_host(guid or "") for _, guid in lower)}
    return Side(
        item=one.item,
        seen_at=by_site.found.seen,
        held_in=by_site.earliest.item if by_site.earliest is not one else None,
        absent_at=by_site.absent,
        by_others=by_site.by_others(),
        came_by_edit=by_site.is_by_edit,
        part_until=own.part,
        date=stated.date,
        dates=_dates(articles.versions(one.item)),
        modified=own.held.modified,
        modified_before=own.lacking.modified if own.lacking else None,
        commented=_commented(articles, one),
        revisions=own.held.revisions if own.held.revisions or articles.counts_revisions(one.site) else None,
        lower=tuple(date for date, _ in lower),
        higher=tuple(date for date, _ in higher),
        begun=tuple(date for date, since in higher if not _is_put_back(date, since, by_site.absent)),
        address=_dated_address(stated.link),
        upload=_uploaded(one),
        stated=(*by_site.older(), *other_date(one)),
        named=tuple(named(db, one.item)),
        foreign_guid=bare_host(one.guid) not in known and not guid_points(articles, one, other, one.guid),
        inserted=articles.inserted(one.site, one.author, other.site) if one.site != other.site else None,
        points=(*points(articles, one, other), *(words for words, is_source in linked if is_source)),
        mentions=(*former_guids(articles, one, other), *mentions(articles, one, other)),
        noted=tuple(words for words, is_source in linked if not is_source),
    )


class _BySite:
    """When the site of an article first had a text: in that article, or in another that has all of it."""

    def __init__(
        self,
        articles: Articles,
        one: Article,
        other: Article,
        own: Sighting,
        others: Sequence[Beside],
        date: str | None,
    ) -> None:
        self._articles, self._one, self._own, self._others, self._date = articles, one, own, others, date
        self._pair = (one.item, one.version), (other.item, other.version)
        self.earliest, self.found = one, own
        for it, at in sorted(others, key=lambda each: each.sighting.seen):
            if at.seen < self.found.seen and self._has_all(it):
                self.earliest, self.found = it, at
                break
        self.is_by_edit = own.is_by_edit or self.found.is_by_edit
        self._lacked = self._lacking()
        self.absent = self._absent()

    def by_others(self) -> frozenset[str]:
        """Which of the two times are by another tool's clock."""
        seen, absent = bool(self.found.held.is_foreign), self.absent is not None and self._lacked[1]
        return frozenset(name for name, is_foreign in (("seen", seen), ("absent", absent)) if is_foreign)

    def _lacking(self) -> tuple[str | None, bool]:
        """When the text was last found lacking, and whether by another tool's clock."""
        if not self.is_by_edit:
            return listing_without(self._articles, self.earliest, self.found.seen)
        lacking = self._own.lacking if self.earliest is self._one else None
        return (lacking.last_seen, bool(lacking.is_foreign)) if lacking else (None, False)

    def _absent(self) -> str | None:
        """When the text was last found lacking: in the article, or in its site's listing; None if that isn't known."""
        absent = self._lacked[0]
        if absent is None or any(at.seen <= absent for _, at in self._others):
            return None
        return None if any(self._is_named(it, absent) for it, _ in self._others) else absent

    def older(self) -> tuple[tuple[str, str], ...]:
        """The earliest date that its site states of another item with the text."""
        dated = sorted(
            (it.date, it.item, it) for it, _ in self._others if it.date and self._date and it.date < self._date
        )
        first = next(((item, date) for date, item, it in dated if self._has_all(it)), None)
        return (first,) if first else ()

    def _is_named(self, it: Article, absent: str) -> bool:
        named_then = any(each.first_seen <= absent for each in named(self._articles.db, it.item))
        return named_then and self._has_all(it)

    def _has_all(self, it: Article) -> bool:
        return self._articles.has(self._pair, (it.item, it.version)) >= NEARLY_ALL


def _is_put_back(date: str, since: str, absent: str | None) -> bool:
    """Whether an article is dated before a listing that lacked it: that says nothing of what has a lower id."""
    return absent is not None and date < absent < since


def _commented(articles: Articles, one: Article) -> str | None:
    found: str | None = articles.db.execute(_COMMENTED, (one.item,)).fetchone()[0]
    return found


def _dates(versions: Sequence[Version]) -> tuple[tuple[str, str], ...]:
    """The dates that they claim with when each was first held, if there are several; what comes again counts again."""
    found: list[tuple[str, str]] = []
    for held in versions:
        if held.date and (not found or found[-1][0] != held.date):
            found.append((held.date, held.first_seen))
    return tuple(found) if len(found) > 1 else ()


def _uploaded(one: Article) -> str | None:
    """The month of the upload that it shows, if it wasn't edited since: else that may have come later than the text."""
    found = _UPLOADED.search(one.picture or "")
    month = f"{found[1]}-{found[2]}" if found else None
    return month if month and (one.modified or "")[: len(month)] < month else None


def _dated_address(url: str | None) -> str | None:
    found = _DATED.search(url or "")
    return "-".join(found.groups()) if found else None
