"""Ids and `_links` of a listing's items: all that a crawl needs from a page."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from wparchive.wordpress.payload.document import Document, elements
from wparchive.wordpress.values import integer

__all__ = ["Skim", "own_links", "skims"]

_LINKS = ',"_links":'


class Skim(NamedTuple):
    """What the crawl needs of one item: its id (None if unusable), its `_links`, and their `text` as in `own_links`."""

    id: int | None
    links: Mapping[str, Any]
    text: str = ""


def skims(document: Document) -> list[Skim]:
    """Return id and links of each item of a list; empty elements are skipped, and what is not an object has neither."""
    if isinstance(document.value, list):
        text, places = document.text, zip(document.value, document.spans, strict=True)
        return [_skim_of(one, text[start:end]) for one, (start, end) in places if one]
    return [_skim_of(one, "") for one in elements(document) or () if one]


def _skim_of(item: object, raw: str) -> Skim:
    if not isinstance(item, dict):
        return Skim(None, {})
    links = item.get("_links")
    if not isinstance(links, dict):
        return Skim(integer(item.get("id")), {})
    return Skim(integer(item.get("id")), links, own_links(raw, item))


def own_links(raw: str, item: Mapping[str, Any]) -> str:
    """Return the text of an item's `_links` if it comes last and only once, as core writes it; else empty."""
    start = raw.find(_LINKS)
    if start < 0 or not raw.endswith("}}") or [*item][-1:] != ["_links"] or raw.find(_LINKS, start + 1) >= 0:
        return ""
    return raw[start + len(_LINKS) : -1]
