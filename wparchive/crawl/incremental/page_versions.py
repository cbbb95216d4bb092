"""Which version of each post and page has its HTML captured: derived from the WARCs, kept in the capture log.

A version is new when an item's modification time moves, or when a run confirmed a change without that. A page counts as
captured whatever its server said (a 404 is an answer too), but not when a wall stood before it or nothing whole came;
after a few runs in which nothing whole came, it is left until the next version.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wparchive.crawl.pages.owed import Owed
from wparchive.model import Verdict
from wparchive.store import OwedFiles, PageMark, PageMarks, ResourceRecord, Seen, StoredExchange
from wparchive.wordpress.changes.differences import ChangeKind
from wparchive.wordpress.judgement import is_walled, may_be_wall
from wparchive.wordpress.payload.document import Item
from wparchive.wordpress.type_names import UNSHOWN, is_collection, slug_of
from wparchive.wordpress.values import clean, date, integer, mapping, members, utc

__all__ = ["PageVersions"]

_TRIES = 3
_LONGEST = 4096  # characters of an address


class PageVersions:
    """The pages of one site's items, stored in `kept`; `seen` knows the site's collections.

    `owed` are the files that pages lack, of items or not.
    """

    def __init__(self, kept: PageMarks, owed: OwedFiles, seen: Seen) -> None:
        self._kept, self._seen = kept, seen
        self.owed = Owed(owed)
        self._types: dict[str, str] | None = None

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
        """Record items that were read in full; those of collections without articles are ignored.

        `collection` may be a list of one in a single language; an item has one page, whichever lists show it.
        """
        types, route = self._known_types(), _route(collection)
        if route in types:
            self._kept.see([*self._rows(route, found, types)])

    def _known_types(self) -> dict[str, str]:
        """Return the type's slug of each collection of posts, pages or the like."""
        if self._types is None:
            listed = [one for one in self._seen.entries("collections") if is_collection(one)]
            articles = [one for one in listed if one["table"] == "posts" and not one.get("skipped")]
            self._types = {str(one["route"]): slug_of(str(one["type"])) for one in articles}
        return self._types

    def _rows(
        self, collection: str, found: Iterable[Item], types: Mapping[str, str]
    ) -> Iterator[tuple[str, int, str, str, str]]:
        slugs = frozenset(types.values())
        for item in found:
            link, own = item.value.get("link"), item.value.get("type")
            if item.id is None or not isinstance(link, str) or not 0 < len(link) <= _LONGEST:
                continue
            kind = own if isinstance(own, str) and own in slugs else types[collection]
            if kind in UNSHOWN:
                continue
            times = (item.value.get(name) for name in ("modified_gmt", "modified", "date_gmt", "date"))
            modified = next((utc(one) or date(one) or "" for one in times if isinstance(one, str)), "")
            yield collection, item.id, kind, clean(link), clean(modified) or "undated"

    def take_fact(self, fact: ResourceRecord) -> None:
        """Apply a fact of a run: changes that it confirmed, pages that may not be fetched, files that are left."""
        name, value = fact.name, fact.value
        self.owed.take_fact(fact)
        if name.startswith("changes:") and isinstance(value, list):
            for entry in members(value, dict):
                self._change(entry)
        elif name.startswith("pages:"):
            for entry in members(mapping(value).get("pages"), dict):
                about = {f"about-{key}": str(one) for key, one in entry.items() if isinstance(one, str | int)}
                if (place := _place(about)) and isinstance(entry.get("problem"), str):
                    self._kept.hold(*place)
        elif name.startswith("looks:"):
            self._kept.note_common(clean(one) for one in members(mapping(value).get("common"), str))
            for entry in members(mapping(value).get("doubts"), dict):
                self._doubt(entry)

    def _doubt(self, entry: Mapping[str, Any]) -> None:
        wp_id, texts = integer(entry.get("id")), [entry.get(name) for name in ("collection", "version", "crawl")]
        if wp_id is not None and all(isinstance(one, str) and one for one in texts):
            collection, version, crawl = map(clean, map(str, texts))
            self._kept.doubt(collection, wp_id, version, crawl)

    def _change(self, entry: Mapping[str, Any]) -> None:
        wp_id, change = integer(entry.get("id")), entry.get("change")
        if wp_id is not None and isinstance(change, str) and change != str(ChangeKind.SITE_CHANGED):
            self._kept.change(_route(clean(str(entry.get("route")))), wp_id, clean(str(entry.get("after")))[-12:])

    def take_page(self, entry: StoredExchange) -> None:
        """Record the captured page, of an item or not. Raises DamagedError."""
        capture = entry.capture
        self.owed.take_page(entry)
        place = _place(capture.extra)
        if place is None:
            return
        whole = capture.truncated == "length" or (capture.verdict == Verdict.ANSWERED and not capture.truncated)
        if not whole:
            if capture.verdict == Verdict.FAILED and self._kept.fail(*place[:2]) >= _TRIES:
                self._kept.hold(*place)
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

    def was_doubted(self, collection: str, wp_id: int, version: str) -> bool:
        """Return whether the page of that version was ever in doubt."""
        return self._kept.was_doubted(collection, wp_id, version)

    def common_signs(self) -> frozenset[str]:
        """Return what several pages were found to have in common, as the fact `looks` records it."""
        return self._kept.common_signs()

    @property
    def left(self) -> int:
        """How many items lack the page of their newest version."""
        return self._kept.lacking_count()


def _route(collection: str) -> str:
    return collection.partition("?")[0]


def _place(about: Mapping[str, str]) -> tuple[str, int, str] | None:
    """Return collection, id and version of the item that a page's capture or note is about; None if it is about none."""
    wp_id = integer(about.get("about-id"))
    collection, version = about.get("about-collection"), about.get("about-version")
    return (collection, wp_id, version) if wp_id is not None and collection and version else None
