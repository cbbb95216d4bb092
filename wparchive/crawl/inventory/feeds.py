"""Read a site's feeds: the newest entries of each, and where the REST API is closed every page of the articles' feed."""

from collections.abc import Callable, Collection

from wparchive.crawl.inventory.asking import Asker, Found, Ground
from wparchive.crawl.inventory.fed_edits import FedEdits
from wparchive.wordpress.inventory.addresses import Feeds, feeds_of, next_page
from wparchive.wordpress.inventory.documents import Document
from wparchive.wordpress.inventory.places import place_of

__all__ = ["FeedWalk"]

_MOST_PAGES = 1_000

Take = Callable[[Found, Document], None]


class FeedWalk:
    """The walk over a site's feeds; `rows` are the tables (posts, comments) of which their items are the only rows.

    `take` is called with each page and what it holds.
    """

    def __init__(self, ground: Ground, asker: Asker, take: Take, rows: Collection[str], *, light: bool) -> None:
        self._ground, self._asker, self._take = ground, asker, take
        self._rows = rows
        self._light = light
        self.held = 0  # feeds that are held
        self.gaps: list[tuple[str, str]] = []
        self._edits = FedEdits(ground, asker)

    def run(self) -> None:
        """Ask for both feeds."""
        try:
            self._walk()
        finally:
            self._edits.record()

    def _walk(self) -> None:
        plain = self._ground.plain
        usual = feeds_of(self._ground.home, self._ground.page, plain=plain)
        core = feeds_of(self._ground.home, None, plain=not plain)
        for table in ("posts", "comments"):
            url = _of(usual, table)
            found, document = self._page(url, table)
            if not document.form and found.outcome == "answered" and self._rows:
                url = _of(core, table)
                found, document = self._page(url, table)
            self.held += bool(document.form)
            if table == "posts" and table in self._rows and document.items:
                self._rest(url, found, document)

    def _page(self, url: str, table: str) -> tuple[Found, Document]:
        (found,) = self._asker.ask("feed", [(url, None)], rows=table if table in self._rows else "")
        document = self._asker.document(found.held)
        self._take(found, document)
        if table in self._rows:
            self._edits.look(found, document, table)
        if found.outcome == "failed":
            self.gaps.append((found.url, found.reason))
        elif document.cut:
            self.gaps.append((found.url, document.cut))
        return found, document

    def _rest(self, feed: str, first: Found, document: Document) -> None:
        """Ask for the pages behind the first; in a light run only until one shows what was on the first page before."""
        if self._light and first.outcome in ("same", "rests"):
            return
        known = {place_of(one.url) for one in self._asker.document(first.before).items} if self._light else set()
        seen: set[str] = set()
        for number in range(2, _MOST_PAGES + 2):
            places = {place_of(item.url) for item in document.items}
            if not places - seen or places & known:
                return
            seen |= places
            if number > _MOST_PAGES:
                break
            found, document = self._page(next_page(feed, number), "posts")
            if found.outcome == "failed":
                return
        self.gaps.append((feed, f"more than {_MOST_PAGES:,} pages: the rest isn't read"))


def _of(feeds: Feeds, table: str) -> str:
    return feeds.posts if table == "posts" else feeds.comments
