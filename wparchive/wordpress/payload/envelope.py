"""Recognises what core wraps for `?_envelope`, and a list that a plug-in wraps in an object.

Core's is `{"body": ..., "status": 200, "headers": {...}}`, a plug-in's `{"events": [...], "total": 23, "total_pages": 1}`: it
has one list of objects with ids, and says how many there are, or where the next page is; either may lie one level deeper, in
`data`, `meta` or `pagination`. Sources: core's `WP_REST_Server::envelope_response`, The Events Calendar's REST API, and the
wrappers that plug-ins make with core's `wp_send_json_success`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wparchive.wordpress.payload.document import Document, past_space, spans_in
from wparchive.wordpress.values import integer, mapping, string

__all__ = ["unwrapped"]

_TOTALS = ("total", "total_items", "totalItems", "total_count", "totalCount", "total_results", "found", "found_posts")
_PAGES = ("total_pages", "totalPages", "pages", "max_num_pages", "page_count", "last_page")
_NEXT = ("next_rest_url", "next_page_url", "next", "next_url", "next_page")
_ABOUT = ("meta", "pagination", "paging", "page_info", "_meta")
# An object with one of these is something of WordPress's own: an item, an error, an index.
_NO_ENVELOPE = frozenset(("id", "namespaces", "routes", "code"))
_OF_CORE = frozenset(("body", "status", "headers"))
_STATED = {"x-wp-total": "total", "x-wp-totalpages": "pages"}
_PAGE = re.compile(r"[?&]page(?:d)?=([0-9]{1,9})(?:&|$)")


def unwrapped(document: Document) -> Document:
    """Return `document` as what is in its envelope, with what the envelope states; unchanged if it is none.

    An error in core's envelope is read as that error. Its status stays the answer's own, so that it proves no deletion.
    """
    if isinstance(document.value, dict) and document.value.keys() == _OF_CORE and document.spans:
        document = _body_of(document, document.value)
    value = document.value
    if not isinstance(value, dict) or not document.spans or not _NO_ENVELOPE.isdisjoint(value):
        return document
    for path in ((), ("data",)):
        inner = value if not path else value.get("data")
        name = _list_in(inner) if isinstance(inner, dict) else None
        if name is not None:
            stated = _stated(value, mapping(inner))
            return _as_list(document, (*path, name), stated) if stated else document
    return document


def _body_of(document: Document, value: Mapping[str, Any]) -> Document:
    status, body, headers = integer(value["status"]), value["body"], value["headers"]
    if status is None or not (200 <= status < 300 or status >= 400) or not isinstance(headers, dict | list):
        return document
    named = mapping(headers).items()
    stated = {
        _STATED[name.lower()]: number
        for name, one in named
        if name.lower() in _STATED and (number := _count(one)) is not None
    }
    if isinstance(body, list):
        return _as_list(document, ("body",), stated)
    span = dict(spans_in(document.text, document.spans[0][0])).get("body")
    return replace(document, value=body, spans=(span,)) if span and isinstance(body, dict) else document


def _count(value: object) -> int | None:
    number = integer(value)
    return number if number is not None and number >= 0 else None


def _list_in(value: Mapping[str, Any]) -> str | None:
    """Return the key of the one list of items; None if there is none, or more than one."""
    if not _NO_ENVELOPE.isdisjoint(value):
        return None
    lists = {name: one for name, one in value.items() if isinstance(one, list)}
    full = [name for name, one in lists.items() if one and all(map(_is_item, one))]
    found = full or [name for name, one in lists.items() if not one]
    return found[0] if len(found) == 1 else None


def _is_item(value: object) -> bool:
    return isinstance(value, dict) and integer(value.get("id")) is not None


def _stated(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> dict[str, Any]:
    """Return the total, the number of pages, and the next page's number, as far as an envelope states them."""
    places = [inner, outer, *(mapping(one.get(name)) for one in (inner, outer) for name in _ABOUT)]
    total, pages = (_number(places, names) for names in (_TOTALS, _PAGES))
    links = [string(place.get(name)) for place in places for name in _NEXT]
    numbers = [int(found[1]) for found in map(_PAGE.search, links) if found]
    if total is None and pages is None and not numbers:
        return {}
    return {"total": total, "pages": pages, "next_page": numbers[0] if numbers else 0}


def _number(places: Sequence[Mapping[str, Any]], names: Sequence[str]) -> int | None:
    found = (_count(place.get(name)) for place in places for name in names)
    return next((number for number in found if number is not None), None)


def _as_list(document: Document, path: Sequence[str], stated: Mapping[str, Any]) -> Document:
    value: Any = document.value
    start = document.spans[0][0]
    for name in path:
        value = value[name]
        start = dict(spans_in(document.text, start)).get(name, (-1, -1))[0]
        if start < 0:
            return document
    spans = _elements(document.text, start)
    return replace(document, value=value, spans=spans, **stated) if len(spans) == len(value) else document


def _elements(text: str, start: int) -> list[tuple[int, int]]:
    """Return the span of each element of the list that begins at `start`."""
    scan = json.JSONDecoder(parse_int=str).raw_decode
    spans: list[tuple[int, int]] = []
    at = past_space(text, start + 1)
    try:
        while text[at] != "]":
            _, end = scan(text, at)
            spans.append((at, end))
            at = past_space(text, end)
            at = past_space(text, at + (text[at] == ","))
    except (ValueError, IndexError, RecursionError):
        return []  # nested too deeply to be read from here
    return spans
