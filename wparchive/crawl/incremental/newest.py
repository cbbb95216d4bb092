"""List a collection's ids with few fields: from the newest down to a known one, or within a span of time."""

from collections.abc import Mapping, Sequence

from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.model import Target
from wparchive.store import Known
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.listing import PageReply
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.values import utc

__all__ = ["Newest", "Window"]

_PAGE = 100
# A hostile server's list may never end.
_MOST_PAGES = 10_000


class Newest:
    """The task of listing a collection's ids from the newest down to a known one.

    `listed` has the ids that were listed, `unknown` those of them that aren't held, `changed` those that were modified
    since; `whole` is set when they are the whole collection. `total` is the server's count, stated in `capture`;
    `trouble` is why nothing came; `rejected` is set when it is that the site rejects a parameter. `read_in_full` are those
    that came with all their fields.
    """

    filters: tuple[tuple[str, str], ...] = ()
    read_in_full: frozenset[int] | set[int] = frozenset()

    def __init__(self, collection: Collection, context: Context, known: Mapping[int, Known]) -> None:
        self.collection = collection
        self.listed: set[int] = set()
        self.unknown: list[int] = []
        self.changed: set[int] = set()
        self.whole = False
        self.total: int | None = None
        self.capture: str | None = None
        self.repeated = 0  # rows that show an item again which is on the same page
        self.trouble = ""
        self.rejected = False
        self.done = False
        self._context = context
        self._known = known
        self._page = 1
        self._asked = False

    def wanted(self, limit: int) -> Sequence[Target]:
        """Return the next page down."""
        if self.done or self._asked or not limit:
            return ()
        self._asked = True
        # For these fields WordPress renders nothing.
        order = (("_fields", "id,modified_gmt"), ("order", "desc"), ("orderby", "id"))
        place = (("per_page", str(_PAGE)), ("page", str(self._page)))
        return (
            self._context.target(
                "listing", self.collection.route, (*self.collection.params, *self.filters, *order, *place)
            ),
        )

    def feed(self, reply: Reply) -> None:
        """Take a page, and continue until a page has a known id, or is the last."""
        self._asked = False
        page = reply.page
        if not page.answer.ok:
            self._end(reply)
            return
        ids = [one.id for one in page.items if one.id is not None]
        if self._page == 1:
            self._begin(page, reply.capture.capture if reply.capture else None, len(ids))
        # A page that comes again shows nothing new.
        new = [one for one in dict.fromkeys(ids) if self._is_new(one) and one not in self.listed]
        self.listed.update(ids)
        self.unknown += new
        changed = self._changed(reply) - self.changed
        self.changed |= changed
        # Without a total, the server may have cut a page that is shorter than asked for.
        short = len(ids) + page.empties < (_PAGE if page.total is not None else 1) or self._page > _MOST_PAGES
        self.done = short or self._ends(new=len(new), changed=len(changed), seen=len(ids))
        self._page += 1

    def _end(self, reply: Reply) -> None:
        """End with a reply that isn't a list."""
        page = reply.page
        self.trouble = "" if self._is_empty(page) else page.answer.reason or reply.reason or "no answer"
        self.rejected = page.answer.meaning is Meaning.BAD_PARAM
        self.done = True

    def _is_empty(self, page: PageReply) -> bool:
        """Whether a page that isn't a list says that there is nothing (more).

        A collection of which nothing is known may be empty in its own way, as its walk has found out.
        """
        return page.answer.meaning is Meaning.PAST_END or page.none_there or (page.bare and not self._known)

    def _begin(self, page: PageReply, capture: str | None, shown: int) -> None:
        """Read what the first page states about the whole list."""
        self.total, self.capture = page.total, capture
        counted = page.total is not None and page.total <= _PAGE and page.next_page == 0
        self.whole = counted and (page.total_pages in (0, 1) or shown == page.total)

    def _is_new(self, wp_id: int) -> bool:
        return wp_id not in self._known or bool(self._known[wp_id].gone)

    def _ends(self, *, new: int, changed: int, seen: int) -> bool:
        """Whether a full page is the last to read."""
        del changed
        return new < seen

    def _changed(self, reply: Reply) -> set[int]:
        times = {
            item.id: utc(item.value.get("modified_gmt")) or "" for item in items(reply.document) if item.id is not None
        }
        return {i for i, at in times.items() if i in self._known and at > self._known[i].modified}


class Window(Newest):
    """The task of listing the ids within `filters`: all of them, unless the server counts as many as `expected`.

    The server may count up to `slack` more: as many as it withholds from the whole collection.
    """

    def __init__(
        self,
        collection: Collection,
        context: Context,
        known: Mapping[int, Known],
        filters: tuple[tuple[str, str], ...],
        *,
        expected: int,
        slack: int,
    ) -> None:
        super().__init__(collection, context, known)
        self.filters = filters
        self._expected = range(expected, expected + max(0, slack) + 1)

    def _ends(self, *, new: int, changed: int, seen: int) -> bool:
        del seen
        return not (new or changed) if self.total is None else self.total in self._expected
