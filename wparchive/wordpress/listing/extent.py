"""How long a list is: by the totals that the server states, as long as they can be believed, and by where it was seen to end."""

from dataclasses import dataclass

from wparchive.wordpress.listing.pages import Page

__all__ = ["Extent"]

_EMPTY, _EMPTY_STATED = 3, 10  # empty pages in a row that end a list without a total, and the walk from this end


@dataclass(slots=True)
class Extent:
    """The end of a list as far as it is known; positions count from 0."""

    stated: int | None = None  # the latest total that a page stated
    total: int | None = None  # the same, as long as totals are believed
    end: int | None = None  # where the list was seen to end, when no total says it
    past: int | None = None  # where the server says that it ends, though its total says otherwise
    least_end: int = 0  # before which an empty page is no end, by the number of pages that the server states
    largest: int = 0  # the largest total that was stated
    least: int | None = None  # the smallest one
    unstated: bool = False  # whether a page came without a total
    _believed: bool = True
    _empty: int = 0

    @property
    def known(self) -> int | None:
        """The believed total, else the end that was seen; None when there is neither."""
        return self.total if self.total is not None else self.end

    def bound(self, cursor: int) -> int:
        """Before which position there may be something to ask for, when everything before `cursor` was asked for."""
        return self.known if self.known is not None else cursor + 1

    @property
    def moved(self) -> int:
        """By how many places rows may stand elsewhere than they stood before, as far as the totals tell."""
        return self.largest - (self.largest if self.least is None else self.least)

    def cut(self, end: int) -> int:
        """`end`, or the end of the list when that comes first."""
        return end if self.total is None else min(end, self.total)

    def note(self, page: Page, total: int | None, rows: int) -> None:
        """Take in the total that came with `page`, which showed so many `rows`."""
        if total is None:
            self.unstated = True
            return
        if rows and page.by != "none" and total < rows:
            self.disbelieve()
        if page.offset and not rows and not total:
            return
        self.stated, self.largest = total, max(total, self.largest)
        self.least = total if self.least is None else min(total, self.least)
        if self._believed:
            self.total = total

    def disbelieve(self) -> None:
        """The server showed more than it counts: from now on only where the list ends says how long it is."""
        self._believed, self.total = False, None

    def not_empty(self) -> None:
        """A page showed something."""
        self._empty = 0

    def counts(self, page: Page) -> bool:
        """Whether the server counts rows on `page`, by its total or by its number of pages."""
        return page.offset < (self.least_end if self.total is None else self.total)

    def empty(self, page: Page, *, ends_empty: bool) -> bool:
        """A page showed nothing, which may be the end (at once, when lists of this kind end so); gives whether to turn round."""
        self._empty += 1
        if self.counts(page):
            return self._empty >= _EMPTY_STATED
        if not page.offset or ends_empty or self._empty >= _EMPTY:
            self.end = max(0, page.offset - (self._empty - 1) * page.size)
        return False

    def ended(self, offset: int) -> bool:
        """The server says that the list ends before `offset`; gives whether its own total says otherwise."""
        if self.total is None:
            self.end = offset if self.end is None else min(self.end, offset)
            return False
        if offset >= self.total:
            return False
        self.past = offset if self.past is None else min(self.past, offset)
        return True
