"""How many rows a page has: as many as are asked for, or as few as the server makes of that."""

from dataclasses import dataclass

from wparchive.wordpress.listing.pages import Page, PageReply

__all__ = ["ALIGNED", "CAPS", "SIZES", "PageSize", "below"]

SIZES = (100, 50, 25, 10, 5, 1)
CAPS = (100, 50, 30, 25, 20, 15, 10, 5, 1)  # that servers are known to set
ALIGNED = (100, 50, 25, 5, 1)  # each divides the one before: for routes without `offset`
_HEAVY = 4 << 20  # characters of one answer: to read HTML of the worst kind takes half a second for each million
_LEAST_CAP = 10  # no server is known that caps pages below core's default size
_MOST_CAPPED = 10  # times that a size is taken for the server's own


def below(size: int, ladder: tuple[int, ...]) -> int:
    """The next smaller size on `ladder`, 0 when there is none."""
    return next((step for step in ladder if step < size), 0)


@dataclass(slots=True)
class PageSize:
    """The size that is `asked` for, and what is known of the server's own."""

    asked: int
    doubtful: bool = False  # whether pages may be smaller than asked for, as far as anybody can see
    _least: int = 0  # the server's pages are no smaller than this
    _capped: int = 0
    _too_big: int = 0

    @property
    def least(self) -> int:
        """The server's pages are no smaller than this."""
        return max(self._least, _LEAST_CAP)

    def shrink(self, size: int) -> None:
        """Ask for no more than `size` from now on."""
        self.asked = min(self.asked, size)

    def too_big(self, size: int) -> None:
        """A page failed of which every part is good; after the second, pages are too big."""
        self._too_big += 1
        smaller = below(size, SIZES)
        if self._too_big >= 2 and smaller:
            self.shrink(smaller)

    def heavy(self, page: Page, reply: PageReply) -> None:
        """A page came to megabytes: ask for smaller ones, so that what one answer costs stays bounded."""
        smaller = below(page.size, ALIGNED)
        if reply.size > _HEAVY and smaller:
            self.shrink(smaller)

    def capped(self, page: Page, reply: PageReply, rows: int, total: int | None, *, part: bool) -> int:
        """The server's own size when it made this page smaller than asked for, else 0.

        The size taken is never larger than the server's: that one is at least ceil(total / pages), and at least `rows`.
        """
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
        least = rows
        stated = total is not None and pages is not None and 0 < pages <= total
        if stated and total and pages:
            least = max(rows, min(page.size, -(-total // pages)))
            if -(-total // page.size) < pages:
                return least
        self._least = max(self._least, least)
        expected = page.size if total is None else min(page.size, total - page.offset)
        # Stated page numbers are consistent; but parts of a page must lie where we think that they lie.
        unsure = part or not stated
        short = bool(rows) and rows < expected and self._least < page.size
        self.doubtful = self.doubtful or (short and not part)
        return self.least if unsure and short else page.size
