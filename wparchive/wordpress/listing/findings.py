"""What a walk has found so far: the items held, the positions accounted for, and the known gaps."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from wparchive.wordpress.listing.coverage import Coverage
from wparchive.wordpress.listing.extent import Extent
from wparchive.wordpress.listing.pages import Page, PageReply
from wparchive.wordpress.listing.proof import Gap, ListingOutcome, Proof

__all__ = ["Findings"]


@dataclass(slots=True)
class Findings:
    """The account of one walk over a list of this `extent`.

    `pages` counts good pages, and `rows` the rows on them, second readings excluded. `ids` are the items held. Items of
    which only metadata was returned are gaps, whose reason says so.
    """

    extent: Extent
    ids: set[int] = field(default_factory=set)
    again: set[int] = field(default_factory=set)  # ids on the last good page that earlier pages had shown
    pages: int = 0
    rows: int = 0
    repeated: Counter[int] = field(default_factory=Counter)  # how often a page shows an item again
    unordered: bool = False
    unproven: bool = False  # whether something contradicts the total and could not be checked
    gaps: list[Gap] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    _capture: tuple[int, str | None] = (-1, None)

    def hold(self, page: Page, reply: PageReply, found: list[int], *, falling: bool) -> None:
        """Record the items of a page as held; an item without a usable id is a gap."""
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
        """Record a good page, at any position of the list: its items are held."""
        self.pages += 1
        self._capture = max(self._capture, (page.offset, reply.capture), key=lambda one: one[0])
        self.again = self.ids.intersection(found)
        self.ids.update(found)

    def hold_metadata(self, page: Page, found: list[int]) -> None:
        """Record that the metadata of a given-up page was returned after all."""
        if not found:
            return
        place = page.offset + 1, self.extent.cut(page.offset + page.size)
        held = f"only its metadata, id {found[0]}" if page.size == 1 else "only their metadata"
        self.gaps = [
            replace(gap, reason=f"{gap.reason}; {held}") if (gap.first, gap.last) == place else gap for gap in self.gaps
        ]

    def answered(self, reply: PageReply) -> None:
        """Keep this reply as the evidence, as long as no page was good."""
        if not self.pages:
            self._capture = (0, reply.capture)

    def cover(self, start: int, end: int, reply: PageReply, broken: Sequence[int] = ()) -> int:
        """Record the positions from `start` to `end` as returned; return that end, cut to the list's length.

        `broken` are places in the page whose items are still missing.
        """
        if reply.total is not None and self.extent.total is not None:
            end = min(end, reply.total)
        shown, at = len(reply.items), start
        for stop in (*(start + place for place in broken), end):
            rows = min(shown, stop - at) if broken else shown
            # Where the server states no total, no row counts as withheld.
            self.coverage.add(at, stop, self.extent.total, None if reply.total is None else rows)
            shown, at = shown - rows, stop + 1
        return end

    def give_up(self, start: int, end: int | None, reason: str) -> None:
        """Record a gap from `start` to `end`."""
        self.gaps.append(Gap(start + 1, end, reason))
        if end is not None:
            self.coverage.add(start, end, self.extent.total)

    def give_up_rest(self, reason: str) -> None:
        """Record a gap for every range that no page has shown."""
        total, end = self.extent.total, self.extent.known
        holes = list(self.coverage.holes(end if end is not None or self.pages else self.extent.stated))
        if total is not None and (reached := self.coverage.reach(total)) < total:
            # Rows may have moved from the unread part into positions that were read before.
            first = holes.pop(0) if holes else (total, total)
            holes.insert(0, (min(reached, first[0]), first[1]))
        self.gaps.extend(Gap(first + 1, last, reason) for first, last in holes)

    def forget(self) -> None:
        """Discard the account of positions and gaps, and begin again."""
        self.gaps.clear()
        self.coverage = Coverage()

    def proof(self, route: str, type_: str, outcome: ListingOutcome, reason: str) -> Proof:
        """Return what the walk can claim, having ended with `outcome`."""
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
            reason=reason or self._repeats(outcome),
            ids=self.ids,
        )

    def _repeats(self, outcome: ListingOutcome) -> str:
        count = self.repeated.total() if outcome is ListingOutcome.COMPLETE else 0
        return f"{count:,} of its rows show an item again that is on the same page" if count else ""

    @property
    def lacks(self) -> int:
        """How many rows the server counts that no page returned, withheld and repeated ones excluded; 0 where gaps are known."""
        if self.extent.total is None or self.gaps:
            return 0
        return max(0, self.extent.total - len(self.ids) - self.coverage.withheld() - self.repeated.total())

    def _withheld(self) -> int:
        """Return how many rows were counted but not returned: at most as many as are counted and not held."""
        return min(self.coverage.withheld(), max(0, (self.extent.stated or 0) - len(self.ids)))
