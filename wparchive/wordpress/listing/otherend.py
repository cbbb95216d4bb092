"""Reads a list from its other end, and by ids, to find items that are counted but that its pages do not show."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from wparchive.wordpress.listing.pages import Page, PageReply, Spelling

__all__ = ["OtherEnd", "Shown", "Turn"]

_EMPTY = 100  # consecutive empty pages after which the search ends
_WINDOWS = 200  # most requests by ids to close one hole


class Turn(StrEnum):
    """The state after a page from the other end."""

    ON = "on"
    MET = "met"  # everything that the server shows is held
    CONTRADICTED = "contradicted"  # the same, but the total counts more than the server shows
    LOST = "lost"  # a hole is left between the two ends


@dataclass(frozen=True, slots=True)
class Shown:
    """The last page of the walk that showed something: its positions, its number of rows, and the last id of the walk."""

    start: int = 0
    end: int = 0
    rows: int = 0
    edge: int | None = None


@dataclass(slots=True)
class OtherEnd:
    """Pages requested from the other end until they meet what the walk has `shown`. `spelling` is already reversed.

    `total` is the server's count, None when it is unknown. `fresh` are the items that the walk had not shown.
    """

    spelling: Spelling
    shown: Shown
    size: int
    total: int | None
    by_ids: bool
    most: int  # rows on the largest page that was seen: a smaller one was not cut off by the server's own page size
    fresh: set[int] = field(default_factory=set)
    reached: int = 0  # positions accounted for, counted from the other end
    _pages: int = 0
    _empty: int = 0
    _windows: Iterator[list[int]] | None = None
    _asked: frozenset[int] = frozenset()
    _between: int = 0

    def next(self) -> Page:
        """Return the next page to request."""
        if self._windows is not None and self._asked:
            return self.spelling.chosen(sorted(self._asked), self.shown.end)
        page = self.spelling.page(self._pages * self.size, self.size)
        return Page(page.offset, page.size, page.again, by="other", params=page.params)

    def take(self, reply: PageReply, found: list[int]) -> Turn:
        """Return the state after the requested page returned the items `found`."""
        if self._windows is not None:
            return self._take_window(found)
        if found != sorted(found, reverse=bool(self.spelling.falling)):
            return Turn.LOST  # the order is ignored, so it is unknown which end this is
        if self.total is not None and reply.total:
            self.total = reply.total
        self._pages += 1
        self.most = max(self.most, len(found))
        fresh = {one for one in found if self._is_beyond(one)}
        known, new = len(found) - len(fresh), fresh - self.fresh
        self.fresh |= fresh
        if known:
            return self._meet(known)
        if self._reaches_start:
            return Turn.MET
        self._empty = 0 if new else self._empty + 1
        if not new and self._ends(found):
            return self._by_ids()
        self.reached = self._pages * self.size
        return Turn.ON

    @property
    def _first(self) -> int | None:
        """The position, from the first end, at which the last page begins; None if the total is unknown."""
        return None if self.total is None else self.total - self._pages * self.size

    @property
    def _reaches_start(self) -> bool:
        """Whether the list was read to where the walk began, which shows nothing at all."""
        return self.shown.edge is None and self._first is not None and self._first <= self.shown.start

    def _meet(self, known: int) -> Turn:
        """Return whether as many `known` items as the last page shows can be on it, given where it begins."""
        first = self._first
        room = known if first is None else max(0, self.shown.end - max(0, first))
        return Turn.MET if known <= room else Turn.CONTRADICTED

    def _ends(self, found: list[int]) -> bool:
        """Return whether a page without new items ends what the server shows from here.

        An empty page does after pages with new items, as it did on the first end.
        """
        return bool(found or self.fresh) or self.total is None or self._empty >= _EMPTY

    def failed(self) -> Turn:
        """Record that the requested page failed."""
        return Turn.LOST if self._windows is not None else self._by_ids()

    def _is_beyond(self, wp_id: int) -> bool:
        edge = self.shown.edge
        return edge is None or (wp_id < edge if not self.spelling.falling else wp_id > edge)

    def _by_ids(self) -> Turn:
        """Start to request every id between the two ends, unless there are too many."""
        edge = self.shown.edge
        if not (self.by_ids and self.fresh and edge is not None):
            return Turn.LOST
        low, high = (edge, min(self.fresh)) if self.spelling.falling else (max(self.fresh), edge)
        if high - low > _WINDOWS * self.size:
            return Turn.LOST
        self._between = high - low - 1
        self._windows = (list(range(at, min(at + self.size, high))) for at in range(low + 1, high, self.size))
        return self._next_window()

    def _next_window(self) -> Turn:
        assert self._windows is not None
        self._asked = frozenset(next(self._windows, ()))
        if self._asked:
            return Turn.ON
        # No more rows can be withheld between the two ends than there are ids that return nothing.
        whole = self.shown.start + self.shown.rows + len(self.fresh)
        unseen = (self.total or whole) - whole
        return Turn.MET if unseen <= self._between + self.shown.start + self.size else Turn.CONTRADICTED

    def _take_window(self, found: list[int]) -> Turn:
        if not self._asked.issuperset(found):
            return Turn.LOST  # the server ignores `include`
        self.fresh.update(found)
        self._asked = self._asked.difference(found)
        if self._asked and len(found) >= max(1, self.most):  # the server may have cut this page off
            return Turn.ON
        return self._next_window()
