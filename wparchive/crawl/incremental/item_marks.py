"""By what an item is recognised as changed: a digest of the fields that a sweep requests, its dates, its revisions."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wparchive.wordpress.changes.queries import timeless
from wparchive.wordpress.collections.plugins import SEARCH
from wparchive.wordpress.inventory.places import place_of
from wparchive.wordpress.payload.document import Item
from wparchive.wordpress.values import first_link, integer, utc

__all__ = ["FIELDS", "fingerprint", "is_hidden", "link_of", "place_mark", "places_of", "row_of"]

_OWN = "/wp/v2/"

# The fields that a sweep requests: enough to detect a change, nothing that WordPress has to render.
FIELDS = (
    "id",
    "date_gmt",
    "modified_gmt",
    "slug",
    "status",
    "type",
    "link",
    "author",
    "author_name",
    "featured_media",
    "parent",
    "post",
    "categories",
    "tags",
    "sticky",
    "format",
    "comment_status",
    "alt_text",
    "source_url",
)


def fingerprint(value: Mapping[str, Any], fields: Iterable[str]) -> str:
    """Return a digest of those of `fields` that a sweep can compare."""
    chosen = {name: timeless(one) if isinstance(one := value[name], str) else one for name in fields if name in value}
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:32]


def is_hidden(value: Mapping[str, Any]) -> bool:
    """Whether a password hides an item's text, and with it its comments."""
    content = value.get("content")
    return isinstance(content, dict) and content.get("protected") is True


def row_of(collection: str, item: Item, mark: str, read_at: str) -> tuple[object, ...]:
    """Return an item as a row for `Seen.see`."""
    value = item.value
    modified, dated = utc(value.get("modified_gmt")) or "", utc(value.get("date_gmt")) or ""
    parent, hidden = integer(value.get("post")), is_hidden(value)
    return collection, item.id, modified, dated, mark, read_at, _revisions(item), parent, hidden


def places_of(collection: str, found: Iterable[Item]) -> Iterator[tuple[int, str, int]]:
    """Yield where items are, as rows for `Seen.locate`; comments have no page of their own.

    Plug-ins name the field as they like; WordPress's own lists have one name for it, and a user's `url` is another site.
    """
    for item in found:
        place = place_of(link_of(collection, item.value)) if item.id is not None else ""
        if place and "#" not in place and item.id is not None:
            yield place_mark(place), collection, item.id


def link_of(collection: str, value: Mapping[str, Any]) -> str:
    """Return the address of an item's page, as the item states it; "" if it states none."""
    own = collection.startswith(_OWN) and collection.partition("?")[0] != SEARCH
    names = ("link",) if own else ("link", "permalink", "url")
    return next((found for name in names if isinstance(found := value.get(name), str) and found), "")


def place_mark(place: str) -> int:
    """Return 8 bytes that stand for a place, as a signed number."""
    return int.from_bytes(hashlib.blake2b(place.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)


def _revisions(item: Item) -> str:
    """Return the revision count and the newest revision's id, as far as the item states them."""
    history = first_link(item.value, "version-history")
    if not history:
        return ""
    count, newest = integer(history.get("count")), integer(first_link(item.value, "predecessor-version").get("id"))
    return f"{max(0, count or 0)} {max(0, newest or 0)}"
