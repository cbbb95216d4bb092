"""How long a list is: from the server's totals while they are credible, otherwise from where the list was seen to end.

Whether a total is credible may take one page beyond it.
"""

from dataclasses import dataclass

from wparchive.wordpress.listing.pages import Page, PageReply
from wparchive.wordpress.listing.pagesize import CAPS

__all__ = ["Ending", "Extent"]

# consecutive empty pages that end a list without a total; that end the walk from this end
_EMPTY, _EMPTY_STATED = 3, 10


@dataclass(slots=True)
class Extent:
    """The end of a list, as far as it is known. Positions count from 0."""

    stated: int | None = None  # the latest total that a page stated
    total: int | None = None  # the same, while totals are credible
    end: int | None = None  # where the list was seen to end, when no total says so
    past: int | None = None  # where the server says that the list ends, in contradiction to its total
    least_end: int = 0  # an empty page before this is not the end, by the server's number of pages or its `next` link
    largest: int = 0  # the largest total that was stated
    least: int | None = None  # the smallest total that was stated
    unstated: bool = False  # whether a page came without a total
    disbelieved: bool = False  # whether the last page showed that totals are wrong
    _believed: bool = True
    _empty: int = 0

    @property
    def known(self) -> int | None:
        """The credible total, otherwise the observed end; None when neither is known."""
        return self.total if self.total is not None else self.end

    def bound(self, cursor: int) -> int:
        """Return the position before which there may be more to request, once everything before `cursor` was requested."""
        return self.known if self.known is not None else cursor + 1

    @property
    def moved(self) -> int:
        """By how many places rows may have moved during the walk, as far as the totals show."""
        return self.largest - (self.largest if self.least is None else self.least)

    def cut(self, end: int) -> int:
        """Return `end`, or the end of the list if that comes first."""
        return end if self.total is None else min(end, self.total)

    def note(self, page: Page, total: int | None, rows: int) -> None:
        """Record the `total` that came with `page`, which returned `rows` rows."""
        if total is None:
            self.unstated = True
            return
        if rows and page.by != "none" and total < rows:
            self.disbelieve()
        # Past its end, a list may be stated to have 0 rows in all, which says nothing about it.
        if page.offset and not rows and not total:
            return
        self.stated, self.largest = total, max(total, self.largest)
        self.least = total if self.least is None else min(total, self.least)
        if self._believed:
            self.total = total

    def more(self, page: Page, pages: int, next_page: int, size: int) -> None:
        """Record how many pages of `size` the server counts, and which page it says is next, where no total says more."""
        number = page.offset // page.size + 1
        pages = max(pages, number + 1 if next_page > number else 0)
        if self.total is None and pages:
            self.least_end = (pages - 1) * size

    def disbelieve(self) -> None:
        """Ignore totals from now on: the server returned more than it counts. Only the observed end determines the length."""
        self.disbelieved = self._believed
        self._believed, self.total = False, None

    def not_empty(self) -> None:
        """Record that a page returned rows."""
        self._empty = 0

    def counts(self, page: Page) -> bool:
        """Return whether the server counts rows on `page`, by its total or by its number of pages."""
        return page.offset < (self.least_end if self.total is None else self.total)

    def empty(self, page: Page, *, ends_empty: bool) -> bool:
        """Record an empty page; return whether to continue from the other end of the list.

        An empty page may be the end: at once for lists that end this way (`ends_empty`), otherwise after several in a
        row. Without a total that goes for the first page too: all its rows may be withheld.
        """
        self._empty += 1
        if self.counts(page):
            return self._empty >= _EMPTY_STATED
        if ends_empty or self._empty >= _EMPTY:
            self.end = max(0, page.offset - (self._empty - 1) * page.size)
        return False

    def ended(self, offset: int) -> bool:
        """Record that the server says the list ends before `offset`; return whether its own total contradicts that."""
        if self.total is None:
            self.end = offset if self.end is None else min(self.end, offset)
            return False
        if offset >= self.total:
            return False
        self.past = offset if self.past is None else min(self.past, offset)
        return True


@dataclass(slots=True)
class Ending:
    """Evidence in the pages of a walk that there are rows beyond the total.

    `most` is the largest number of items that the walk's own filter allows.

    One page beyond the total is requested in two cases. First, the server contradicts its total (`said`): by its number
    of pages, by a `next` link, or by returning more items than it counted. Second, the last page is full, or as full as
    the page sizes that servers are known to impose: a total that is cut off at a limit looks like this.
    """

    most: int | None = None
    page: Page | None = None  # the page beyond the total, once it was requested
    said: bool = False
    _last: int = -1
    _full: bool = False
    _more: bool = False

    def note(self, page: Page, reply: PageReply, rows: int) -> None:
        """Record that `page` returned this many rows."""
        if page.by in ("page", "offset") and rows and page.offset >= self._last:
            number = page.offset // page.size + 1
            hidden = reply.total is not None and page.offset + rows < reply.total
            self._last = page.offset
            self._full = rows == page.size or (rows in CAPS and (hidden or page.by == "offset"))
            beyond = page.offset + rows > (page.offset + rows if reply.total is None else reply.total)
            self._more = beyond or max(reply.next_page, reply.total_pages or 0) > number

    def doubtful(self, held: int, largest: int) -> bool:
        """Return whether to request a page beyond the total, once all pages before it were requested.

        `held` is the number of items held; `largest` is the largest total that was stated.
        """
        if self.page is not None or self._last < 0:
            return False
        self.said = self._more or held > largest
        return self.said or (self._full and (self.most is None or held < self.most))
