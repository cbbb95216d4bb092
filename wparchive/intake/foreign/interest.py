"""Which records of a foreign file are looked at, by type and address, and which others may belong to a WordPress site."""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

from wparchive.store.warc.fields import bare

__all__ = ["DOCUMENT", "PAGE", "REQUEST", "Interest", "Note", "is_rest"]

PAGE, DOCUMENT, REQUEST = "page", "document", "request"
"""What a record that is noted may be: a web page, a sitemap or feed, the request for one."""

_REST = re.compile(r"/wp-json(?:/|$|\?)|[?&]rest_route=|/wp/v2(?:/|$|\?)", re.IGNORECASE)
_DOCUMENT = re.compile(
    r"/[^/?]*sitemap[^/?]*\.xml(?:\.gz)?(?:$|\?)|/(?:feed|rss2?|atom)/?(?:$|\?)|[?&]feed=|\.rss(?:$|\?)", re.IGNORECASE
)
_FILE = re.compile(r"\.(?!html?$|php$)[a-z0-9]{2,5}$", re.IGNORECASE)
# What is for who runs the site, or is part of its looks.
_INNER = re.compile(
    r"/wp-(?:admin|login|includes|content|cron|signup|activate|comments-post|trackback)[/.]", re.IGNORECASE
)
_HTML = re.compile(rb"\r?\ncontent-type:[ \t]*(?:text/html|application/xhtml)", re.IGNORECASE)
_XML = re.compile(rb"\r?\ncontent-type:[ \t]*(?:text|application)/(?:rss\+|atom\+|rdf\+)?xml", re.IGNORECASE)
_HEAD = 1 << 10  # bytes
_HEADLESS = ("resource", "conversion")


class Note(NamedTuple):
    """A record that may belong to a site, by its place in its file; `host` is that of its address, without `www.`."""

    offset: int
    what: str
    host: str
    uri: str


def is_rest(uri: str) -> bool:
    """Return whether an address may be that of a REST route, percent-decoded once."""
    return _REST.search(uri) is not None or ("%" in uri and _REST.search(unquote(uri)) is not None)


class Interest:
    """Chooses records by type and address; `note` is called with what may belong to a site that is found elsewhere."""

    def __init__(self, note: Callable[[Note], None] = lambda _: None) -> None:
        self._note = note

    def wants(self, kind: str, uri: str) -> bool:
        """Return whether a record of this type and address is looked at."""
        if kind in ("response", "revisit", "request"):
            return is_rest(bare(uri))
        if kind in _HEADLESS:  # what was made of files (as by warcit) is nothing to be passed over in silence
            return bare(uri)[:4].lower() == "http" and is_rest(bare(uri))
        return kind == "warcinfo"

    def may_pass(self, kind: str, uri: str) -> bool:
        """Return whether a record that isn't wanted may be something else of a site."""
        if kind not in ("response", "revisit", "request") or _INNER.search(uri):
            return False
        return (
            not _FILE.search(bare(uri).partition("?")[0].rpartition("/")[2]) or _DOCUMENT.search(bare(uri)) is not None
        )

    def let_pass(self, kind: str, uri: str, offset: int, read: Callable[[int], bytes]) -> None:
        """Note a record that isn't wanted but may pass; `read` reads the beginning of its block."""
        uri = bare(uri)
        if what := REQUEST if kind == "request" else _what(uri, read(_HEAD)):
            host = uri.partition("://")[2].partition("/")[0].lower().removeprefix("www.")
            self._note(Note(offset, what, host, uri))


def _what(uri: str, head: bytes) -> str:
    if _DOCUMENT.search(uri) or _XML.search(head):
        return DOCUMENT
    return PAGE if _HTML.search(head) else ""
