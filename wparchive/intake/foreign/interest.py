"""Which records of a foreign file are looked at, by type and address, and what else of a WordPress site goes by."""

import re
from collections import Counter
from collections.abc import Callable
from urllib.parse import unquote

from wparchive.store.warc.fields import bare

__all__ = ["Interest", "is_rest"]

_REST = re.compile(r"/wp-json(?:/|$|\?)|[?&]rest_route=|/wp/v2(?:/|$|\?)", re.IGNORECASE)
# What an archive doesn't keep yet, by its address; the first match counts.
_PASSED = (
    ("sitemaps", re.compile(r"/(?:wp-)?sitemap[^/?]*\.xml(?:\.gz)?(?:$|\?)", re.IGNORECASE)),
    ("feeds", re.compile(r"/(?:feed|rss2?|atom)/?(?:$|\?)|[?&]feed=|\.rss(?:$|\?)", re.IGNORECASE)),
)
_FILE = re.compile(r"\.(?!html?$|php$)[a-z0-9]{2,5}$", re.IGNORECASE)
_HTML = re.compile(rb"\r?\ncontent-type:[ \t]*(?:text/html|application/xhtml)", re.IGNORECASE)
_HEAD = 1 << 10  # bytes


def is_rest(uri: str) -> bool:
    """Return whether an address may be that of a REST route, percent-decoded once."""
    return _REST.search(uri) is not None or ("%" in uri and _REST.search(unquote(uri)) is not None)


class Interest:
    """Chooses records by type and address; `passed` counts pages, feeds and sitemaps, by the host of their address."""

    def __init__(self) -> None:
        self.passed: Counter[tuple[str, str]] = Counter()

    def wants(self, kind: str, uri: str) -> bool:
        """Return whether a record of this type and address is looked at."""
        if kind in ("response", "revisit", "request"):
            return is_rest(bare(uri))
        return kind == "warcinfo"

    def may_pass(self, kind: str, uri: str) -> bool:
        """Return whether a record that isn't wanted may be something else of a site."""
        return kind == "response" and not _FILE.search(uri.partition("?")[0].rpartition("/")[2])

    def let_pass(self, uri: str, read: Callable[[int], bytes]) -> None:
        """Count a response that isn't wanted; `read` reads the beginning of its block."""
        uri = bare(uri)
        what = next((name for name, pattern in _PASSED if pattern.search(uri)), "")
        if not what and self.may_pass("response", uri):
            what = "pages" if _HTML.search(read(_HEAD)) else ""
        if what:
            self.passed[uri.partition("://")[2].partition("/")[0].lower(), what] += 1
