"""What a walk has found so far: the items that it holds, the positions that are accounted for, the holes that it knows of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from wparchive.wordpress.listing.coverage import Coverage
from wparchive.wordpress.listing.extent import Extent
from wparchive.wordpress.listing.pages import Page, PageReply
from wparchive.wordpress.listing.proof import Gap, ListingOutcome, Proof

__all__ = ["Findings"]


@dataclass(slots=True)
class Findings:
    """The account of one walk over a list of this `extent`. `pages` were good and showed `rows`, those of second readings aside.

    `ids` are the items that are held; those of which only metadata could be had are gaps, and say so.
    """

    extent: Extent
    ids: set[int] = field(default_factory=set)
    again: set[int] = field(default_factory=set)  # what the last good page showed and others had shown before
    pages: int = 0
    rows: int = 0
    unordered: bool = False
    unproven: bool = False  # whether something contradicts the total that couldn't be looked into
    gaps: list[Gap] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    _capture: tuple[int, str | None] = (-1, None)

    def hold(self, page: Page, reply: PageReply, found: list[int], *, falling: bool) -> None:
        """The items of a page are held; what can't be held for want of an id is a gap."""
        self.show(page, reply, found)
        self.unordered = self.unordered or found != sorted(found, reverse=falling)
        if page.again:
            return
        self.rows += len(found)
        for place, one in zip(reply.places, reply.items, strict=True):
            if one.id is None:
                where = page.offset + place + 1
                self.gaps.append(Gap(where, where, "item without a usable id"))

    def show(self, page: Page, reply: PageReply, found: Iterable[int]) -> None:
        """A good page, wherever in the list it stands: its items are held."""
        self.pages += 1
        self._capture = max(self._capture, (page.offset, reply.capture), key=lambda one: one[0])
        self.again = self.ids.intersection(found)
        self.ids.update(found)

    def hold_metadata(self, page: Page, found: list[int]) -> None:
        """Of what was given up, so much was had after all."""
        if not found:
            return
        place = page.offset + 1, self.extent.cut(page.offset + page.size)
        held = f"only its metadata, id {found[0]}" if page.size == 1 else "only their metadata"
        self.gaps = [
            replace(gap, reason=f"{gap.reason}; {held}") if (gap.first, gap.last) == place else gap for gap in self.gaps
        ]

    def answered(self, reply: PageReply) -> None:
        """As long as no page was good, what the server answers instead is the evidence."""
        if not self.pages:
            self._capture = (0, reply.capture)

    def cover(self, start: int, end: int, reply: PageReply, broken: Sequence[int] = ()) -> int:
        """The positions from `start` to `end` are on a page that came, as far as the list went at this reply: gives that end.

        Those of `broken` items (places in the page) are still to be had.
        """
        if reply.total is not None and self.extent.total is not None:
            end = min(end, reply.total)
        shown, at = len(reply.items), start
        for stop in (*(start + place for place in broken), end):
            rows = min(shown, stop - at) if broken else shown
            # What nobody counted isn't withheld.
            self.coverage.add(at, stop, self.extent.total, None if reply.total is None else rows)
            shown, at = shown - rows, stop + 1
        return end

    def give_up(self, start: int, end: int | None, reason: str) -> None:
        """What is from `start` to `end` can't be had."""
        self.gaps.append(Gap(start + 1, end, reason))
        if end is not None:
            self.coverage.add(start, end, self.extent.total)

    def give_up_rest(self, reason: str) -> None:
        """What no page has shown can't be had."""
        total, end = self.extent.total, self.extent.known
        holes = list(self.coverage.holes(end if end is not None or self.pages else self.extent.stated))
        if total is not None and (reached := self.coverage.reach(total)) < total:
            # Rows may have moved from what isn't read to where we had been.
            first = holes.pop(0) if holes else (total, total)
            holes.insert(0, (min(reached, first[0]), first[1]))
        self.gaps.extend(Gap(first + 1, last, reason) for first, last in holes)

    def forget(self) -> None:
        """Begin the account of positions and holes anew."""
        self.gaps.clear()
        self.coverage = Coverage()

    def proof(self, route: str, type_: str, outcome: ListingOutcome, reason: str) -> Proof:
        """What the walk can claim, having ended with `outcome`."""
        whole = (
            outcome is ListingOutcome.COMPLETE
            and self.extent.total is not None
            and len(self.ids) <= self.extent.largest
            and not self.lacks
        )
        return Proof(
            route=route,
            type=type_,
            stated=self.extent.stated,
            held=len(self.ids),
            withheld=self._withheld(),
            pages=self.pages,
            outcome=outcome,
            verified=whole
            and not (self.unproven or self.extent.unstated)
            and (not self.unordered or self.rows == len(self.ids)),
            gaps=Gap.merged(self.gaps),
            capture=self._capture[1],
            reason=reason,
            ids=self.ids,
        )

    @property
    def lacks(self) -> int:
        """How many rows the server counts that no page has shown, beside those that it withholds; 0 where gaps are known."""
        if self.extent.total is None or self.gaps:
            return 0
        return max(0, self.extent.total - len(self.ids) - self.coverage.withheld())

    def _withheld(self) -> int:
        """What was counted and not shown: no more, in any case, than is counted and not held."""
        return min(self.coverage.withheld(), max(0, (self.extent.stated or 0) - len(self.ids)))
