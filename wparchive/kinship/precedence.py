"""Which of two kin texts was public first: an order with its reasons, or none.

Each side has a time before which its text wasn't there and one at which it was. Our own captures show such times; that a text
wasn't there at one time doesn't prove that it never was before, so they prove an order only where the dates agree. Dates that
a site claims narrow them, as far as nothing contradicts them. Only where the one span ends before the other begins
is there an order by time; structure, as a canonical link, can give one where no time speaks against it. Nobody is called
first who names the other as the source, in whatever way and version: what was held of that may have been published anew.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from wparchive.kinship.claims import (
    ZONES,
    Side,
    begun_by,
    contradictions,
    moment,
    named_before,
    names_as_source,
    ready_made,
    shown_late,
    stated_edit,
)

__all__ = ["Order", "Reason", "Standing", "order_of"]


class Standing(StrEnum):
    """How well an order stands."""

    PROVEN = "proven"  # by captures, which the dates agree with
    INDICATED = "indicated"  # by what the sites state, or captures by another tool's clock, uncontradicted
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
    proven = _first([_Span(_absent(side) if _agrees(side) else None, moment(side.seen_at)) for side in sides])
    if proven is not None:
        if names_as_source(sides[proven], sides[1 - proven]):
            return Order(None, Standing.UNDECIDABLE, tuple(reasons))
        if not ("seen" in sides[proven].by_others or "absent" in sides[1 - proven].by_others):
            return Order(sides[proven].item, Standing.PROVEN, tuple(reasons))
    by_date = _first([_claimed(side, _Span(_absent(side), moment(side.seen_at))) for side in sides])
    by_structure = _pointed(sides)
    if by_structure is not None and by_date is not None and by_structure != by_date:
        against = Reason("structure", sides[by_structure].item, "links and dates point to different sides")
        return Order(None, Standing.UNDECIDABLE, (*reasons, against))
    if by_structure is not None and by_date is None and _dated_before(sides[1 - by_structure], sides[by_structure]):
        by_structure = None
    first = by_structure if by_structure is not None else by_date
    if first is None or names_as_source(sides[first], sides[1 - first]):
        return Order(None, Standing.UNDECIDABLE, tuple(reasons))
    return Order(sides[first].item, Standing.INDICATED, tuple(reasons))


def _first(spans: Sequence[_Span]) -> int | None:
    before = spans[0].ends_before(spans[1]), spans[1].ends_before(spans[0])
    return None if before[0] == before[1] else 0 if before[0] else 1


def _pointed(sides: tuple[Side, Side]) -> int | None:
    """The side that the other one points to as its source, if only one does; none of which the date is contradicted.

    Who has bought a domain may publish there again what the old pages and guids of the site that left it name.
    """
    points = [bool(side.points) for side in sides]
    if points[0] == points[1]:
        return None
    source = 1 if points[0] else 0
    return None if any(contradictions(sides[source])) else source


def _dated_before(one: Side, other: Side) -> bool:
    dates = moment(one.date), moment(other.date)
    return dates[0] is not None and dates[1] is not None and dates[0] < dates[1]


def _absent(side: Side) -> datetime | None:
    """When it was lacking, if that counts: a listing's absence only where the date came later, uncontradicted.

    Else the listing may be a cache's, the article may have been away for a while, as when a sitemap or feed had named its
    address by then or it was commented on, or its date is false. It is no newer than ids say that it was begun.
    """
    absent, date, commented = (moment(one) for one in (side.absent_at, side.date, side.commented))
    if absent is None or side.came_by_edit:
        return None if shown_late(side) else absent
    against = date and (date <= absent or any(contradictions(side)))
    if against or named_before(side, absent) or (commented and commented <= absent):
        return None
    return min(absent, begun_by(side) or absent)


def _agrees(side: Side) -> bool:
    """Whether the site, too, states that the text came after it was found lacking: it may have been public before that."""
    absent, modified = _absent(side), moment(side.modified)
    if absent is None or modified is None or modified <= absent:
        return False
    return side.came_by_edit or moment(side.date) is not None


def _claimed(side: Side, seen: _Span) -> _Span:
    """The span narrowed by the claimed date, if nothing contradicts it; an edit since may have brought the text."""
    claimed = moment(side.date)
    if claimed is None or side.came_by_edit or any(contradictions(side)) or any(ready_made(side)):
        return seen
    low = min(claimed, begun_by(side) or claimed) - ZONES
    low = max(low, seen.low) if seen.low else low
    if side.part_until:  # what brought the rest may not be stated
        return _Span(low, seen.high)
    later = stated_edit(side)
    then = [moment(later.modified if later else side.modified), *(moment(one) for one in _until(side))]
    high = max([claimed, *filter(None, then)]) + ZONES
    return _Span(low, min(high, seen.high) if seen.high else high)


def _until(side: Side) -> list[str]:
    """The dates that it was held with up to when its text was."""
    return [date for date, since in side.dates if since <= side.seen_at]


def _told(side: Side) -> Iterator[Reason]:
    clocks = dict.fromkeys(side.by_others, ", by another tool's clock")
    held = f", in {side.held_in}" if side.held_in else ""
    yield Reason("captures", side.item, f"held since {side.seen_at}{held}{clocks.get('seen', '')}")
    if side.absent_at:
        where = "an earlier version of it" if side.came_by_edit else "its site's whole listing"
        yield Reason("captures", side.item, f"not yet in {where} at {side.absent_at}{clocks.get('absent', '')}")
    if shown_late(side):
        yield Reason("dates", side.item, f"modified {side.modified}, before that: a cache may have shown it")
    if side.part_until and not side.came_by_edit:
        words = f"earlier versions, until {side.part_until}, have a part of it, or too little to tell: the rest may be of an edit"
        yield Reason("captures", side.item, words)
    if side.date:
        yield Reason("dates", side.item, f"dated {side.date} by its site")
    if not side.came_by_edit and (begun := begun_by(side)):
        words = f"begun by {begun:%Y-%m-%d}, when items with higher ids are dated: it may have been public before"
        yield Reason("dates", side.item, words)
    for (before, _), (date, since) in pairwise(side.dates):
        if date > before:
            yield Reason("dates", side.item, f"dated {date} since {since}: its site has moved the date")
    if side.came_by_edit:
        yield Reason("dates", side.item, "the text came with a later edit, so its date says nothing of it")
    elif side.modified and side.date and side.modified > side.date:
        yield Reason("dates", side.item, f"modified {side.modified}: the text may have come as late as that")
    if not side.came_by_edit and (later := stated_edit(side)):
        words = f"modified {later.modified} by its {later.document}: the text may have come as late as that"
        yield Reason("dates", side.item, words)
    for one in side.named:
        yield Reason("dates", side.item, f"its site's {one.document} named its address at {one.first_seen}")
    yield from (Reason("dates", side.item, words) for words in contradictions(side))
    mentions = (one.words for one in side.mentions)
    structure = (*ready_made(side), *side.points, *mentions, *side.noted)
    yield from (Reason("structure", side.item, words) for words in structure)
