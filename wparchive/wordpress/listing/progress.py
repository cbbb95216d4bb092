"""The progress of a walk over a listing: what is left to request, and whether the end is proven."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from wparchive.wordpress.listing.coverage import Coverage
from wparchive.wordpress.listing.extent import Ending, Extent
from wparchive.wordpress.listing.findings import Findings
from wparchive.wordpress.listing.pagequeue import PageQueue
from wparchive.wordpress.listing.pages import Page, PageReply, Spelling
from wparchive.wordpress.listing.pagesize import PageSize
from wparchive.wordpress.listing.proof import ListingOutcome, Proof
from wparchive.wordpress.listing.salvage import Salvage, Trouble
from wparchive.wordpress.listing.tail import Tail

__all__ = ["IN_A_ROW", "Progress"]

IN_A_ROW = 5  # consecutive failing pages after which the rest is given up
_BY_ID = (("orderby", "id"), ("order", "asc"))
_NOWHERE = "items are counted that no page showed"
_PASSES = 3  # how often a list with an unstable order is read


@dataclass(slots=True)
class Progress:
    """The state of a walk, independent of single replies. `sweep.Sweep` documents the parameters."""

    route: str
    type: str
    per_page: int = 100
    params: tuple[tuple[str, str], ...] = _BY_ID
    paged: bool = True
    offsets: bool = True
    ends_empty: bool = False
    ceiling: int = 20_000
    names: tuple[str, str] = ("page", "per_page")
    done: bool = False
    _extent: Extent = field(default_factory=Extent)
    _queue: PageQueue = field(default_factory=PageQueue)
    _spelling: Spelling = field(init=False)
    _size: PageSize = field(init=False)
    _findings: Findings = field(init=False)
    _salvage: Salvage = field(init=False)
    _cursor: int = 0
    _requests: int = 0
    _failed_in_a_row: int = 0
    _stale: list[tuple[Page, PageReply, int]] = field(default_factory=list)
    _tail: Tail = field(init=False)
    _ending: Ending = field(init=False)
    _plainer: Iterator[tuple[int, tuple[str, ...]]] = field(init=False)
    _bare: int = 0
    _contradicted: int = 0
    _again: int = 0
    _over: int = 1  # where something new is expected: not on the first page, nor where the list is read again
    _passes: int = 1
    _outcome: ListingOutcome | None = None
    _reason: str = ""
    _worst: str = ""

    def __post_init__(self) -> None:
        """Start at the first page."""
        self._spelling, self._size = Spelling(self.params, self.offsets, self.names), PageSize(self.per_page)
        self._plainer = self._spelling.plainer(self.per_page)
        chosen = dict(self.params).get("include")
        self._ending = Ending(chosen.count(",") + 1 if chosen else None)
        self._findings = Findings(self._extent)
        self._salvage = Salvage(self._spelling, self._queue, self._extent, self._size, self._findings.give_up)
        self._tail = Tail(self._spelling, self._queue, self._extent, self._size, self._findings)
        if not self.paged:
            self._queue.push(self._spelling.whole(self.per_page))

    @property
    def ids(self) -> set[int]:
        """The ids of the items held; the set grows with each page."""
        return self._findings.ids

    @property
    def again(self) -> set[int]:
        """The ids on the last good page that earlier pages had shown."""
        return self._findings.again

    @property
    def stated(self) -> int | None:
        """The latest total that the server stated, None without one."""
        return self._extent.stated

    # ---- requests

    def wanted(self, limit: int) -> list[Page]:
        """Return up to `limit` pages to request now. They count as in flight until fed; an empty list means wait."""
        pages: list[Page] = []
        while len(pages) < limit and not self.done:
            page = self._next()
            if page is None:
                if self._queue.flying:
                    break
                self._settle()
                continue
            self._queue.flying.add(page)
            pages.append(page)
        return pages

    def _next(self) -> Page | None:
        if page := self._next_queued():
            return page
        # Without a total, a page ahead of those in flight may already lie past the end.
        waits = self._extent.total is None and self._queue.flying
        if not self.paged or self._extent.past is not None or waits:
            return None
        if self._more_ahead() or (self._cursor == 0 and not self._findings.pages and not self._queue.flying):
            page = self._spelling.page(self._cursor, self._size.asked)
            self._cursor += page.size
            return page
        return None

    def _next_queued(self) -> Page | None:
        """Return the first queued page that may be requested now.

        Of a page being split, one part is requested at a time.
        """
        waiting = []
        found = None
        while found is None and (page := self._queue.pop()):
            if self._salvage.busy(page):
                waiting.append(page)
            elif self._is_within(page):
                found = page
            else:
                self._learn(self._salvage.drop(page))
        for page in waiting:
            self._queue.push(page)
        return found

    def _is_within(self, page: Page) -> bool:
        special = page.again or not page.offset or page.by in ("other", "ids") or page == self._ending.page
        return bool(special) or page.offset < self._extent.bound(self._cursor)

    def _more_ahead(self) -> bool:
        return not self._tail.turned and self._cursor < self._extent.bound(self._cursor)

    # ---- the end

    def _settle(self) -> None:
        """When nothing is left to request or in flight: find holes and queue them, or finish."""
        while not self.done and self._queue.idle and not self._queue.probe():
            if self._queue.stuck:
                self._findings.forget()
                self.abandon(self._worst)
            elif not self.paged or not self._more():
                self._conclude()
            elif self._extent.past is None and self._more_ahead():
                return

    def _conclude(self) -> None:
        """Finish a walk to its end: whatever it lacks is a gap."""
        # Smaller pages overlap, so that what they withhold isn't known; of others, all rows are accounted for.
        if self.paged and self._findings.lacks and self._size.asked == self.per_page:
            self._findings.give_up(0, self._extent.total, f"{self._findings.lacks:,} {_NOWHERE}")
        self._finish(ListingOutcome.SHORT if self._findings.gaps else ListingOutcome.COMPLETE)

    def _more(self) -> bool:
        """Return whether something is left to request, and queue it."""
        if self._extent.past is not None:
            self._resolve_past(self._extent.past)
            return True
        if self._stale and not self._tail.turned:
            self._stand_still(whole=False)
            return True
        if self._more_ahead():
            return True
        if self._tail.waits():
            self._tail.turn()
            return True
        if self._tail.turned and self._extent.total is None:
            return False
        return self._read_holes()

    def _read_holes(self) -> bool:
        """Return whether a hole is left, or the list may go on or was read out of order, and queue what shows it."""
        bound = self._extent.bound(self._cursor)
        reached = self._findings.coverage.reach(bound)
        if reached < bound:
            return self._read_again(reached, bound)
        total = self._extent.total
        if total is not None and not self._tail.turned and self._ending.doubtful(len(self.ids), self._extent.largest):
            self._look_beyond(total)
            return True
        return (self._findings.unordered or self._came_behind) and self._pass_again()

    def _look_beyond(self, total: int) -> None:
        size = self._size.asked
        start = max(-(-total // size), -(-self._tail.shown.end // size)) * size if self._spelling.numbers else total
        self._ending.page = self._spelling.page(start, size, retries=None if self._ending.said else 1)
        self._cursor = max(self._cursor, start + size)
        self._queue.push(self._ending.page)

    def _start_over(self) -> None:
        """Read the list again from its start, if totals were all that explained why earlier pages were not full.

        The server may as well have made them smaller than requested; pages by number then began elsewhere.
        """
        self._extent.disbelieved = False
        self._size.forget()
        if self._findings.pages and self._size.shown < self._size.asked:
            self._size.shrink(self._size.least)
            self._findings.coverage, self._cursor, self._over = Coverage(), 0, max(1, len(self.ids))

    def _resolve_past(self, past: int) -> None:
        """Resolve a contradiction: the total counts more, but the server says that the list has ended.

        The page before that end is read again, since the list may just have become shorter.
        """
        self._extent.past = None
        total = self._extent.total
        self._contradicted += 1
        if total is None or total <= past:
            return
        if self._contradicted > 2:
            self._tail.words = f"{self._reason or 'the list ended'} before its stated end"
            self._tail.turn()
            return
        before = max(0, past - 1) // self._size.asked * self._size.asked
        self._queue.push(self._spelling.page(before, self._size.asked))
        self._cursor = min(self._cursor, past) if self._contradicted > 1 else max(self._cursor, total)

    def _read_again(self, reached: int, bound: int) -> bool:
        # A list that changes faster than it is read would never be covered.
        self._again += 1
        if self._again > 10 + self._findings.pages // 5:
            self._findings.give_up(reached, bound, "the list kept changing")
            self._outcome = ListingOutcome.CHANGED
            return False
        self._queue.push(self._spelling.page(reached // self._size.asked * self._size.asked, self._size.asked))
        return True

    @property
    def _came_behind(self) -> bool:
        """Whether rows were added at positions already read: others moved right, and were shown twice."""
        twice = (
            self._findings.rows > len(self.ids) and self._size.asked == self.per_page
        )  # with smaller pages, pages overlap anyway
        return not self._tail.turned and self._findings.lacks > 0 and (twice or self._extent.moved > 0)

    def _pass_again(self) -> bool:
        """Start another pass if pages overlapped without showing every row; return whether one was started.

        Overlaps mean missed rows: the server uses its own order, or rows were added at positions already read.
        """
        expected = self._extent.stated if self._extent.stated is not None else self._findings.rows
        disjoint = self._findings.rows == len(self.ids) and not self._came_behind
        if disjoint or len(self.ids) >= expected:
            return False
        if self._passes >= _PASSES:
            unstable = "the order of the list is unstable" if self._findings.unordered else "the list kept changing"
            self._findings.give_up(0, self._extent.total, unstable)
            return False
        self._passes += 1
        self._findings.coverage, self._cursor = Coverage(), 0
        return True

    def _stand_still(self, *, whole: bool) -> None:
        """Handle a server that returns the same page again: request by offset, or continue from the other end."""
        self._stale.clear()
        if self._spelling.offsets and self._spelling.numbers and not whole:
            self._spelling.numbers = False
            self._cursor = len(self.ids)
            self._start_over()
        else:
            self._tail.turned, self._tail.words = True, "pages repeat"

    def _learn(self, trouble: Trouble | None) -> None:
        """After the last part of a failing page: give up the rest of the walk, or request smaller pages."""
        if trouble is None or self.done:
            return
        if not trouble.got:
            self._failed_in_a_row += 1
            if not self._findings.pages or self._failed_in_a_row >= IN_A_ROW:
                if not self._findings.pages:
                    self._findings.forget()
                self.abandon(trouble.reason)
        elif not trouble.lost:
            self._size.too_big(trouble.page.size)

    def abandon(self, reason: str) -> None:
        """End the walk now; what is not held becomes a gap. Pages in flight need not be fed."""
        if self.done:
            return
        self._queue.clear()
        self._tail.settle()
        self._findings.give_up_rest(reason)
        self._finish(ListingOutcome.SHORT if self._findings.pages else ListingOutcome.FAILED, reason)

    def _finish(self, outcome: ListingOutcome, reason: str = "") -> None:
        self._outcome, self._reason, self.done = self._outcome or outcome, self._reason or reason, True

    def proof(self) -> Proof:
        """Return what this listing can claim; an unfinished one is abandoned first."""
        if not self.done:
            self.abandon("stopped")
        return self._findings.proof(self.route, self.type, self._outcome or ListingOutcome.COMPLETE, self._reason)
