"""Who takes from whom, over all sites of an archive: pairs of articles on two sites, with the order of each."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any, NamedTuple

from wparchive.ask.kinship.articles import Article, Articles
from wparchive.ask.kinship.sides import order_between
from wparchive.kinship.claims import moment
from wparchive.kinship.precedence import Order, Standing

__all__ = ["Edge", "Pair", "Shares", "edges", "pairs_of_sites", "shares"]

# Series of one site, what everybody prints and what both have from an agency say nothing of two sites.
_APART = """
    FROM kinship k LEFT JOIN clusters c ON c.item = k.item
    WHERE k.item_site != k.other_site AND k.kind != 'quotation'
      AND coalesce(c.kind, 'kin') NOT IN ('series', 'everybody', 'common')"""
_BETWEEN = " AND ((k.item_site = :one AND k.other_site = :two) OR (k.item_site = :two AND k.other_site = :one))"
_PAIRS = "SELECT k.*{}{} ORDER BY k.shared DESC, k.item, k.other LIMIT :most OFFSET :offset"
_SHARES = f"SELECT k.item_site, k.other_site, count(*), sum(k.shared){_APART} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"


class Pair(NamedTuple):
    """Two articles on two sites that share text; `apart` is the time between their claimed dates, if both have one."""

    one: Article
    other: Article
    kind: str
    shared: int
    share: int
    other_share: int
    agency: str | None
    capture: str
    other_capture: str
    order: Order
    apart: timedelta | None

    @property
    def source(self) -> Article | None:
        """The article that was public first; None if that is undecidable, or both have it from an agency."""
        sides = {self.one.item: self.one, self.other.item: self.other}
        return None if self.agency else sides.get(self.order.first or "")

    @property
    def delay(self) -> timedelta | None:
        """How much later than the source the other one is dated; None if there is no source, or a date puts it before."""
        dates = moment(self.one.date), moment(self.other.date)
        if self.apart is None or self.source is None or dates[0] is None or dates[1] is None:
            return None
        first = self.one if dates[0] <= dates[1] else self.other
        return self.apart if self.source is first else None


class Shares(NamedTuple):
    """How many pairs two sites have, and how many words they share in these."""

    one: str
    other: str
    pairs: int
    words: int


@dataclass(frozen=True, slots=True)
class Edge:
    """From the site `source` to the one that has its texts later; undirected where `source` is "" (then `sites` are two).

    `proven` of the `pairs` have an order by captures; `delay` is the median of theirs.
    """

    source: str
    sites: tuple[str, str]
    pairs: int
    words: int
    proven: int
    delay: timedelta | None

    @property
    def taker(self) -> str:
        """The other site."""
        return self.sites[0] if self.sites[1] == self.source else self.sites[1]


def shares(db: sqlite3.Connection) -> list[Shares]:
    """Return for each two sites how much they share, whatever the order."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for one, other, pairs, words in map(tuple, db.execute(_SHARES)):
        key = (min(one, other), max(one, other))
        before = found.get(key, (0, 0))
        found[key] = (before[0] + pairs, before[1] + words)
    return [Shares(*key, *counts) for key, counts in sorted(found.items(), key=lambda one: (-one[1][0], one[0]))]


def pairs_of_sites(
    db: sqlite3.Connection, sites: tuple[str, str] | None = None, *, most: int, offset: int = 0
) -> list[Pair]:
    """Return pairs, of two `sites` or of all, those with most text in common first."""
    query = _PAIRS.format(_APART, _BETWEEN if sites else "")
    given: dict[str, Any] = {"most": most, "offset": offset}
    cursor = db.execute(query, given | (dict(zip(("one", "two"), sites, strict=True)) if sites else {}))
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, tuple(row), strict=True)) for row in cursor.fetchall()]
    articles = Articles(db)
    return [pair for row in rows if (pair := _pair(articles, row))]


def _pair(articles: Articles, row: dict[str, Any]) -> Pair | None:
    one, other = (articles.one(row[name], row[at]) for name, at in (("item", "version"), ("other", "other_version")))
    if one is None or other is None:
        return None
    dates = moment(one.date), moment(other.date)
    same = ("kind", "shared", "share", "other_share", "agency", "capture", "other_capture")
    return Pair(
        one=one,
        other=other,
        **{name: row[name] for name in same},
        order=order_between(articles, one, other),
        apart=abs(dates[0] - dates[1]) if dates[0] and dates[1] else None,
    )


def edges(pairs: Iterable[Pair]) -> list[Edge]:
    """Return what the orders of `pairs` come to between sites, the thickest first."""
    groups: dict[tuple[str, tuple[str, str]], list[Pair]] = {}
    for pair in pairs:
        sites = (min(pair.one.site, pair.other.site), max(pair.one.site, pair.other.site))
        groups.setdefault((pair.source.site if pair.source else "", sites), []).append(pair)
    found = [
        Edge(
            source,
            sites,
            len(group),
            sum(pair.shared for pair in group),
            sum(pair.order.standing == Standing.PROVEN for pair in group),
            _median([pair.delay.total_seconds() for pair in group if pair.delay is not None]),
        )
        for (source, sites), group in groups.items()
    ]
    return sorted(found, key=lambda edge: (-edge.pairs, edge.source, edge.sites))


def _median(delays: list[float]) -> timedelta | None:
    return timedelta(seconds=median(delays)) if delays else None
