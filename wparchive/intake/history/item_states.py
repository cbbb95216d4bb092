"""Which items an answer shows, and when each says that it was modified: enough to see that one comes again changed.

Most answers are as core writes them, and are searched, not parsed: an import has to look at all of them. Source: the
order of fields in core's `WP_REST_Posts_Controller::prepare_item_for_response`.
"""

import re
from array import array
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

from wparchive.wordpress.canonical_routes import Route
from wparchive.wordpress.languages.codes import language_of_route
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.payload.payload import read

__all__ = ["is_large_list", "states_in", "states_of"]

# No string of a JSON text has a bare quotation mark, so these stand in no text that tells of them.
_ID = re.compile(rb'"id"\s*:\s*(\d{1,18})(?=\s*[,}])')
_FIRST, _NEXT, _DATED = b'"id":', b',"date":', b'"modified_gmt":"'
_NEAR, _SIGNS = 18 + len(_NEXT), b"-T: "
_BEFORE = 3000  # bytes from an item's id to that
_FIELDS = ("modified_gmt", "modified_utc", "modified")
_PART = re.compile(r"[?&](?:_fields=|context=embed(?:&|$))")
_SMALL = 1 << 16  # bytes
_LARGE = 8 << 20  # bytes of JSON that are looked at together
_MOST = 100_000  # ids in as much, where nothing else tells items from what they contain
_DIGITS = 14  # of a time to the second


def _shows_states(route: str) -> bool:
    """Return whether the answer at a canonical route shows states of its items: a part, or another language, is none."""
    return not _PART.search(route) and ("?" not in route or language_of_route(Route.parse(route)) is None)


def states_in(text: bytes | memoryview, route: str) -> bytes:
    """Return the ids in the body of the REST answer at `route`, each with its last modification, as `states_of` reads them."""
    # Bytes are searched several times as fast as a view of them; in pieces, so that a large text isn't in memory three times.
    found = _found(_start(text), cut=False)
    for start in range(_LARGE, len(text), _LARGE):
        for wp_id, when in _found(bytes(text[start - _BEFORE : start + _LARGE]), cut=True).items():
            found[wp_id] = max(when, found.get(wp_id, 0))
    if not _shows_states(route):
        found = dict.fromkeys(found, 0)
    return array("q", [*found, *found.values()]).tobytes()


def is_large_list(text: bytes | memoryview) -> bool:
    """Return whether a body is a list of which it is better read later what it shows, if that matters at all."""
    return len(text) > _SMALL and bytes(text[:1]) == b"["


def _start(text: bytes | memoryview) -> bytes:
    """Return the bytes of a text, or as many as are looked at together; before them its head may stand, rather than a copy."""
    whole = text.obj if isinstance(text, memoryview) else text
    return whole if isinstance(whole, bytes) and len(whole) <= _LARGE else bytes(text[:_LARGE])


def _found(text: bytes, *, cut: bool) -> dict[int, int]:
    found = _as_core_writes(text, cut=cut)
    if found is None and b'"modified' not in text:
        return dict.fromkeys((int(one[1]) for one in islice(_ID.finditer(text), _MOST)), 0)
    return dict(_parsed(text)) if found is None else found


def _as_core_writes(text: bytes, *, cut: bool) -> dict[int, int] | None:
    """Return the ids and times in an answer as core spells it; None if it isn't. If it is `cut`, the first may lack its id."""
    found: dict[int, int] = {}
    for before, after in pairwise(text.split(_DATED)):
        start = before.rfind(_FIRST, -_BEFORE) + len(_FIRST)
        wp_id, date, _ = before[start : start + _NEAR].partition(_NEXT)
        when = after[:19].translate(None, _SIGNS)
        if start >= len(_FIRST) and date and wp_id.isdigit() and when.isdigit() and len(when) == _DIGITS:
            found[int(wp_id)] = int(when)
        elif not cut:
            return None
        cut = False
    return found or None


def _parsed(text: bytes) -> Iterator[tuple[int, int]]:
    for one in items(read(text)):
        if one.id is not None and 0 <= one.id < 1 << 62:
            yield one.id, max((_moment(one.value.get(name)) for name in _FIELDS), default=0)


def _moment(value: Any) -> int:
    return _number(value.encode("utf-8", "replace")) if isinstance(value, str) else 0


def _number(date: bytes) -> int:
    """Return a time as the number that its digits are, so that later ones are greater; 0 for anything else."""
    digits = date.translate(None, _SIGNS)[:_DIGITS]
    return int(digits) if len(digits) == _DIGITS and digits.isdigit() else 0


def states_of(data: bytes | None) -> dict[int, int]:
    """Return the ids of an answer and the time of each one's last modification (YYYYMMDDHHMMSS); 0 where it has none."""
    numbers = array("q", data or b"")
    half = len(numbers) // 2
    return dict(zip(numbers[:half], numbers[half:], strict=True))
