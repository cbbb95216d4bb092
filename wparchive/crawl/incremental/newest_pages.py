"""Read the newest page, or the only one, of a plug-in's list, which has neither `_fields` nor `include`: in full."""

from collections.abc import Mapping, Sequence

from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.incremental.newest import Newest
from wparchive.crawl.walk import first_page
from wparchive.model import Target
from wparchive.store import Known
from wparchive.wordpress.kinds import Collection

__all__ = ["PlainNewest", "is_ordered"]

_MOST_PAGES = 1_000  # a hostile server's list may never end


def is_ordered(collection: Collection) -> bool:
    """Return whether a list is asked for in the order of its ids."""
    return ("orderby", "id") in collection.kind.params


class PlainNewest(Newest):
    """The task of reading the page on which new items would be, in the form in which a walk reads it.

    In the order of ids that is the last page, else the first. A list of one page is read whole by it, so that a changed
    price shows; of a longer one, its total shows whether something came or went, and the other pages are read again
    within the run's limit.
    """

    def __init__(self, collection: Collection, context: Context, known: Mapping[int, Known]) -> None:
        super().__init__(collection, context, known)
        self.read_in_full: set[int] = set()
        self._here = {wp_id for wp_id, one in known.items() if one.gone is None}
        self._size = collection.kind.per_page
        self._first = self._page = max(1, -(-len(self._here) // self._size)) if is_ordered(collection) else 1
        self._start = (self._first - 1) * self._size  # where a list by offset is read on
        self._doubtful = False  # whether a page that was shorter than asked for wasn't taken for the last

    def wanted(self, limit: int) -> Sequence[Target]:
        """Return the next page."""
        if self.done or self._asked or not limit:
            return ()
        self._asked = True
        return (first_page(self.collection, self._context.index, self._context.root, self._page, start=self._start),)

    def feed(self, reply: Reply) -> None:
        """Take a page: its items are held, their links accounted for."""
        self._asked = False
        page = reply.page
        if not page.answer.ok:
            self._end(reply)
            return
        ids = [one.id for one in page.items if one.id is not None]
        holdings = self._context.holdings
        for wp_id in ids:
            holdings.add(self.collection.key, wp_id)
        with_links = [one for one in page.items if one.id not in self.read_in_full]
        self._context.links.note(with_links, reply.base)
        self.read_in_full.update(ids)
        self.repeated += len(ids) - len(set(ids))
        fresh = len(set(ids) - self.listed)
        self.listed.update(ids)
        self.unknown += [one for one in dict.fromkeys(ids) if self._is_new(one) and one not in self.unknown]
        if self._page == self._first:
            self.total, self.capture = page.total, reply.capture.capture if reply.capture else None
        rows = len(page.items) + page.empties
        self._start += rows
        ended = self._ends_uncounted(rows, fresh) if self.total is None else self._ends_counted(rows, self.total)
        self.done = ended or self._page - self._first >= _MOST_PAGES
        if self.done and self._first == 1 and not page.next_page:
            # A page that is shorter than asked for may have been cut by the server; then its total says so.
            self.whole = (
                ended if self.total is None else len(self.listed) <= self.total <= len(self.listed) + self.repeated
            )
        self._page += 1

    def _ends_counted(self, rows: int, total: int) -> bool:
        """Return whether this page is the last to read, given the list's total."""
        alone = self._first == 1 and not is_ordered(self.collection)
        return alone or not self.collection.kind.paged or rows < self._size or self._page * self._size >= total

    def _ends_uncounted(self, rows: int, fresh: int) -> bool:
        """Return whether this page is the last, given no total: nothing follows it, or nothing can be missing.

        A page that is shorter than asked for may have been cut by the server: the next one shows whether it was.
        """
        if not self.collection.kind.paged or not fresh:
            return True
        if rows == self._size:
            return False
        lacks = self._first == 1 and not self._here <= self.listed
        if self._first > 1 and self.collection.kind.paging[0] == "offset":
            lacks = max(self._here) > max(self.listed)
        self._doubtful = self._doubtful or lacks
        return not self._doubtful

    def _end(self, reply: Reply) -> None:
        """End with a reply that isn't a list; where pages were expected, the list has become shorter."""
        super()._end(reply)
        if self._page > 1 and not self.trouble and self._page == self._first:
            self.trouble = "the list has become shorter"
        self.whole = self._page > self._first == 1 and not self.trouble and self.total is None
