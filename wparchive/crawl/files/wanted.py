"""The files that a site's captured items name, read from the WARCs: attachments, and files embedded in content.

Between runs nothing is remembered: what to fetch is derived from the WARCs each time. Within a run, a URL takes a few
bytes.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wparchive.apart import apart
from wparchive.crawl.context import Context
from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.model import Capture, Privilege
from wparchive.urls import url_key
from wparchive.wordpress.files.attachment_files import (
    File,
    featured,
    files_of,
    is_file,
    place,
    unwrapped,
    wanted_roles,
)
from wparchive.wordpress.files.hot_links import shows_file
from wparchive.wordpress.files.signed import file_key
from wparchive.wordpress.payload.document import Item, items
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.routes import Route
from wparchive.wordpress.text import Reference, references
from wparchive.wordpress.values import clean, href_of, integer, text_of

__all__ = ["Library", "Wanted"]

_KINDS = ("listing", "item", "probe")
# For these elements the URL must look like that of a file.
_POINTING = frozenset({"a", "area", "iframe", "embed", "object"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to hold: `key` identifies it, `url` is requested; both are "" for one that can't be requested.

    `via` is the URL of the item that names it, `modified` that item's modification time (UTC).
    """

    key: str
    url: str
    file: File
    via: str
    modified: str = ""

    @property
    def linked(self) -> bool:
        """Whether no attachment names it."""
        return self.file.media is None


class Library:
    """Which files a run has to hold, by its settings.

    `limited` counts files left out by the limit for one host; `doubts` describe what couldn't be parsed.
    """

    def __init__(self, context: Context, *, whole: bool) -> None:
        self._store = context.store
        self._recent = context.engine.recent
        self._settings = context.settings
        self._home = context.home
        root = context.root
        # Files of the site itself may be named with and without `www.`.
        self._own = frozenset(_authorities((context.home, root.url, root.base, *root.aliases)))
        self._media = tuple(one.route for one in context.collections if one.kind.table == "media")
        self._whole = whole
        self._seen: set[int] = set()
        self._per_host: Counter[str] = Counter()
        self.limited: Counter[str] = Counter()
        self.doubts: list[str] = []

    def wanted(self) -> Iterator[Wanted]:
        """Yield every file to hold, each once, those of attachments first."""
        if self._settings.media == "none" and not self._settings.linked:
            return
        shown, shown_ids = self._shown() if self._settings.media == "used" else (set(), set())
        owned: set[int] = set()
        for item in self._items(media=True):
            yield from self._all(item, self._of_attachment(item, shown, shown_ids, owned))
        if self._settings.linked:
            for item in self._items(media=False):
                yield from self._all(item, self._of_content(item, owned))

    def _all(self, item: Mapping[str, Any], found: Iterable[Wanted]) -> list[Wanted]:
        """Return the files that an item names, as far as it can be parsed."""
        files: list[Wanted] = []
        with apart(self.doubts.append, f"files of {item.get('id')}"):
            files.extend(found)
        return files

    def _of_attachment(
        self, item: Mapping[str, Any], shown: set[int], shown_ids: set[int], owned: set[int]
    ) -> Iterator[Wanted]:
        for file in files_of(item, self._home):
            mark = _mark(place(file.url, self._own))
            if self._settings.linked:
                owned.add(mark)
            used = (mark in shown and not file.fault) or (featured(file) and file.media in shown_ids)
            if wanted_roles(self._settings.media, file, used=used):
                yield from self._once(file, item)

    def _of_content(self, item: Mapping[str, Any], owned: set[int]) -> Iterator[Wanted]:
        for reference in self._references(item):
            if not _is_embedded(reference):
                continue
            url = unwrapped(reference.url)
            asked = url_key(url)  # "" for a URL that can't be requested: its row states why
            if asked and _mark(place(url, self._own)) in owned:
                continue
            host = urlsplit(asked).netloc
            if self._per_host[host] >= self._settings.linked_per_host:
                self.limited[host] += 1
                continue
            for one in self._once(File(url, "linked"), item):
                self._per_host[host] += 1
                yield one

    def _once(self, file: File, item: Mapping[str, Any]) -> Iterator[Wanted]:
        key = file_key(file.url)
        mark = _mark(key or clean(file.url))
        if mark not in self._seen:
            self._seen.add(mark)
            yield Wanted(key, url_key(file.url), file, _named_by(item), str(item.get("modified_gmt") or ""))

    def _shown(self) -> tuple[set[int], set[int]]:
        """Return the marks of the files that content refers to, and the ids of featured images."""
        places: set[int] = set()
        ids: set[int] = set()
        for item in self._items(media=False):
            ids.add(integer(item.get("featured_media")) or 0)
            with apart(self.doubts.append, f"files of {item.get('id')}"):
                places.update(_mark(place(unwrapped(one.url), self._own)) for one in self._references(item))
        return places, ids - {0}

    def _references(self, item: Mapping[str, Any]) -> Iterator[Reference]:
        for name in ("content", "excerpt"):
            html = text_of(item[name]) if item.get(name) is not None else ""
            if html and "=" in html:
                yield from references(html, str(item.get("link") or self._home))

    def _items(self, *, media: bool) -> Iterator[dict[str, Any]]:
        """Yield the items in the selected captures: attachments, or all others."""
        for capture in self._captures():
            if self._is_media(capture) is media:
                for item in self._read(capture):
                    yield item.value

    def _captures(self) -> Iterator[Capture]:
        log = self._store.log
        # Usually only what this crawl captured can name new files.
        found = log.newest(_KINDS) if self._whole else log.captures(self._store.crawl)
        for capture in found:
            public = capture.privilege is Privilege.ANONYMOUS and capture.final and is_success(capture.status)
            # The pages of a sweep lack the content.
            if public and capture.kind in _KINDS and capture.route and "_fields=" not in capture.route:
                yield capture

    def _is_media(self, capture: Capture) -> bool:
        path = Route.parse(capture.route or "/").path
        return any(path == route or path.startswith(f"{route}/") for route in self._media)

    def _read(self, capture: Capture) -> Iterable[Item]:
        try:
            return items(self._recent.document(capture.capture) or read(self._store.read(capture).body().data))
        except DamagedError:  # `verify` names the damage; its files follow when it is captured again
            return ()


def _is_embedded(reference: Reference) -> bool:
    # The other sizes in a srcset show the same picture.
    if reference.attribute.endswith("srcset"):
        return False
    if shows_file(reference) or reference.element == "track":
        return True
    return reference.element in _POINTING and is_file(unwrapped(reference.url))


def _named_by(item: Mapping[str, Any]) -> str:
    return href_of(item, "self") or str(item.get("link") or "")


def _authorities(urls: Iterable[str]) -> Iterator[str]:
    for url in urls:
        authority = urlsplit(url_key(url)).netloc
        if authority:
            yield from (authority, f"www.{authority}", authority.removeprefix("www."))


def _mark(text: str) -> int:
    """Return 8 bytes that stand for `text`: millions of them fit into memory, and chance collisions are negligible."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
