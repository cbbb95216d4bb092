"""What one captured sitemap or feed says: the URLs that it names, and its items as rows where nothing else shows them."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.index.items.catalogue import Identity
from wparchive.model import Verdict
from wparchive.store import StoredExchange
from wparchive.urls import host_of
from wparchive.wordpress.inventory.documents import Document, FeedItem, read_document
from wparchive.wordpress.inventory.places import comment_in, number_of, place_of
from wparchive.wordpress.payload.document import Item
from wparchive.wordpress.values import clean

__all__ = ["KINDS", "NamedUrls", "rows_in", "urls_named"]

KINDS = ("sitemap", "feed")
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class NamedUrls:
    """What a capture shows of the document at `url`; plain values, for another process.

    `entries` are URL, `lastmod`, and 1 if the URL is on a host that is neither the document's nor the site's. `same`: the
    document is as it was held.
    """

    url: str
    source: str
    capture: str
    seen: str
    status: int | None
    form: str = ""
    fault: str | None = None
    same: bool = False
    entries: list[tuple[str, str | None, int]] = field(default_factory=list)


def urls_named(stored: StoredExchange) -> tuple[NamedUrls, Document]:
    """Return what a captured sitemap or feed says, and the document itself."""
    capture = stored.capture
    url, document = clean(capture.key.partition(" ")[2])[:_LONGEST], Document()
    cut = capture.truncated == "length"
    if is_success(capture.status) and (capture.verdict == Verdict.ANSWERED or cut):
        try:
            document = read_document(stored.content())
        except DamagedError:  # the referenced response is lost; `verify` reports it
            document.fault = "lost"
    own = {_host(url), _host(capture.extra.get("about-home", ""))}
    fault = document.fault or (None if capture.verdict == Verdict.ANSWERED else capture.verdict)
    named = NamedUrls(
        url=url,
        source=capture.kind,
        capture=capture.capture,
        seen=capture.captured_at,
        status=capture.status,
        form=document.form,
        fault=fault,
        same=capture.status == 304,
        entries=[(entry.url[:_LONGEST], entry.lastmod, int(_host(entry.url) not in own)) for entry in document.urls],
    )
    return named, document


def _host(url: str) -> str:
    return host_of(url).removeprefix("www.")


def rows_in(document: Document, table: str, home: str) -> Iterator[tuple[Identity, Item]]:
    """Yield the items of a feed as those of `table` (posts or comments), in the form of the REST API.

    Items on other hosts than that of `home`, which feeds of many sites show too, are no items of this one. Where the
    feed doesn't tell an item's id, it gets a negative number, which is made of its address.
    """
    for item in document.items:
        if home and _host(item.url) != _host(home):
            continue
        who, value = _post(item) if table == "posts" else _comment(item)
        yield who, Item(value, clean(json.dumps(value, ensure_ascii=False)))


def _post(item: FeedItem) -> tuple[Identity, dict[str, object]]:
    # The guid of another site has a number too, and says nothing of this one's.
    own = _host(item.guid) in ("", _host(item.url))
    number, kind = number_of(item.guid, item.number) if own else (None, "post")
    wp_id = _own_number(item.url) if number is None else number
    return Identity("posts", kind, wp_id), {
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


def _comment(item: FeedItem) -> tuple[Identity, dict[str, object]]:
    own = _host(item.guid) in ("", _host(item.url))
    number = (comment_in(item.guid) if own else None) or comment_in(item.url)
    wp_id = _own_number(item.url) if number is None else number
    return Identity("comments", "comment", wp_id), {
        "id": wp_id,
        "type": "comment",
        "status": "approved",
        **_dates(item),
        "link": item.url,
        "author_name": item.author,
        "content": {"rendered": item.content or item.summary},
    }


def _dates(item: FeedItem) -> dict[str, str]:
    """Return its dates as WordPress writes them in UTC."""
    named = (("date_gmt", item.published), ("modified_gmt", item.modified))
    return {name: moment.removesuffix("Z") for name, moment in named if moment and "T" in moment}


def _own_number(url: str) -> int:
    """Return a negative number for an item without a known id: WordPress has none, and the same address has the same."""
    digest = hashlib.sha256((place_of(url) or url).encode("utf-8", "surrogatepass")).digest()
    return -1 - int.from_bytes(digest[:6])
