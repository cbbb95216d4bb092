"""The newest ids of a collection, read down to one that is known: what is new, and how many items the server counts."""

from collections.abc import Mapping, Sequence

from wparchive.crawl.account import Account
from wparchive.crawl.engine import Reply
from wparchive.crawl.memory import Known
from wparchive.model import Target
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.verdict import Meaning

__all__ = ["Newest"]

_PAGE = 100
_MOST_PAGES = 10_000


class Newest:
    """The task of listing a collection's ids from the newest down to one that is known.

    `unknown` are the ids above that one, `total` is what the server counts, `capture` says so; `trouble` is why no answer came.
    """

    def __init__(self, collection: Collection, account: Account, known: Mapping[int, Known]) -> None:
        self.collection = collection
        self.unknown: list[int] = []
        self.total: int | None = None
        self.capture: str | None = None
        self.trouble = ""
        self.done = False
        self._account = account
        self._known = known
        self._page = 1
        self._asked = False

    def wanted(self, limit: int) -> Sequence[Target]:
        """The next page down."""
        if self.done or self._asked or not limit:
            return ()
        self._asked = True
        order = (("_fields", "id"), ("order", "desc"), ("orderby", "id"))
        place = (("per_page", str(_PAGE)), ("page", str(self._page)))
        return (self._account.target("listing", self.collection.route, (*order, *place)),)

    def feed(self, reply: Reply) -> None:
        """Go on until a page shows a known id, or shows less than a page."""
        self._asked = False
        capture = reply.capture.capture if reply.capture else None
        page = reply.page
        if not page.answer.ok:
            if page.answer.meaning is not Meaning.PAST_END:
                self.trouble = page.answer.reason or reply.reason or "no answer"
            self.done = True
            return
        ids = [one.id for one in page.items if one.id is not None]
        if self._page == 1:
            self.total, self.capture = page.total, capture
        new = [one for one in ids if one not in self._known or self._known[one].gone]
        self.unknown += [one for one in new if one not in self.unknown]
        self.done = len(new) < len(ids) or len(ids) + page.empties < _PAGE or self._page > _MOST_PAGES
        self._page += 1
