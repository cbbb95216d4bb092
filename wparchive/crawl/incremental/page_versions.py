"""Which version of each item with a page of its own has its HTML captured: derived from the WARCs, kept in the capture log.

A version is new when an item's modification time moves, or when a run confirmed a change without that. A page counts as
captured whatever its server said (a 404 is an answer too), but not when a wall stood before it or nothing whole came;
after a few runs in which nothing whole came, and when it was refused, it is put off: tried again at growing distance.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from wparchive.crawl.incremental.item_marks import link_of
from wparchive.crawl.pages.owed import Owed
from wparchive.crawl.pages.spacing import AT_ONCE
from wparchive.model import Verdict
from wparchive.store import OwedFiles, PageMark, PageMarks, ResourceRecord, Seen, StoredExchange, Tried
from wparchive.urls import host_of
from wparchive.wordpress.changes.differences import ChangeKind
from wparchive.wordpress.collections.plugins import twin_of
from wparchive.wordpress.judgement import is_walled, may_be_wall
from wparchive.wordpress.payload.document import Item
from wparchive.wordpress.type_names import UNSHOWN, is_collection, slug_of
from wparchive.wordpress.values import clean, date, integer, mapping, members, string, utc

__all__ = ["PageVersions"]

_LONGEST = 4096  # characters of an address
_OF_PLUG_INS = ("events", "products", "entries")  # reviews stand on their product's page
_DATES = ("modified_gmt", "modified", "modified_utc", "date_gmt", "date", "date_utc")
_NO_PAGE = re.compile(r"/wp-json(?:/|\Z)|[?&]rest_route=|/wp-content/|#", re.IGNORECASE)


class PageVersions:
    """The pages of one site's items, stored in `kept`; `seen` knows the site's collections.

    `owed` are the files that pages lack, of items or not.
    """

    def __init__(self, kept: PageMarks, owed: OwedFiles, seen: Seen) -> None:
        self._kept, self._seen = kept, seen
        self.owed = Owed(owed)
        self._types: dict[str, str] | None = None
        self._offered: frozenset[str] = frozenset()  # those of these collections that plug-ins offer
        self._hosts: frozenset[str] = frozenset()

    def forget(self) -> None:
        """Delete everything, to be derived again."""
        self._kept.forget()
        self.owed.forget()
        self._types = None

    # ---- learning

    def relearn(self) -> None:
        """Note that the site's collections may be other ones now."""
        self._types = None

    def see(self, collection: str, found: Iterable[Item]) -> None:
        """Record items that were read in full; those of collections whose items have no page of their own are ignored.

        `collection` may be a list of one in a single language; an item has one page, whichever lists show it.
        """
        types, route = self._known_types(), _route(collection)
        if route in types:
            self._kept.see([*self._rows(route, found, types)])

    def _known_types(self) -> dict[str, str]:
        """Return the type's slug of each collection of posts, pages or the like, and of what plug-ins list beside these."""
        if self._types is None:
            listed = [one for one in self._seen.entries("collections") if is_collection(one)]
            articles = [one for one in listed if one["table"] == "posts" and not one.get("skipped")]
            self._types = {str(one["route"]): slug_of(str(one["type"])) for one in articles}
            offered = [one for one in listed if one["table"] in _OF_PLUG_INS and not one.get("skipped")]
            beside = [one for one in offered if _has_pages(str(one["type"]), {*self._types.values()})]
            self._offered = frozenset(str(one["route"]) for one in beside)
            self._types |= {str(one["route"]): str(one["type"]) for one in beside}
        return self._types

    def _rows(
        self, collection: str, found: Iterable[Item], types: Mapping[str, str]
    ) -> Iterator[tuple[str, int, str, str, str]]:
        slugs = frozenset(types.values())
        offered = collection in self._offered
        for item in found:
            link, own = link_of(collection, item.value), item.value.get("type")
            if item.id is None or not 0 < len(link) <= _LONGEST or (offered and not self._is_page(link)):
                continue
            kind = own if isinstance(own, str) and own in slugs and not offered else types[collection]
            if kind in UNSHOWN:
                continue
            times = (item.value.get(name) for name in _DATES)
            modified = next((utc(one) or date(one) or "" for one in times if isinstance(one, str)), "")
            yield collection, item.id, kind, clean(link), clean(modified) or "undated"

    def _is_page(self, link: str) -> bool:
        """Return whether what a plug-in gives as an address may be a page of the site: they list other things too."""
        return (not self._hosts or _host(link) in self._hosts) and not _NO_PAGE.search(link)

    def take_fact(self, fact: ResourceRecord) -> None:
        """Apply a fact of a run: where the site is, confirmed changes, pages that may not be fetched, files that are left."""
        name, value = fact.name, fact.value
        self.owed.take_fact(fact)
        if name.startswith("changes:") and isinstance(value, list):
            for entry in members(value, dict):
                self._change(entry)
        elif name == "site":
            said = mapping(value)
            urls = (string(said.get("home")), string(said.get("root")), *members(said.get("aliases"), str))
            self._hosts = frozenset(map(_host, filter(None, urls))) - {""}
        elif name.startswith("pages:"):
            for entry in members(mapping(value).get("pages"), dict):
                about = {f"about-{key}": str(one) for key, one in entry.items() if isinstance(one, str | int)}
                if (place := _place(about)) and isinstance(entry.get("problem"), str):
                    self._kept.fail(*place, clean(entry["problem"]), fact.date)
                    self._kept.put_off(*place)
        elif name.startswith("looks:"):
            self._kept.note_common(clean(one) for one in members(mapping(value).get("common"), str))
            for entry in members(mapping(value).get("doubts"), dict):
                self._doubt(entry, self._kept.doubt)
            for entry in members(mapping(value).get("again"), dict):
                self._doubt(entry, self._kept.doubt_again)

    def _doubt(self, entry: Mapping[str, Any], note: Callable[[str, int, str, str], None]) -> None:
        wp_id, texts = integer(entry.get("id")), [entry.get(name) for name in ("collection", "version", "crawl")]
        if wp_id is not None and all(isinstance(one, str) and one for one in texts):
            collection, version, crawl = map(clean, map(str, texts))
            note(collection, wp_id, version, crawl)

    def _change(self, entry: Mapping[str, Any]) -> None:
        wp_id, change = integer(entry.get("id")), entry.get("change")
        if wp_id is not None and isinstance(change, str) and change != str(ChangeKind.SITE_CHANGED):
            self._kept.change(_route(clean(str(entry.get("route")))), wp_id, clean(str(entry.get("after")))[-12:])

    def take_page(self, entry: StoredExchange) -> None:
        """Record the captured page, of an item or not, or the file that one is shown with. Raises DamagedError."""
        capture = entry.capture
        if capture.kind == "requisite":
            self.owed.take_file(entry)
            return
        self.owed.take_page(entry)
        place = _place(capture.extra)
        if place is None:
            return
        whole = capture.truncated == "length" or (capture.verdict == Verdict.ANSWERED and not capture.truncated)
        if not whole:
            if capture.verdict == Verdict.FAILED:
                tries = self._kept.fail(*place, str(capture.verdict), capture.captured_at)
                if tries >= AT_ONCE:
                    self._kept.put_off(*place)
        elif not (
            may_be_wall(capture.status, capture.mime) and is_walled(entry.head, lambda limit: entry.body(limit).data)
        ):
            self._kept.hold(*place)

    # ---- what is known

    def lacking(self) -> Iterator[PageMark]:
        """Yield the items whose newest version has no page, the latest modified first."""
        return self._kept.lacking()

    def all(self) -> Iterator[PageMark]:
        """Yield all items that aren't gone, the latest modified first."""
        return self._kept.all()

    def doubted(self, crawl: str) -> Iterator[PageMark]:
        """Yield the items whose page another crawl than `crawl` left in doubt."""
        return self._kept.doubted(crawl)

    def looks(self, collection: str, wp_id: int, version: str) -> int | None:
        """Return how often the page of that version was looked at since it was in doubt; None if it never was."""
        return self._kept.looks(collection, wp_id, version)

    def put_off(self, most: int) -> list[Tried]:
        """Return the pages that did not come, or were refused, and that are tried once in a while."""
        return self._kept.put_offs(most)

    @property
    def put_off_count(self) -> int:
        """How many those are."""
        return self._kept.put_off_count()

    def common_signs(self) -> frozenset[str]:
        """Return what several pages were found to have in common, as the fact `looks` records it."""
        return self._kept.common_signs()

    @property
    def left(self) -> int:
        """How many items lack the page of their newest version."""
        return self._kept.lacking_count()


def _has_pages(kind: str, listed: Collection[str]) -> bool:
    """Return whether a plug-in's items of type `kind` have pages of their own, which no other list shows.

    Of what is also a post of one of the `listed` types, the post names the page; terms and users have lists for pages.
    """
    known = twin_of(kind)
    if known is None or known.twin is None:
        return True
    table, slug = known.twin
    return table == "posts" and slug not in listed


def _host(url: str) -> str:
    return host_of(url).removeprefix("www.")


def _route(collection: str) -> str:
    return collection.partition("?")[0]


def _place(about: Mapping[str, str]) -> tuple[str, int, str] | None:
    """Return collection, id and version of the item that a page's capture or note is about; None if it is about none."""
    wp_id = integer(about.get("about-id"))
    collection, version = about.get("about-collection"), about.get("about-version")
    return (collection, wp_id, version) if wp_id is not None and collection and version else None
