"""Read a site's WARCs for the captures that hold an item, those that refer to them, and those that have its words otherwise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from wparchive.errors import DamagedError
from wparchive.fleet.removal.sought import Sought, values_in
from wparchive.index.entries.responses import routed, shown
from wparchive.index.items.catalogue import Shown
from wparchive.model import UNREAD, Capture
from wparchive.store import Damage, SiteFolder, StoredExchange, exchanges
from wparchive.store.warc.writing.writer import storage_error
from wparchive.wordpress.payload.document import Document
from wparchive.wordpress.payload.payload import read

__all__ = ["Elsewhere", "Found", "Holder", "search"]

_BODY = 1 << 26  # bytes of an answer that are searched
_TEXTS = ("text/", "application/xhtml", "application/xml", "application/rss", "application/atom", "application/json")


class Holder(NamedTuple):
    """A capture that holds the item, or refers to one that does; `stretches` are offset and length of its records."""

    capture: str
    kind: str
    url: str
    captured_at: str
    path: Path
    stretches: Sequence[tuple[int, int]]
    others: int = 0  # other items in it
    refers: bool = False


class Elsewhere(NamedTuple):
    """A capture that isn't about the item, and has its `headline`, its `text` or its `address`."""

    capture: str
    url: str
    captured_at: str
    what: str


@dataclass(slots=True)
class Found:
    """What a search found. `losing` are the other items in holders, `alone` those of them that stand in no other capture.

    `unread` are lines on what couldn't be searched.
    """

    holders: list[Holder] = field(default_factory=list)
    elsewhere: list[Elsewhere] = field(default_factory=list)
    losing: int = 0
    alone: int = 0
    unread: list[str] = field(default_factory=list)


def search(folder: SiteFolder, wanted: Sequence[Sought]) -> Found:
    """Read every WARC of the site for all that is `wanted`, in memory that grows only with the number of its items.

    Raises StorageError.
    """
    return _Search(folder, wanted).run()


class _Search:
    def __init__(self, folder: SiteFolder, wanted: Sequence[Sought]) -> None:
        self._folder, self._wanted = folder, wanted
        self._own = {(one.item.type, one.item.wp_id) for one in wanted if one.item}
        self._found = Found()
        self._losing: set[tuple[str, int]] = set()
        self._kept: set[tuple[str, int]] = set()

    def run(self) -> Found:
        for path, entry in self._entries():
            if isinstance(entry, StoredExchange):
                self._look_at(path, entry)
            elif isinstance(entry, Damage):
                where = f"{self._folder.relative(path)}: {entry.length:,} damaged bytes from offset {entry.offset} on"
                self._found.unread.append(f"{where} can't be read, and may hold it")
        answers = {holder.capture for holder in self._found.holders}
        if answers:
            self._found.holders += self._revisits(answers)
        self._found.losing, self._found.alone = len(self._losing), len(self._losing - self._kept)
        return self._found

    def _entries(self) -> Iterator[tuple[Path, object]]:
        for path in self._folder.warcs():
            try:
                yield from ((path, entry) for entry in exchanges(path))
            except OSError as error:
                raise storage_error(path, error) from None

    def _look_at(self, path: Path, stored: StoredExchange) -> None:
        capture = routed(stored)
        refers = (
            capture.record_type == "revisit"
        )  # of an item's, it is judged by what it refers to, which may come later
        asked = any(one.is_asked(capture) for one in self._wanted if not refers or one.item is None)
        if capture.kind == "file" or refers:
            if asked:
                self._hold(path, stored, capture)
            return
        body = self._body(stored, capture)
        document = _document(body, capture)
        items = self._items(capture, document) if document else set()
        if asked or (document and any(one.is_in(capture, document) for one in self._wanted)):
            others = items - self._own
            self._losing |= others
            self._hold(path, stored, capture, len(others))
            return
        self._kept |= items
        texts = [*_texts(body, capture, document)]
        if what := next(filter(None, (one.found_in(texts) for one in self._wanted)), ""):
            self._found.elsewhere.append(Elsewhere(capture.capture, capture.url, capture.captured_at, what))

    def _hold(
        self, path: Path, stored: StoredExchange, capture: Capture, others: int = 0, *, refers: bool = False
    ) -> None:
        self._found.holders.append(_holder(path, stored, capture, others, refers=refers))

    def _body(self, stored: StoredExchange, capture: Capture) -> bytes:
        try:
            # What may hold a password is never read for rows, but it must be searched.
            return b"".join(stored.payload())[:_BODY] if UNREAD.intersection(capture.flags) else stored.body(_BODY).data
        except DamagedError as error:
            self._found.unread.append(f"{error}")
            return b""

    def _items(self, capture: Capture, document: Document) -> set[tuple[str, int]]:
        """Return type and id of the items that an answer shows whole."""
        catalogue = self._wanted[0].catalogue
        place = catalogue.place(capture.route) if capture.route else None
        if place is None or place.shown is not Shown.ITEMS or place.partial:
            return set()
        known = (catalogue.identify(place, one.value, one.id) for one in shown(document, place))
        return {(who.type, who.wp_id) for who in known if who}

    def _revisits(self, answers: set[str]) -> Iterator[Holder]:
        """Yield the revisits of `answers`: what they refer to will be gone, and they hold it by reference."""
        for path, entry in self._entries():
            if isinstance(entry, StoredExchange) and entry.capture.record_type == "revisit":
                capture = routed(entry)
                if capture.refers_to in answers:
                    yield _holder(path, entry, capture, 0, refers=True)


def _holder(path: Path, stored: StoredExchange, capture: Capture, others: int, *, refers: bool) -> Holder:
    places: list[tuple[int, int]] = []
    for record in sorted(stored.records, key=lambda one: one.offset):
        if places and sum(places[-1]) == record.offset:
            places[-1] = (places[-1][0], places[-1][1] + record.length)
        else:
            places.append((record.offset, record.length))
    return Holder(
        capture.capture, capture.kind, capture.url, capture.captured_at, path, places, others=others, refers=refers
    )


def _document(body: bytes, capture: Capture) -> Document | None:
    if capture.route is None and "json" not in capture.mime:
        return None
    document = read(body)
    return document if document.ok else None


def _texts(body: bytes, capture: Capture, document: Document | None) -> Iterator[str]:
    """Yield the texts in an answer, HTML or plain."""
    if document:
        yield from (one for one in values_in(document.value) if isinstance(one, str))
    elif not capture.mime or capture.mime.startswith(_TEXTS):
        yield body.decode("utf-8", "replace")
