"""Extracts visible text and references from WordPress's HTML with a few regular expressions.

A tokenizer of our own, because digests of the text must not change with the version of a library. Every expression is
possessive and takes each character once, so hostile HTML takes time linear in its length. Tags end where a browser ends
them: quotes count only after `=`, and an unclosed quote runs to the end.
"""

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from wparchive.urls import join
from wparchive.wordpress.reading import parted

__all__ = [
    "ATTRIBUTES",
    "BLOCKS",
    "LATER",
    "TOKEN",
    "VOID",
    "Reference",
    "candidates",
    "decoded",
    "plain",
    "references",
    "unescape",
    "visible_text",
]

_ENDLESS = re.compile(r"&#[0-9]{4000,}+;?")  # Python refuses to convert such a number, and `html.unescape` would raise
ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"?+|'[^']*+'?+|(?!))?+|(?!))*+"""
TOKEN = re.compile(
    r"<(?:!--(?:[^-]++|-(?!->)|(?!))*+(?:-->|\Z)"
    r"|(?=[sntiSNTI])"  # the first letters of the following names; testing them first saves a third of the time
    r"(?:(?P<raw>script|style|noscript|template|iframe|textarea|svg)(?=[\s/>])" + ATTRIBUTES + r"(?:>|\Z)"
    r"(?:[^<]++|<(?!/(?P=raw))|(?!))*+(?:</(?P=raw)" + ATTRIBUTES + r"(?:>|\Z)|\Z))"
    r"|(/?[a-z][^\s/>]*+)(?:>|" + ATTRIBUTES + r"(?:>|\Z))"
    r"|[!?/][^>]*+(?:>|\Z))",
    re.IGNORECASE,
)
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
BLOCKS = (
    "address article aside blockquote br button caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol optgroup option p pre section select "
    "summary table tbody td tfoot th thead title tr ul"
)


class _Breaks(dict[str | None, str]):
    """Maps a tag's name, as written, to what replaces the tag; None is the split's value for "no tag"."""

    def __missing__(self, name: str | None) -> str:
        return self.get(name.lower(), "") if name else ""


_INLINE = "a abbr b cite code del em i img ins mark q s small span strong sub sup u"
_BREAKS = _Breaks(
    {
        slash + name: gap
        for names, gap in ((_INLINE, ""), (BLOCKS, "\n"))
        for name in names.split()
        for slash in ("", "/")
    }
)
# White space as `str.split` defines it, without the space and the line feed.
_SPACES = "\t\v\f\r\x1c\x1d\x1e\x1f"
_WIDE_SPACES = "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_ALL_SPACES = f"{_SPACES}\x85\xa0\u1680{_WIDE_SPACES}"


class _Entities(dict[str, str]):
    """Maps what follows an ampersand to the character it stands for."""

    def __missing__(self, name: str) -> str:
        shown = unescape(f"&{name}")
        # Names come from foreign text, so the cache is bounded.
        if len(self) < _MOST_ENTITIES:
            self[name] = shown
        return shown


_MOST_ENTITIES = 5000
_AT_ONCE = 100_000  # most tags or entities in memory at once, as separate strings
_ENTITIES = _Entities()
# What HTML takes for a character reference, with or without its semicolon.
_REFERENCE = re.compile(r"&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)")


def unescape(text: str) -> str:
    """Decode as `html.unescape` does; a number of thousands of digits becomes U+FFFD, like any other that is too large."""
    return html.unescape(_ENDLESS.sub("\ufffd", text) if len(text) > 4000 else text)


def decoded(text: str) -> str:
    """Decode entities as `html.unescape` does, in a third of its time: a text uses few entities, many times."""
    texts: list[str] = []
    while text:
        parts = _REFERENCE.split(text, _AT_ONCE)
        text = parts.pop() if len(parts) > 2 * _AT_ONCE else ""
        parts[1::2] = map(_ENTITIES.__getitem__, parts[1::2])
        texts.append("".join(parts))
    return "".join(texts)


def _text(html: str) -> str:
    if "<" not in html:
        return decoded(html) if "&" in html else html
    texts: list[str] = []
    while html:
        parts = TOKEN.split(html, _AT_ONCE)
        # splitting everything at once would take twenty times its size
        html = parts.pop() if len(parts) > 3 * _AT_ONCE else ""
        # The expression has two groups, so text, raw element and tag name alternate.
        parts[1::3] = [""] * len(parts[1::3])
        parts[2::3] = map(_BREAKS.__getitem__, parts[2::3])
        texts += parts if not texts and not html else ["".join(parts)]
    text = "".join(texts)
    return decoded(text) if "&" in text else text


def visible_text(html: str) -> str:
    """Return what a reader of `html` sees: entities decoded, tags and scripts removed, white space folded, a line per block.

    At most the first READ characters are used.
    """
    return _seen(parted(html)[0])


@lru_cache(maxsize=8)  # an item's text is used for both its column and its digest
def _seen(html: str) -> str:
    text = _text(html)
    for space in _SPACES if text.isascii() else _ALL_SPACES:
        text = text.replace(space, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return "\n".join(filter(None, [line.strip(" ") for line in text.split("\n")]))


def plain(html: str) -> str:
    """Return `html` as one line of text, for titles and names."""
    return visible_text(html).replace("\n", " ")


class Reference(NamedTuple):
    """A reference in HTML: an absolute http(s) URL, the element (`a`, `img`, ..., `style`) and the attribute.

    `shown` is False for an image of one pixel by one: it counts visitors and is not meant to be seen.
    """

    url: str
    element: str
    attribute: str
    shown: bool = True


# Attributes from which scripts load pictures later (lazy loading).
LATER = ("data-src", "data-srcset", "data-lazy-src", "data-lazy-srcset", "data-original", "data-cfsrc", "data-lazy")
_LOOKED_AT: dict[str, tuple[str, ...]] = {
    "a": ("href",),
    "area": ("href",),
    "img": ("src", "srcset", *LATER, "data-orig-file"),
    "amp-img": ("src", "srcset"),
    "amp-video": ("src", "poster"),
    "amp-audio": ("src",),
    "iframe": ("src", "data-src", "data-lazy-src"),
    "video": ("src", "poster", "data-src", "data-lazy-src", "data-poster"),
    "audio": ("src", "data-src", "data-lazy-src"),
    "source": ("src", "srcset", *LATER),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "input": ("src",),
    "link": ("href",),
}
_ELEMENT = re.compile(
    rf"<({'|'.join(sorted(_LOOKED_AT, key=len, reverse=True))})(?=[\s/>])({ATTRIBUTES})", re.IGNORECASE
)
_ATTRIBUTE = re.compile(
    r"""(?<![^\s"'/])(href|src|srcset|poster|data|data-(?:lazy-)?src(?:set)?|data-(?:orig-file|original|cfsrc|lazy|poster))"""
    r"""\s*+=\s*+(?:"([^"]*+)|'([^']*+)|([^\s"'>]++))""",
    re.IGNORECASE,
)
_ONLY_HREF = re.compile(r'\s++href="([^"]++)"')
_STYLED = re.compile(r"""<[a-z][^\s/>]*+""" + ATTRIBUTES, re.IGNORECASE)
_STYLE = re.compile(r"""(?<![^\s"'/])style\s*+=\s*+(?:"([^"]*+)|'([^']*+))""", re.IGNORECASE)
_BACKGROUND = re.compile(
    r"""(?<![^\s"'/])data-(?:bg|background|background-image|bg-src|bg-image|lazy-bg)\s*+=\s*+(?:"([^"]*+)|'([^']*+))""",
    re.IGNORECASE,
)
_SIDES = len(("width", "height"))
_PIXEL = re.compile(r"""(?<![^\s"'/])(width|height)\s*+=\s*+["']?+[01](?:px|(?!))?+(?=[\s"'/>]|\Z)""", re.IGNORECASE)
_CSS_URL = re.compile(r"""url\(\s*+(?:"([^"]*+)"|'([^']*+)'|([^)"'\s]*+))""", re.IGNORECASE)
_CANDIDATE = re.compile(r"[\s,]++|([^\s,](?:[^\s,]|,(?=\S)|(?!))*+)(?:\s[^,]*+|(?!))?+")


def references(html: str, base: str = "") -> Iterator[Reference]:
    """Yield the references in `html`, each (URL, element, attribute) once, in order.

    Relative URLs are resolved against `base`, or omitted without one. Only http and https URLs are returned, otherwise
    as written. At most the first READ characters are used.
    """
    seen: set[tuple[str, str, str, bool]] = set()
    for found in _found(parted(html)[0]):
        if found not in seen:
            seen.add(found)
            url = _absolute(found[0], base)
            if url:
                yield Reference(url, *found[1:])


# Commented-out markup refers to nothing and shows nothing.
_COMMENT = re.compile(r"<!--(?:-?>|(?:[^-]++|-(?!-!?>)|(?!))*+(?:--!?>|\Z))")


def _found(html: str) -> Iterator[tuple[str, str, str, bool]]:
    if "<!--" in html:
        html = _COMMENT.sub("", html)
    seen: set[str] = set()
    for tag in _ELEMENT.finditer(html):
        if tag[0] in seen:
            continue
        if len(seen) < _AT_ONCE:
            seen.add(tag[0])
        # Most links are written this way; testing for it costs a third of the search below.
        if tag[1] in ("a", "A") and (only := _ONLY_HREF.fullmatch(tag[2])):
            yield only[1], "a", "href", True
        else:
            yield from _in_element(tag[1].lower(), tag[2])
    if any(mark in html for mark in ("url(", "URL(", " data-b", " data-lazy-bg")):
        yield from ((url, "style", "style", True) for url in _backgrounds(html))


def _in_element(element: str, attributes: str) -> Iterator[tuple[str, str, str, bool]]:
    wanted = _LOOKED_AT[element]
    shown = element != "img" or len({side.lower() for side in _PIXEL.findall(attributes)}) < _SIDES
    for word, double, single, bare in _ATTRIBUTE.findall(attributes):
        attribute = word.lower()
        if attribute in wanted:
            value = double or single or bare
            for url in candidates(value) if attribute.endswith("srcset") else (value,):
                yield url, element, attribute, shown


def _backgrounds(html: str) -> Iterator[str]:
    for tag in _STYLED.finditer(html):
        for style in _STYLE.findall(tag[0]):
            yield from ("".join(urls) for urls in _CSS_URL.findall(unescape("".join(style))))
        for later in _BACKGROUND.findall(tag[0]):
            value = "".join(later)
            inside = _CSS_URL.match(unescape(value.strip()))
            yield "".join(inside.groups("")) if inside else value


def candidates(srcset: str) -> Iterator[str]:
    """Yield the URLs in a `srcset` attribute."""
    # A data: URL contains commas; none of its pieces looks like http(s), so they are dropped later.
    return (found[1] for found in _CANDIDATE.finditer(srcset) if found[1])


_WEB = ("http://", "https://")


def _absolute(url: str, base: str) -> str:
    if "&" in url:
        url = url.replace("&amp;", "&") if url.count("&") == url.count("&amp;") else unescape(url)
    url = url.strip()
    if url.startswith(_WEB) or url[:8].lower().startswith(_WEB):
        return url
    url = join(base, url) if base and url and url[0] != "#" else ""
    return url if url[:8].lower().startswith(_WEB) else ""
