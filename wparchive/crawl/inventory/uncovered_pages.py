"""The pages that sitemaps and feeds name and the REST API doesn't list: how many, and which to fetch."""

import heapq
from collections.abc import Iterator

from wparchive.crawl.incremental.item_marks import place_mark
from wparchive.crawl.inventory.asking import Asker, Ground
from wparchive.crawl.inventory.inventory_report import MOST_COUNTED
from wparchive.crawl.pages.page_wanted import PageWanted
from wparchive.http1.message import is_success
from wparchive.model import Capture
from wparchive.urls import host_of, url_key
from wparchive.wordpress.inventory.documents import Entry
from wparchive.wordpress.inventory.moments import is_later
from wparchive.wordpress.inventory.places import place_of, short_of

__all__ = ["UncoveredPages"]

_MOST = 20_000  # pages that one run considers
_GONE = (404, 410)
_SHORTENED = ("/wp/v2/posts", "/wp/v2/pages", "/wp/v2/media")


class UncoveredPages:
    """The uncovered pages of one site as of now; `count` and `wanted` are known after `look`.

    An address at which the site says that there is no page (404, 410) is none, whatever names it, and one that leads to an
    item is that item's; they aren't counted.
    `dated`: the site's `lastmod` may be believed, so a page that was modified since it was fetched is fetched again.
    """

    def __init__(self, ground: Ground, asker: Asker, *, dated: bool) -> None:
        self._ground, self._asker, self._dated = ground, asker, dated
        self._hosts = {_host(url) for url in ground.own} - {""}
        self._seen: set[int] = set()
        self._rows = 0  # those that are items all the same: of a feed
        self._none: set[int] = set()  # those that turned out to be no pages of their own
        self.wanted: list[PageWanted] = []

    @property
    def count(self) -> int:
        """How many there are; from `MOST_COUNTED` on they aren't counted."""
        return len(self._seen) - self._rows - len(self._none)

    def look(self) -> None:
        """Read what held sitemaps and feeds name, and choose what to fetch: the latest modified first."""
        newest = heapq.nlargest(_MOST, self._unfetched(), key=lambda found: found[1].lastmod or "")
        self.wanted = [page for page, _ in newest]

    def settle(self) -> None:
        """Take into account what the site said to requests for the pages that were wanted."""
        for page in self.wanted:
            if last := self._ground.store.log.checked(page.key):
                self._judge(page.url, last)

    def _judge(self, url: str, last: Capture) -> None:
        mark = place_mark(place_of(url))
        none = last.status in _GONE or (is_success(last.status) and self._is_item(place_of(last.url)))
        (self._none.add if none else self._none.discard)(mark)

    def _is_item(self, place: str) -> bool:
        seen = self._ground.memory.seen
        if seen.located(place_mark(place)) is not None:
            return True
        number = short_of(place, self._ground.home)
        return number is not None and seen.shown(_SHORTENED, number)

    def _unfetched(self) -> Iterator[tuple[PageWanted, Entry]]:
        checked = self._ground.store.log.checked
        for entry in self._entries():
            page = PageWanted(url_key(entry.url))
            if not page.key:
                continue
            modified = PageWanted(page.url, entry.lastmod) if self._dated and entry.lastmod else page
            last = checked(modified.key) or checked(page.key)
            if last is None:
                yield page, entry
                continue
            self._judge(page.url, last)
            if entry.lastmod and modified != page and is_later(entry.lastmod, last.captured_at):
                yield modified, entry

    def _entries(self) -> Iterator[Entry]:
        """Yield each URL of the site's own that no item seen so far has, once."""
        for capture in self._ground.store.log.newest(("sitemap", "feed")):
            for entry in self._asker.document(capture).urls:
                place = place_of(entry.url)
                mark = place_mark(place)
                if not place or _host(entry.url) not in self._hosts or "#" in place or mark in self._seen:
                    continue
                if not self._is_item(place):
                    self._seen.add(mark)
                    self._rows += "about-rows" in capture.extra
                    yield entry
                if len(self._seen) >= MOST_COUNTED:
                    return


def _host(url: str) -> str:
    return host_of(url).removeprefix("www.")
