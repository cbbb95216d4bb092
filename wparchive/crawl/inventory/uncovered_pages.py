"""The pages that sitemaps and feeds name and the REST API doesn't list: how many, and which to fetch."""

import heapq
from collections.abc import Iterator

from wparchive.crawl.incremental.item_marks import place_mark
from wparchive.crawl.inventory.asking import Asker, Ground
from wparchive.crawl.inventory.inventory_report import MOST_COUNTED
from wparchive.crawl.pages.page_wanted import PageWanted
from wparchive.urls import host_of, url_key
from wparchive.wordpress.inventory.documents import Entry
from wparchive.wordpress.inventory.moments import is_later
from wparchive.wordpress.inventory.places import place_of

__all__ = ["UncoveredPages"]

_MOST = 20_000  # pages that one run considers
_GONE = (404, 410)


class UncoveredPages:
    """The uncovered pages of one site as of now; `count` and `wanted` are known after `look`.

    An address at which the site says that there is no page (404, 410) is none, whatever names it; it isn't counted.
    `dated`: the site's `lastmod` may be believed, so a page that was modified since it was fetched is fetched again.
    """

    def __init__(self, ground: Ground, asker: Asker, *, dated: bool) -> None:
        self._ground, self._asker, self._dated = ground, asker, dated
        self._hosts = {_host(url) for url in ground.own} - {""}
        self._seen: set[int] = set()
        self._rows = 0  # those that are items all the same: of a feed
        self._gone: set[int] = set()
        self.wanted: list[PageWanted] = []

    @property
    def count(self) -> int:
        """How many there are; from `MOST_COUNTED` on they aren't counted."""
        return len(self._seen) - self._rows - len(self._gone)

    def look(self) -> None:
        """Read what held sitemaps and feeds name, and choose what to fetch: the latest modified first."""
        newest = heapq.nlargest(_MOST, self._unfetched(), key=lambda found: found[1].lastmod or "")
        self.wanted = [page for page, _ in newest]

    def settle(self) -> None:
        """Take into account what the site said to requests for the pages that were wanted."""
        for page in self.wanted:
            if last := self._ground.store.log.checked(page.key):
                self._judge(page.url, last.status)

    def _judge(self, url: str, status: int | None) -> None:
        (self._gone.add if status in _GONE else self._gone.discard)(place_mark(place_of(url)))

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
            self._judge(page.url, last.status)
            if entry.lastmod and modified != page and is_later(entry.lastmod, last.captured_at):
                yield modified, entry

    def _entries(self) -> Iterator[Entry]:
        """Yield each URL of the site's own that no item seen so far has, once."""
        located = self._ground.memory.seen.located
        for capture in self._ground.store.log.newest(("sitemap", "feed")):
            for entry in self._asker.document(capture).urls:
                place = place_of(entry.url)
                mark = place_mark(place)
                if not place or _host(entry.url) not in self._hosts or "#" in place or mark in self._seen:
                    continue
                if located(mark) is None:
                    self._seen.add(mark)
                    self._rows += "about-rows" in capture.extra
                    yield entry
                if len(self._seen) >= MOST_COUNTED:
                    return


def _host(url: str) -> str:
    return host_of(url).removeprefix("www.")
