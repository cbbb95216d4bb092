"""Decides whether to request one page beyond the stated total of a list."""

from dataclasses import dataclass

from wparchive.wordpress.listing.pages import Page, PageReply
from wparchive.wordpress.listing.pagesize import CAPS

__all__ = ["Ending"]


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
            self._last, self._full = (
                page.offset,
                rows == page.size or (rows in CAPS and (hidden or page.by == "offset")),
            )
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
