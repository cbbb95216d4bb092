"""Whether a list ends where its total says: what speaks against that, and the page beyond it that decides."""

from dataclasses import dataclass

from wparchive.wordpress.listing.pages import Page, PageReply
from wparchive.wordpress.listing.pagesize import CAPS

__all__ = ["Ending"]


@dataclass(slots=True)
class Ending:
    """What the pages of a walk tell of rows beyond the total. `most`: as many items at the most, by the walk's own filter.

    One page beyond the total is asked for when the server contradicts it (`said`: by the number of pages that it states, by the
    page that it calls the next, by more items than it counted), and when its last page is full, or as full as servers are known
    to let pages be though more is counted: totals that are cut off at a limit look like that.
    """

    most: int | None = None
    page: Page | None = None  # the one beyond, once it was asked for
    said: bool = False
    _last: int = -1
    _full: bool = False
    _more: bool = False

    def note(self, page: Page, reply: PageReply, rows: int) -> None:
        """A page showed so many rows."""
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
        """Whether to ask for a page beyond the total, now that all before it was asked for and so many items are held.

        `largest` is the largest total that was stated.
        """
        if self.page is not None or self._last < 0:
            return False
        self.said = self._more or held > largest
        return self.said or (self._full and (self.most is None or held < self.most))
