"""What a run learns from a site's sitemaps and feeds: what to read again, and which pages the REST API doesn't list."""

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from wparchive.apart import apart
from wparchive.crawl.incremental.item_marks import place_mark
from wparchive.crawl.inventory.asking import LOST, Asker, Found, Ground
from wparchive.crawl.inventory.feeds import FeedWalk
from wparchive.crawl.inventory.inventory_report import MOST_COUNTED, InventoryReport
from wparchive.crawl.inventory.sitemaps import SitemapWalk
from wparchive.crawl.inventory.uncovered_pages import UncoveredPages
from wparchive.crawl.report import Failure
from wparchive.store import SiteStore
from wparchive.urls import url_key
from wparchive.wordpress.age import moment
from wparchive.wordpress.inventory.documents import Document
from wparchive.wordpress.inventory.moments import Comparison, is_later
from wparchive.wordpress.inventory.places import place_of
from wparchive.wordpress.inventory.xml_text import LEFT

__all__ = ["Survey"]

_LEFT = "inventory_pages"  # and of how many pages it left
_MEMO = "inventory"  # the capture log's note of when everything was last asked for
_FEW = 3  # documents that a light run asks for once more, since an earlier one could not read them
_NOTED = 1000  # documents that a fact names
_MOST_NEWER = 10_000


@dataclass(frozen=True, slots=True)
class _Memo:
    """When every document was last asked for, and which left gaps; a lost memo costs requests.

    `open`: not all were asked for. `gaps` are kinds, URLs and reasons, those first that weren't asked for again for longest.
    """

    open: bool = True
    swept: datetime = datetime(1, 1, 1, tzinfo=UTC)
    gaps: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def of(cls, store: SiteStore) -> "_Memo":
        value = json.loads(store.log.get(_MEMO) or "{}")
        gaps = tuple((str(kind), str(url), str(reason)) for kind, url, reason in value.get("gaps", ()))
        return cls("gaps" not in value or value.get("open") is not False, moment(str(value.get("swept"))), gaps)

    @property
    def unread(self) -> list[tuple[str, str]]:
        """Kinds and URLs of what may be read when it is asked for again; a limit of ours stays."""
        return [(kind, url) for kind, url, reason in self.gaps if not reason.endswith(LEFT)]

    def keep(self, store: SiteStore) -> None:
        store.log.set(_MEMO, json.dumps({**asdict(self), "swept": self.swept.isoformat()}))


class Survey:
    """The sitemaps and feeds of one run. `failures` are the gaps that it leaves: documents that could not be read."""

    def __init__(self, ground: Ground, report: InventoryReport) -> None:
        self._ground, self._store = ground, ground.store
        self._now = ground.now()
        self._before = _Memo.of(ground.store)
        oldest = self._now - timedelta(days=ground.settings.sweep_every)
        self.light = not (ground.full or self._before.open or self._before.swept <= oldest)
        self._again = self._before.unread[:_FEW]
        self._asker = Asker(ground, light=self.light, again=[url for _, url in self._again])
        self._gaping = frozenset(url_key(url) for _, url, _ in self._before.gaps)
        self._gaps: list[tuple[str, str, str]] = []
        self._settled: set[str] = set()
        self._compared = Comparison()
        self._newer: dict[str, set[int]] = defaultdict(set)
        self._notes: list[dict[str, Any]] = []
        self._named: set[int] = set()  # the pages that documents named, each once
        self.report = report
        self.failures: list[Failure] = []
        self.doubts: list[str] = []
        self._asked: list[str] = []
        self._feeds_held = 0

    def sitemaps(self) -> None:
        """Read the sitemaps."""
        self._ground.memory.learn()
        again = [url for kind, url in self._again if kind == "sitemap"]
        walk = SitemapWalk(self._ground, self._asker, self._take, again if self.light else (), self._gaping)
        try:
            with apart(self.doubts.append, "sitemaps"):
                walk.run()
            self._asked.append("sitemaps")
        finally:
            self.report.elsewhere = walk.elsewhere
            self._fail("sitemap", walk.gaps)

    def feeds(self, rows: Collection[str]) -> None:
        """Read the feeds, every page where their items are the `rows` of a table that the REST API doesn't fill."""
        # Pages behind the first are reached from one to the next.
        light = self.light and not any("paged=" in url for kind, url in self._before.unread if kind == "feed")
        asker = self._asker if light else Asker(self._ground, light=False)
        walk = FeedWalk(self._ground, asker, self._take, rows, light=light)
        try:
            with apart(self.doubts.append, "feeds"):
                walk.run()
            self._asked.append("feeds")
        finally:
            self._feeds_held = walk.held
            self._fail("feed", walk.gaps)

    @property
    def shows(self) -> bool:
        """Whether there is a feed from which items follow."""
        return self._feeds_held > 0

    def _fail(self, kind: str, gaps: list[tuple[str, str]]) -> None:
        self._gaps += [(kind, url, reason) for url, reason in gaps]
        self.failures += [Failure(url, reason) for url, reason in gaps]

    def _take(self, found: Found, document: Document) -> None:
        """Count a document, and compare what it says of items that were held before."""
        waits = found.outcome == "rests" and url_key(found.url) in self._gaping
        self.report.outcomes["waits" if waits else _came_to(found, document)] += 1
        if found.outcome in ("read", "same", "answered"):
            self._settled.add(f"{found.kind} {found.url}")
        fault = document.fault if found.outcome == "read" else ""
        if (fault or found.unseen) and len(self._notes) < _NOTED:
            reason = fault or found.reason
            self._notes.append({"url": found.url, "kind": found.kind, "reason": reason, "unseen": found.unseen})
        if found.outcome != "read":
            return
        for entry in document.urls:
            if len(self._named) < MOST_COUNTED:
                self._named.add(place_mark(place_of(entry.url).partition("#")[0]))
        self.report.urls = len(self._named)
        for entry in document.entries:
            if entry.lastmod:
                self._compare(entry.url, entry.lastmod)

    def _compare(self, url: str, lastmod: str) -> None:
        there = self._ground.memory.seen.located(place_mark(place_of(url)))
        if there is None or not there[2]:
            return
        collection, wp_id, modified = there
        self._compared.take(lastmod, _utc(modified))
        if is_later(lastmod, _utc(modified)) and len(self._newer[collection]) < _MOST_NEWER:
            self._newer[collection].add(wp_id)

    @property
    def newer(self) -> dict[str, set[int]]:
        """The items of each collection that sitemaps call modified since they were read, where that can be believed."""
        return {**self._newer} if self._compared.reliable else {}

    def pages(self) -> UncoveredPages | None:
        """Return the pages that the REST API doesn't list; None if nothing can be new since an earlier run looked."""
        fetched = self._ground.settings.pages != "none"
        left = fetched and json.loads(self._store.log.get(_LEFT) or "1")
        if self.light and not (self.report.outcomes["read"] or self.report.outcomes["part"]) and not left:
            return None
        self._ground.memory.learn()
        found = UncoveredPages(self._ground, self._asker, dated=self._compared.reliable)
        found.look()
        self.report.uncovered = found.count
        return found

    def leave(self, left: int) -> None:
        """Note how many of these pages are left for later runs."""
        self._store.log.set(_LEFT, json.dumps(left))

    def record(self) -> None:
        """Record what no capture shows, and when everything was asked for."""
        standing = self._standing()
        self.failures += [Failure(url, reason) for _, url, reason in standing]
        fact = {
            "light": self.light,
            "asked": self._asked,
            **self.report.as_fact(),
            "lastmod": self._compared.as_fact(),
            "notes": self._notes,
        }
        self._store.fact("inventory", fact)
        if self.failures:
            self._store.fact("failures:inventory", [asdict(one) for one in self.failures])
        whole = self._asked == ["sitemaps", "feeds"]
        if whole:
            swept = self._before.swept if self.light else self._now
            _Memo(bool(self.doubts), swept, (*standing, *self._gaps)).keep(self._store)

    def _standing(self) -> list[tuple[str, str, str]]:
        """Return the gaps of earlier runs that this one, which rested, could neither close nor find again."""
        found = {(kind, url) for kind, url, _ in self._gaps}
        return [one for one in self._before.gaps if self.light and one[:2] not in found and not self._closed(*one)]

    def _closed(self, kind: str, url: str, reason: str) -> bool:
        """Whether a gap is closed: a light run doesn't read all pages of a feed, so what was too much of it still is."""
        return f"{kind} {url}" in self._settled and not (kind == "feed" and reason.endswith(LEFT))


def _came_to(found: Found, document: Document) -> str:
    """Return what asking for a document came to, given what it holds: part of it, or no sitemap or feed at all."""
    if found.outcome == "rests":
        return "rests" if found.held else "answered"
    if found.outcome not in ("read", "same"):
        return found.outcome
    if document.cut:
        return "part"
    return found.outcome if document.form or document.fault == LOST else "answered"


def _utc(modified: str) -> str:
    return modified if modified.endswith("Z") else f"{modified}Z"
