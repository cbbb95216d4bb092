"""The files that a stylesheet names: imports, fonts and images.

Tokenised by tinycss2, since escapes, comments and strings of CSS are beyond a regular expression. Nothing is raised for
what a site wrote. Source: CSS Syntax Module Level 3 (4.3, 5.4); CSS Cascading and Inheritance (2, `@import`).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import tinycss2

__all__ = ["css_urls"]

_READ = 4 << 20  # characters of a stylesheet that are read
_PIECE = 1 << 18  # tokens take many times the memory of their text
_SHORT = 1 << 17  # texts up to this length are remembered: inline styles are the same on every page of a site
_DEEP = 100  # blocks inside each other
_FONTS = (".woff2", ".woff", ".ttf", ".otf", ".eot")
_WITH_URLS = ("url", "src", "image-set", "-webkit-image-set")


def css_urls(css: str) -> tuple[tuple[str, str], ...]:
    """Return (URL as written, role) of each file that `css` names, each once: the role is stylesheet, font or image.

    `data:` URLs are left out. Of a longer text the first four million characters are read.

    >>> css_urls('@import "a.css"; body { background: url(b.png) }')
    (('a.css', 'stylesheet'), ('b.png', 'image'))
    """
    return _remembered(css) if len(css) <= _SHORT else tuple(_found(css[:_READ]))


@lru_cache(maxsize=16)
def _remembered(css: str) -> tuple[tuple[str, str], ...]:
    return tuple(_found(css))


def _found(css: str) -> Iterator[tuple[str, str]]:
    if "url(" not in css and not any(mark in css.lower() for mark in ("url(", "@import", "image-set(", "\\")):
        return
    seen: set[tuple[str, str]] = set()
    for piece in _pieces(css):
        for url, role in _in_tokens(tinycss2.parse_component_value_list(piece, skip_comments=True), 0):
            url = url.strip()
            named = url and not url[:5].lower().startswith("data:") and not url.startswith("#")
            if named and (url, role) not in seen:
                seen.add((url, role))
                yield url, role


def _pieces(css: str) -> Iterator[str]:
    """Cut a long text where a block ends."""
    at = 0
    while at < len(css):
        end = len(css) if len(css) - at <= _PIECE else css.rfind("}", at, at + _PIECE) + 1
        end = end if end > at else at + _PIECE
        yield css[at:end]
        at = end


def _in_tokens(tokens: list[Any], depth: int) -> Iterator[tuple[str, str]]:
    importing = False  # between `@import` and the end of the statement
    for token in tokens:
        kind = token.type
        if kind == "at-keyword":
            importing = token.lower_value == "import"
        elif kind == "literal" and token.value == ";":
            importing = False
        elif kind == "url" or (kind == "string" and importing):
            yield token.value, "stylesheet" if importing else _role(token.value)
            importing = False
        elif kind == "function" and token.lower_name in _WITH_URLS:
            yield from _in_function(token.arguments, depth, importing=importing)
            importing = False
        elif depth < _DEEP and (inner := getattr(token, "content", None) or getattr(token, "arguments", None)):
            yield from _in_tokens(inner, depth + 1)


def _in_function(arguments: list[Any], depth: int, *, importing: bool) -> Iterator[tuple[str, str]]:
    for one in arguments:
        if one.type in ("string", "url"):
            yield one.value, "stylesheet" if importing else _role(one.value)
        elif depth < _DEEP and one.type == "function" and one.lower_name in _WITH_URLS:
            yield from _in_function(one.arguments, depth + 1, importing=False)


def _role(url: str) -> str:
    return "font" if url.partition("?")[0].partition("#")[0].lower().endswith(_FONTS) else "image"
