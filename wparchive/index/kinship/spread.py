"""How far a text had spread by some moment: `clusters` has what a group of like articles is now, not what it was then.

What was told of two articles must not depend on who printed the same later.
"""

import sqlite3
from collections.abc import Iterator, Sequence

from wparchive.index.kinship.clusters import NEARLY, group_kind
from wparchive.index.kinship.meetings import Meeting, Meetings
from wparchive.kinship.comparison import Kind

__all__ = ["Spread"]

_FEWEST = 5  # articles of a group that can be more than kin
_LARGE = f"SELECT item FROM clusters WHERE size >= {_FEWEST}"  # noqa: S608 - constants
_LINKED = f"""
    SELECT k.item, k.other, k.version, k.other_version, k.kind, k.share, k.other_share FROM kinship k
    JOIN clusters c ON c.item = k.item JOIN clusters d ON d.item = k.other
    WHERE k.kind != '{Kind.QUOTATION}' AND max(k.share, k.other_share) >= {NEARLY} AND max(c.size, d.size) >= {_FEWEST}
    ORDER BY c.cluster, k.item, k.other"""  # noqa: S608 - constants


class Spread:
    """The groups as they grew; `common` are meetings of pairs that `kinship` doesn't have any more."""

    def __init__(self, conn: sqlite3.Connection, meetings: Meetings, common: Sequence[Sequence[Meeting]] = ()) -> None:
        self._conn, self._meetings, self._common = conn, meetings, common
        self._large = {item for (item,) in conn.execute(_LARGE)}
        self._above: dict[str, tuple[str, str]] = {}  # of which group it is part, and since when
        self._grown: dict[str, list[tuple[str, int, frozenset[str]]]] = {}  # when, how many articles, which sites
        self._is_read = False

    def kind(self, item: str, moment: str) -> str:
        """Return what kind of group the item was in at a moment: kin, series or everybody (see `clusters`)."""
        if item not in self._large:
            return "kin"
        if not self._is_read:
            self._is_read = True
            for since, one, other in sorted(self._links()):
                self._join(since, one, other)
        grown = self._grown.get(self._top(item, moment), [])
        last = next((stage for stage in reversed(grown) if stage[0] <= moment), None)
        return group_kind(last[1], len(last[2])) if last else "kin"

    def _links(self) -> Iterator[tuple[str, str, str]]:
        """Yield since when two articles have had most of a text in common; `kinship` may name later versions."""
        for met in filter(None, map(_most, self._common)):
            yield met.later.first_seen, met.later.item, met.earlier.item
        for pair in self._conn.execute(_LINKED).fetchall():
            first = _most(self._meetings.of(pair))
            yield first.later.first_seen if first else self._meetings.side_by_side(pair), pair[0], pair[1]

    def _top(self, item: str, moment: str) -> str:
        """Return the article by which its group is known then: a short way, as the smaller group goes below."""
        while (above := self._above.get(item)) and above[1] <= moment:
            item = above[0]
        return item

    def _join(self, since: str, one: str, other: str) -> None:
        (size, sites, first), *rest = sorted(
            {(*self._stage(top), top) for top in (self._top(one, since), self._top(other, since))},
            key=lambda group: (-group[0], group[2]),
        )
        for more, its, second in rest:
            self._above[second] = (first, since)
            self._grown.setdefault(first, []).append((since, size + more, sites | its))

    def _stage(self, top: str) -> tuple[int, frozenset[str]]:
        grown = self._grown.get(top)
        return grown[-1][1:] if grown else (1, frozenset([top.partition("/")[0]]))


def _most(meetings: Sequence[Meeting]) -> Meeting | None:
    """The first at which the two had most of a text in common."""
    return next((met for met in meetings if max(met.told.share, met.told.other_share) >= NEARLY), None)
