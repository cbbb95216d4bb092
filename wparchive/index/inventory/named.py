"""What one captured sitemap or feed says: the URLs that it names, and its items as rows where nothing else shows them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.index.items.catalogue import Identity
from wparchive.model import Verdict
from wparchive.store import StoredExchange
from wparchive.urls import host_of
from wparchive.wordpress.inventory.documents import Document, read_document
from wparchive.wordpress.inventory.feed_values import fed_in
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
    """Yield the items of the feed of the site at `home` as those of `table`, see `fed_in`."""
    for one in fed_in(document, table, home):
        yield Identity(table, one.type, one.wp_id), Item(one.value, clean(json.dumps(one.value, ensure_ascii=False)))
