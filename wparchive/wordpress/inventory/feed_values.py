"""The items of a feed in the form of the REST API, as far as a feed shows them."""

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from wparchive.urls import host_of
from wparchive.wordpress.inventory.documents import Document, FeedItem
from wparchive.wordpress.inventory.places import comment_in, number_of, place_of

__all__ = ["Fed", "fed_in"]


class Fed(NamedTuple):
    """An item of a feed: its type, its id, and what the feed shows of it."""

    type: str
    wp_id: int
    value: dict[str, Any]


def fed_in(document: Document, table: str, home: str) -> Iterator[Fed]:
    """Yield the items of a feed as those of `table` (posts or comments).

    Items on other hosts than that of `home`, which feeds of many sites show too, are no items of this one. Where the
    feed doesn't tell an item's id, it gets a negative number, which is made of its address.
    """
    for item in document.items:
        if not home or _host(item.url) == _host(home):
            yield _post(item) if table == "posts" else _comment(item)


def _host(url: str) -> str:
    return host_of(url).removeprefix("www.")


def _post(item: FeedItem) -> Fed:
    # The guid of another site has a number too, and says nothing of this one's.
    own = _host(item.guid) in ("", _host(item.url))
    number, kind = number_of(item.guid, item.number) if own else (None, "post")
    wp_id = _own_number(item.url) if number is None else number
    value = {
        "id": wp_id,
        "type": kind,
        "status": "publish",
        **_dates(item),
        "link": item.url,
        "guid": {"rendered": item.guid},
        "title": {"rendered": item.title},
        "excerpt": {"rendered": item.summary},
        **({"content": {"rendered": item.content}} if item.content else {}),
        "feed": {"author": item.author, "categories": list(item.categories)},
    }
    return Fed(kind, wp_id, value)


def _comment(item: FeedItem) -> Fed:
    own = _host(item.guid) in ("", _host(item.url))
    number = (comment_in(item.guid) if own else None) or comment_in(item.url)
    wp_id = _own_number(item.url) if number is None else number
    value = {
        "id": wp_id,
        "type": "comment",
        "status": "approved",
        **_dates(item),
        "link": item.url,
        "author_name": item.author,
        "content": {"rendered": item.content or item.summary},
    }
    return Fed("comment", wp_id, value)


def _dates(item: FeedItem) -> dict[str, str]:
    """Return its dates as WordPress writes them in UTC."""
    named = (("date_gmt", item.published), ("modified_gmt", item.modified))
    return {name: moment.removesuffix("Z") for name, moment in named if moment and "T" in moment}


def _own_number(url: str) -> int:
    """Return a negative number for an item without a known id: WordPress has none, and the same address has the same."""
    digest = hashlib.sha256((place_of(url) or url).encode("utf-8", "surrogatepass")).digest()
    return -1 - int.from_bytes(digest[:6])
