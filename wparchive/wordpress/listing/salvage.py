"""Splits a page that fails until every item that can be had is held and the rest is recorded as gaps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wparchive.wordpress.listing.extent import Extent
from wparchive.wordpress.listing.pagequeue import PageQueue
from wparchive.wordpress.listing.pages import Page, Spelling
from wparchive.wordpress.listing.pagesize import ALIGNED, SIZES, PageSize, below

__all__ = ["Salvage", "Trouble"]

_BUDGET = 60  # most requests spent on one failing page
_ENOUGH, _MUTE = 5, 2  # single items lost in a row, and failed metadata requests, after which no more are tried
_HOPELESS = 2  # pages without any success after which no more are split


@dataclass(slots=True)
class Trouble:
    """A failing page that is being split: its cost so far, and how many parts are open, good or lost."""

    page: Page
    reason: str
    spent: int = 0
    pending: int = 1  # open requests, including the page's own
    got: int = 0
    lost: int = 0
    in_a_row: int = 0  # single items lost since a part succeeded
    mute: int = 0  # metadata requests that failed as well


class Salvage:
    """The failing pages of one listing and their parts.

    Methods that finish a part return the page's Trouble if it was the last part, else None. `give_up` is called with
    the start and end of what cannot be had, and the reason.
    """

    def __init__(
        self,
        spelling: Spelling,
        queue: PageQueue,
        extent: Extent,
        size: PageSize,
        give_up: Callable[[int, int, str], None],
    ) -> None:
        self._spelling = spelling
        self._queue = queue
        self._extent = extent
        self._size = size
        self._give_up = give_up
        self._troubles: dict[Page, Trouble] = {}
        self._hopeless = 0

    def __contains__(self, page: Page) -> bool:
        return page in self._troubles

    @property
    def hopeless(self) -> bool:
        """Whether splitting pages has proven useless for this listing."""
        return self._hopeless >= _HOPELESS

    def busy(self, page: Page) -> bool:
        """Return whether another part of the same failing page is in flight; one is tried at a time."""
        trouble = self._troubles.get(page)
        return trouble is not None and any(self._troubles.get(one) is trouble for one in self._queue.flying)

    def begin(self, page: Page, reason: str) -> Trouble | None:
        """Split `page`, which failed for `reason`."""
        return self._take_apart(page, Trouble(page, reason))

    def ask_alone(self, page: Page, places: Sequence[int], reason: str) -> None:
        """Request the broken items at these `places` of an otherwise good page, one by one."""
        trouble = self._troubles.setdefault(page, Trouble(page, reason))
        for place in places:
            self._spend(self._spelling.page(page.offset + place, 1, retries=1), trouble)

    def mended(self, part: Page) -> Trouble | None:
        """Record that `part`, if it is one, succeeded."""
        if trouble := self._troubles.get(part):
            trouble.got += 1
            trouble.in_a_row = 0
        return self.drop(part)

    def failed(self, part: Page, reason: str) -> Trouble | None:
        """Record that this part failed as well."""
        trouble = self._troubles.pop(part)
        if part.fields:
            trouble.mute += 1
            return self._close(trouble)
        trouble.reason = reason
        return self._take_apart(part, trouble)

    def lost(self, part: Page, reason: str) -> Trouble | None:
        """Give up this part, because its reply shows nothing of it."""
        trouble = self._troubles.pop(part)
        trouble.lost += 1
        self._give_up(part.offset, self._extent.cut(part.offset + part.size), reason)
        return self._close(trouble)

    def cut_short(self, part: Page, size: int, start: int) -> Trouble | None:
        """Request the rest of a part that the server cut off at `start` because its own page size is `size`."""
        trouble = self._troubles.pop(part)
        trouble.got += 1
        self._spend_on(start, self._extent.cut(part.offset + part.size), size, trouble)
        return self._close(trouble)

    def respell(self, part: Page) -> None:
        """Request this part in another form, because the server rejects the present one."""
        trouble = self._troubles.pop(part)
        self._spend_on(part.offset, part.offset + part.size, part.size, trouble)
        trouble.pending -= 1

    def drop(self, part: Page) -> Trouble | None:
        """Finish `part`, if it is one."""
        trouble = self._troubles.pop(part, None)
        return self._close(trouble) if trouble else None

    def _take_apart(self, page: Page, trouble: Trouble) -> Trouble | None:
        size = below(page.size, SIZES if self._spelling.offsets else ALIGNED)
        start, end = page.offset, self._extent.cut(page.offset + page.size)
        if page == trouble.page and self._size.doubtful:  # if pages are smaller than requested, this one began earlier
            start = start // page.size * min(page.size, self._size.least)
        left = _BUDGET - trouble.spent
        if size and trouble.in_a_row < _ENOUGH and left >= -(-(end - start) // size):
            self._spend_on(start, end, size, trouble)
            trouble.pending -= 1  # its parts replace it
            return None
        trouble.lost += 1
        trouble.in_a_row += page.size == 1
        self._give_up(start, end, trouble.reason)
        if left > 0 and trouble.mute < _MUTE:
            self._spend(self._spelling.page(page.offset, page.size, retries=1, fields="metadata"), trouble)
        return self._close(trouble)

    def _spend_on(self, start: int, end: int, size: int, trouble: Trouble) -> None:
        while start < end:
            part = self._spelling.page(start, min(size, end - start), retries=1 if size == 1 else 0)
            self._spend(part, trouble)
            start += part.size

    def _spend(self, part: Page, trouble: Trouble) -> None:
        trouble.spent += 1
        trouble.pending += 1
        self._troubles[part] = trouble
        self._queue.push_part(part)

    def _close(self, trouble: Trouble) -> Trouble | None:
        """Finish one part."""
        trouble.pending -= 1
        if trouble.pending > 0:
            return None
        self._hopeless += not trouble.got
        return trouble
