"""Which of two kin texts was public first: an order with its reasons, or none.

Each side has a time before which its text wasn't there and one at which it was. Our own captures prove such times; dates
that a site claims narrow them, as far as nothing contradicts them. Only where the one span ends before the other begins
is there an order by time; structure, as a canonical link, can give one where no time speaks against it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from wparchive.kinship.claims import Side, contradictions, moment, ready_made

__all__ = ["Order", "Reason", "Standing", "order_of"]

_ZONES = timedelta(hours=14)  # by which a clock set to a wrong zone is off


class Standing(StrEnum):
    """How well an order stands."""

    PROVEN = "proven"  # by captures alone
    INDICATED = "indicated"  # by what the sites state, uncontradicted
    UNDECIDABLE = "undecidable"


class Reason(NamedTuple):
    """One reason: what it rests on (captures, dates or structure), the item that it is about, and the words."""

    basis: str
    item: str
    text: str


class Order(NamedTuple):
    """`first` is the item whose text was public first, as far as `standing` says; None if that is undecidable."""

    first: str | None
    standing: Standing
    reasons: tuple[Reason, ...]


class _Span(NamedTuple):
    """After `low` and not later than `high` a text became public; None where that is open."""

    low: datetime | None
    high: datetime | None

    def ends_before(self, other: "_Span") -> bool:
        return self.high is not None and other.low is not None and self.high <= other.low


def order_of(one: Side, other: Side) -> Order:
    """Return which of two sides was public first, with all reasons for and against."""
    sides = (one, other)
    reasons = [*_told(one), *_told(other)]
    seen = [_Span(moment(side.absent_at), moment(side.seen_at)) for side in sides]
    proven = _first(seen)
    if proven is not None:
        return Order(sides[proven].item, Standing.PROVEN, tuple(reasons))
    by_date = _first([_claimed(side, span) for side, span in zip(sides, seen, strict=True)])
    by_structure = _pointed(sides)
    if by_structure is not None and by_date is not None and by_structure != by_date:
        against = Reason("structure", sides[by_structure].item, "links and dates point to different sides")
        return Order(None, Standing.UNDECIDABLE, (*reasons, against))
    first = by_structure if by_structure is not None else by_date
    if first is None or (one.points and other.points):
        return Order(None, Standing.UNDECIDABLE, tuple(reasons))
    return Order(sides[first].item, Standing.INDICATED, tuple(reasons))


def _first(spans: Sequence[_Span]) -> int | None:
    before = spans[0].ends_before(spans[1]), spans[1].ends_before(spans[0])
    return None if before[0] == before[1] else 0 if before[0] else 1


def _pointed(sides: tuple[Side, Side]) -> int | None:
    """The side that the other one points to as its source, if only one does."""
    points = [bool(side.points) for side in sides]
    return None if points[0] == points[1] else 1 if points[0] else 0


def _claimed(side: Side, seen: _Span) -> _Span:
    """The span narrowed by the claimed date, if nothing contradicts it; an edit since may have brought the text."""
    claimed = moment(side.date)
    if claimed is None or side.came_by_edit or any(contradictions(side)) or any(ready_made(side)):
        return seen
    edited = moment(side.modified) or claimed
    low, high = claimed - _ZONES, max(claimed, edited) + _ZONES
    return _Span(max(low, seen.low) if seen.low else low, min(high, seen.high) if seen.high else high)


def _told(side: Side) -> Iterator[Reason]:
    yield Reason("captures", side.item, f"held since {side.seen_at}")
    if side.absent_at:
        where = "an earlier version of it" if side.came_by_edit else "its site's whole listing"
        yield Reason("captures", side.item, f"not yet in {where} at {side.absent_at}")
    if side.date:
        yield Reason("dates", side.item, f"dated {side.date} by its site")
    if side.came_by_edit:
        yield Reason("dates", side.item, "the text came with a later edit, so its date says nothing of it")
    elif side.modified and side.date and side.modified > side.date:
        yield Reason("dates", side.item, f"modified {side.modified}: the text may have come as late as that")
    yield from (Reason("dates", side.item, words) for words in contradictions(side))
    yield from (Reason("structure", side.item, words) for words in (*ready_made(side), *side.points))
