"""The languages that a page's head names: `<link rel="alternate" hreflang="fr" href="...">`, and its own.

Source: HTML's `hreflang` attribute, as WPML, Polylang, TranslatePress, Bogo and SEO plug-ins write it.
"""

import re
from collections.abc import Iterator
from itertools import islice

from wparchive.urls import join
from wparchive.wordpress.languages.codes import code_of
from wparchive.wordpress.php_urls import split
from wparchive.wordpress.text import unescape
from wparchive.wordpress.values import clean

__all__ = ["alternates_in", "language_of_page"]

_READ = 1 << 20  # characters; such links are in a page's head
_MOST = 500
_LINK = re.compile(r"<link\b([^<>]{0,4096})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?<![\w:-])(hreflang|href|rel)\s*+=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_HTML = re.compile(r"<html\b[^<>]{0,4096}?\slang\s*=\s*[\"']?([A-Za-z0-9_@-]{2,35})", re.IGNORECASE)


def alternates_in(html: str, base: str) -> Iterator[tuple[str, str]]:
    """Yield code and absolute URL of the page in each language that `html` names, `x-default` excluded."""
    for found in islice(_LINK.finditer(html[:_READ]), _MOST):
        tag = {one[1].lower(): unescape(one[2] or one[3] or one[4] or "") for one in _ATTRIBUTE.finditer(found[1])}
        url = join(base, tag.get("href", "")) if tag.get("href") else ""
        code = code_of(tag.get("hreflang", ""))
        if code and split(url) and "alternate" in tag.get("rel", "").lower().split():
            yield code, clean(url)


def language_of_page(html: str) -> str:
    """Return the code of the language that a page says it is in; "" if it says none."""
    found = _HTML.search(html[:_READ])
    return code_of(found[1]) if found else ""
