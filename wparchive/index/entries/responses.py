"""What a stored response says: its capture as the index needs it, its meaning, and the items that it shows."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from wparchive.errors import DamagedError
from wparchive.index.items.catalogue import Place, Shown
from wparchive.model import BY_DIGEST, LOST, WEAK, Capture, Privilege
from wparchive.store import StoredExchange
from wparchive.wordpress.judgement import Judgement, for_item, judge
from wparchive.wordpress.languages.codes import language_of_route
from wparchive.wordpress.payload.cut_off import CUT, read_cut
from wparchive.wordpress.payload.document import Document, Item, elements, items, objects, whole
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.routes import Route, split_root

__all__ = ["answer_of", "language_of_list", "meaning_of", "routed", "shown"]

_BODY = 1 << 26  # bytes
_OF_ONE = ("item", "probe")
_OF_THE_BODY = ("body_sha256", "payload_sha256", "payload_size")


def meaning_of(answer: Judgement | None, capture: Capture, document: Document | None) -> Judgement | None:
    """Return the meaning of a response; where one item was requested, that of the response for this item."""
    return for_item(answer, capture.route, document) if answer and document and capture.route else answer


def _resolved(stored: StoredExchange) -> Capture:
    """Return the capture. Another tool's revisit may lack its head or WARC-Refers-To, which its response then supplies."""
    capture = stored.capture
    foreign = capture.extra.get("clock") == "foreign"
    if capture.record_type != "revisit" or (capture.refers_to and stored.head and not foreign):
        return capture
    weak = not WEAK.isdisjoint(capture.flags)
    try:
        answer = stored.answer
    except DamagedError:  # named by the flag `lost-reference`
        return _flagged(replace(capture, refers_to=None), LOST) if weak else capture
    head = stored.head or answer.head
    status, mime = (head.status, head.mime) if head else (None, "")
    found = replace(capture, refers_to=answer.capture.capture, status=status, mime=mime)
    if weak:
        found = _flagged(found, *((BY_DIGEST,) if stored.by_digest else ()))
        found = replace(found, **{name: getattr(answer.capture, name) for name in _OF_THE_BODY})
        if found.kind in _OF_ONE:  # which of them it is, its own head says, or else that of its response
            found = replace(found, kind=_OF_ONE[status != 200])
    # What was shown only to users is shown to nobody else by what refers to it.
    shown = capture.privilege if answer.capture.privilege is Privilege.ANONYMOUS else answer.capture.privilege
    return replace(found, privilege=shown) if foreign else found


def _flagged(capture: Capture, *flags: str) -> Capture:
    """Return a revisit with flags that say how sure it is what it stands for, in place of those that it was imported with."""
    return replace(capture, flags=(*(flag for flag in capture.flags if flag not in WEAK), *flags))


def routed(stored: StoredExchange, rights: Collection[str] = ()) -> Capture:
    """Return the capture with its route. Other tools' captures do not state one, so it is derived from the URL.

    `rights` are the captures that were made with rights, though they don't say so themselves.
    """
    capture = _resolved(stored)
    if rights and not {capture.capture, capture.refers_to}.isdisjoint(rights):
        capture = replace(capture, privilege=Privilege.AUTHENTICATED)
    if capture.route is not None or capture.kind != "foreign" or "json" not in capture.mime:
        return capture
    found = split_root(capture.url)
    return replace(capture, route=str(found[1])) if found else capture


def answer_of(stored: StoredExchange, capture: Capture) -> tuple[Judgement | None, tuple[str, ...], Document | None]:
    """Return the response's meaning, the flags of its body, and the parsed body; nothing if it is not a REST response."""
    if capture.route is None or capture.method != "GET":
        return None, (), None
    if stored.head is None and capture.record_type != "revisit":
        return judge(None, None), (), None
    try:
        body, head = stored.body(_BODY), stored.head or stored.answer.head
    except DamagedError:  # the referenced response is lost; `verify` reports it
        return None, (LOST,), None
    document = read(body.data)
    if capture.extra.get("clock") and (capture.truncated or CUT in body.flags) and (document.broken or not document.ok):
        document = read_cut(body.data) or document
    return judge(head, body.data, document), (*body.flags, *document.flags), document


def shown(document: Document, place: Place) -> Iterable[Item]:
    """Return the items of a document as the crawl reads them: a collection is a list; anything with its own id is not."""
    if place.shown is Shown.OBJECTS and place.one is None:
        return objects(document)
    if place.collection is not None and place.one is None and elements(document) is None:
        return ()
    if place.one is not None and place.shown is Shown.OBJECTS:
        return [replace(one, key=place.one) for one in whole(document)]
    return items(document)


def language_of_list(capture: Capture) -> str:
    """Return the language of the list that a capture is a page of; "" for any other. Other tools ask so for items too."""
    kinds = ("listing", "item") if capture.extra.get("clock") else ("listing",)
    chosen = language_of_route(Route.parse(capture.route)) if capture.kind in kinds and capture.route else None
    return chosen[1] if chosen else ""
