"""The places to which the HTML of an item refers, with their hosts: rows of `outbound`."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from wparchive.index.items.rows import Row
from wparchive.index.schema import ITEM_TABLES
from wparchive.urls import host_of
from wparchive.wordpress.files.attachment_files import upload_of
from wparchive.wordpress.files.hot_links import origin_of, shows_file
from wparchive.wordpress.text import references
from wparchive.wordpress.values import clean

__all__ = ["MOST_PLACES", "Outbound", "outbound"]

_HOST = re.compile(r"https?://(?:[^/?#@]*+@)?(\[[^\]/?#]*+\]|[^/?#:@]++)", re.IGNORECASE)

_LONG = 500
MOST_PLACES = 20_000  # most places to which one item refers that are listed
Outbound = tuple[str, str, str, bool, str, str | None]


def outbound(table: str, row: Row) -> Iterator[Outbound]:
    """Yield the places to which an item's HTML refers (url, host, element, shown, origin, upload), each URL once.

    `shown` is True for an image, audio or video file that the item shows. `origin` is the host of the original file,
    which an image proxy (Photon) names in its path. `upload` is the name of the uploaded file behind a picture of a
    WordPress site. If several elements have the same URL, the one that shows it counts, else the first that is not a
    link. Relative URLs are resolved against the item's own URL. If there are more than MOST_PLACES, one more than that
    is returned.
    """
    for url, (shows, element) in _references(table, row).items():
        # A URL of megabytes must not stay in the cache.
        written, host, origin, upload = (_pointed_at if len(url) < _LONG else _pointed_at.__wrapped__)(url)
        if host:
            yield written, host, element, shows, origin, upload


def _references(table: str, row: Row) -> dict[str, tuple[bool, str]]:
    """Return by URL whether the item's HTML shows a file there, and the element that refers to it."""
    found: dict[str, tuple[bool, str]] = {}
    base = row.get("link") or ""
    for reference in chain.from_iterable(
        references(html, base) for html in map(row.get, ITEM_TABLES[table].pointing) if html and "=" in html
    ):
        shown, element = found.get(reference.url, (False, "a"))
        shows = not shown and shows_file(reference)
        if shows or (not shown and element == "a"):
            found[reference.url] = (shows, reference.element)
        if len(found) > MOST_PLACES:
            break
    return found


@lru_cache(maxsize=4096)  # the articles of a site refer to the same places again and again
def _pointed_at(url: str) -> tuple[str, str, str, str | None]:
    """Return `url` as stored, its host, the host of the original file, and the name of the uploaded file behind it."""
    found = _HOST.match(url)
    host = clean(found[1].lower()) if found else ""
    host = host if host.isascii() else host_of(f"http://{host}/") or host
    upload = upload_of(url) if host else None
    return clean(url), host, _origin(url, host), clean(upload.parent) if upload else None


def _origin(url: str, host: str) -> str:
    file = origin_of(url, host)
    found = _HOST.match(file) if file != url else None
    return clean(found[1].lower()) if found and "." in found[1] else host
