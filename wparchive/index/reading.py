"""What one stored exchange says: what its answer means, and the items or objects that it shows."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from wparchive.errors import DamagedError
from wparchive.index.catalogue import Catalogue, Place, Shown
from wparchive.model import Capture
from wparchive.store import StoredExchange
from wparchive.wordpress.payload import Document, Item, items, read
from wparchive.wordpress.routes import split_root
from wparchive.wordpress.verdict import judge

__all__ = ["Reading", "read_exchange"]

_BODY = 1 << 26


@dataclass(frozen=True, slots=True)
class Reading:
    """An exchange as the index takes it in; `flags` name what was repaired, `answer` is None for what isn't REST."""

    capture: Capture
    answer: str | None = None
    flags: tuple[str, ...] = ()
    place: Place | None = None
    items: Iterable[Item] = ()
    size: int = 0


def read_exchange(stored: StoredExchange, catalogue: Catalogue) -> Reading:
    """Read what the index needs of `stored`: the body only where it is an answer of the REST API."""
    capture = _routed(stored.capture)
    if capture.route is None or capture.method != "GET":
        return Reading(capture)
    if stored.head is None:
        return Reading(capture, str(judge(None, None).meaning))
    try:
        body = stored.body(_BODY)
    except DamagedError:  # what a revisit refers to is lost; `verify` says so
        return Reading(capture, None, ("lost-reference",))
    document = read(body.data)
    answer = str(judge(stored.head, body.data, document).meaning)
    flags = (*body.flags, *document.flags)
    place = catalogue.place(capture.route) if capture.status == 200 and document.ok else None
    found = list(_shown(document, place)) if place else []
    return Reading(capture, answer, flags, place, found, len(body.data))


def _routed(capture: Capture) -> Capture:
    """Other tools' captures don't say which route they are of; their URLs show it."""
    if capture.route is not None or capture.kind != "foreign" or "json" not in capture.mime:
        return capture
    found = split_root(capture.url)
    return replace(capture, route=str(found[1])) if found else capture


def _shown(document: Document, place: Place) -> Iterable[Item]:
    value = document.value
    if not isinstance(value, dict):
        return items(document)
    start, end = _span(document.text, value)
    if place.shown is not Shown.OBJECTS:
        return [Item(value, document.text[start:end])] if "id" in value else []
    if place.one is not None:
        return [Item(value, document.text[start:end], place.one)]
    return _members(document.text, start)


_SPACE = re.compile(r"[ \t\r\n]*+")
_DECODE = json.JSONDecoder().raw_decode


def _span(text: str, value: object) -> tuple[int, int]:
    """Where in `text`, which may have junk around it, the document stands."""
    for opener in re.finditer(r"\{", text):
        try:
            found, end = _DECODE(text, opener.start())
        except ValueError:
            continue
        if found == value:
            return opener.start(), end
    return 0, len(text)


def _members(text: str, at: int) -> Iterator[Item]:
    """The objects in the map that begins at `at`, each with its key and its own source text."""
    at += 1
    while text[at := _past_space(text, at)] != "}":
        key, at = _DECODE(text, at)
        start = _past_space(text, _past_space(text, at) + 1)
        value, at = _DECODE(text, start)
        if isinstance(value, dict) and value:
            yield Item(value, text[start:at], key)
        at = _past_space(text, at)
        at += text[at] == ","


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
