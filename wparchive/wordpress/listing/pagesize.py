"""The page size of a listing: the requested one, or the smaller one that the server imposes."""

from dataclasses import dataclass

from wparchive.wordpress.listing.pages import Page, PageReply

__all__ = ["ALIGNED", "CAPS", "SIZES", "PageSize", "below"]

SIZES = (100, 50, 25, 10, 5, 1)
CAPS = (100, 50, 30, 25, 20, 15, 10, 5, 1)  # limits that servers are known to impose
ALIGNED = (100, 50, 25, 5, 1)  # each divides the one before it, for routes without `offset`
_HEAVY = 4 << 20  # characters of one reply; parsing the worst HTML takes half a second per million
_LEAST_CAP = 10  # no server is known to cap pages below core's default size
_MOST_CAPPED = 10  # how often an observed size is taken for the server's own


def below(size: int, ladder: tuple[int, ...]) -> int:
    """Return the next smaller size on `ladder`, or 0."""
    return next((step for step in ladder if step < size), 0)


@dataclass(slots=True)
class PageSize:
    """The size that is requested (`asked`), and what is known about the server's limit."""

    asked: int
    promised: bool = False  # whether the server says that it gives as many rows as are asked for
    doubtful: bool = False  # whether pages may be smaller than requested without any sign of it
    shown: int = 0  # rows on the largest page that was seen
    _least: int = 0  # the server's pages are at least this large
    _believed: bool = True
    _capped: int = 0
    _too_big: int = 0

    @property
    def least(self) -> int:
        """Lower bound of the server's page size."""
        return max(self._least, _LEAST_CAP)

    def shrink(self, size: int) -> None:
        """Request at most `size` rows from now on."""
        self.asked = min(self.asked, size)

    def forget(self) -> None:
        """Discard what totals and numbers of pages said about the server's page size, and don't believe them again."""
        self._least, self._capped, self._believed = self.shown, 0, False

    def too_big(self, size: int) -> None:
        """Record that a page failed of which every part succeeded; after the second one, request smaller pages."""
        self._too_big += 1
        smaller = below(size, SIZES)
        if self._too_big >= 2 and smaller:
            self.shrink(smaller)

    def heavy(self, page: Page, reply: PageReply) -> None:
        """Request smaller pages after a reply of several megabytes, to bound the memory and time of one reply."""
        smaller = below(page.size, ALIGNED)
        if reply.size > _HEAVY and smaller:
            self.shrink(smaller)

    def capped(self, page: Page, reply: PageReply, rows: int, total: int | None, *, part: bool) -> int:
        """Return the server's page size if it made this page smaller than requested, else 0.

        The size returned is never larger than the server's. That is at least ceil(total / pages), and at least `rows`.
        """
        self.shown = max(self.shown, rows)
        self._least = max(self._least, rows)
        if page.by == "none" or page.again or rows >= page.size or self._capped >= _MOST_CAPPED:
            return 0
        size = self._true_size(page, reply, rows, total, part)
        if size >= page.size or not size:
            return 0
        self._capped += 1
        self.shrink(size)
        return size

    def _true_size(self, page: Page, reply: PageReply, rows: int, total: int | None, part: bool) -> int:
        pages = reply.total_pages
        stated = _size_stated(total, pages) if self._believed else 0
        least = max(rows, min(page.size, stated))
        if stated and total and pages and -(-total // page.size) < pages:
            return least
        self._least = max(self._least, least)
        if not self._is_short(page, rows, total):
            return page.size
        self.doubtful = self.doubtful or not part
        if page.by == "offset" and total is None:
            return self._least  # what the server cut off begins right behind these rows
        # Stated page numbers are consistent, but parts of a page must lie at the positions we expect.
        return self.least if part or not stated else page.size

    def _is_short(self, page: Page, rows: int, total: int | None) -> bool:
        """Return whether a page shows fewer rows than there should be, and a limit of the server can be the cause."""
        expected = page.size if total is None else min(page.size, total - page.offset)
        return 0 < rows < expected and self._least < page.size


def _size_stated(total: int | None, pages: int | None) -> int:
    """Return the least page size with which `total` rows fit into `pages` pages; 0 if the server states no such numbers."""
    return -(-total // pages) if total is not None and pages is not None and 0 < pages <= total else 0
