"""The files that a page takes to be shown as a reader sees it: stylesheets, scripts, fonts, images, icons.

Not what a reader has to start or to follow first: sound, film, frames, links. Scripts may load more than the page names.
Read by regular expressions as in `wordpress.text`, in time linear in the page's length. Sources: HTML Living Standard
(4.2.3 base, 4.2.4 link, 4.8 embedded content); `_print_emoji_detection_script` of WordPress.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from wparchive.urls import join, origin, url_key
from wparchive.wordpress.pages.css_urls import css_urls
from wparchive.wordpress.reading import parted
from wparchive.wordpress.text import ATTRIBUTES, LATER, candidates, unescape

__all__ = ["Requisite", "of_page", "of_stylesheet", "page_text"]


class Requisite(NamedTuple):
    """A file to show a page with: its URL in canonical spelling, without fragment, and what it is for.

    The role is stylesheet, script, font, image, icon, preload or manifest.
    """

    url: str
    role: str


_CANDIDATES = 100  # URLs of one srcset
_TAG = re.compile(
    r"<!--(?:-?>|(?:[^-]++|-(?!-!?>)|(?!))*+(?:--!?>|\Z))"
    r"|<(?=[sxt])(?P<raw>script|style|textarea|title|xmp)(?=[\s/>])(?P<of_raw>" + ATTRIBUTES + r")(?:>|\Z)"
    r"(?P<inside>(?:[^<]++|<(?!/(?P=raw))|(?!))*+)"
    r"|<(?P<tag>[a-z][^\s/>]*+)(?P<of_tag>" + ATTRIBUTES + r")",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)\s*+=\s*+(?:"([^"]*+)|'([^']*+)|([^\s"'>]++))""")
_LINKED = {
    "stylesheet": "stylesheet",
    "icon": "icon",
    "apple-touch-icon": "icon",
    "apple-touch-icon-precomposed": "icon",
    "mask-icon": "icon",
    "preload": "preload",
    "modulepreload": "script",
    "manifest": "manifest",
}
_SRC, _SRCSETS = (
    ("src", *(name for name in LATER if "srcset" not in name)),
    ("srcset", "data-srcset", "data-lazy-srcset"),
)
_IMAGES = {
    "img": (*_SRC, *_SRCSETS),
    "amp-img": (*_SRC, *_SRCSETS),
    "source": _SRCSETS,
    "video": ("poster", "data-poster"),
    "amp-video": ("poster",),
    "input": ("src",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
    "body": ("background",),
    "table": ("background",),
    "td": ("background",),
    "th": ("background",),
}
_BACKGROUNDS = ("data-bg", "data-background", "data-background-image", "data-bg-src", "data-bg-image", "data-lazy-bg")
_EMOJI = re.compile(r'"(?:concatemoji|wpemoji|twemoji)"\s*:\s*"([^"\s]{1,2000})"')
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_STATED = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
# Those that browsers know; Python's own would also run others, some of them slowly.
_KNOWN_CHARSET = re.compile(
    r"utf-?(8|16|16le|16be)|(x-)?(iso|iec)[\w-]*|latin-?\d+|(windows|cp)-?\d{3,4}|koi8-[ru]|gb(k|2312|18030)|big5(-hkscs)?"
    r"|euc-(jp|kr)|shift[_-]?jis|(us-)?ascii|macintosh",
    re.IGNORECASE,
)


def page_text(body: bytes, content_type: str = "") -> str:
    """Return the HTML of a page as text; `content_type` is that header. Never raises: unknown characters become U+FFFD."""
    if body.startswith(b"\xef\xbb\xbf"):
        return body[3:].decode("utf-8", "replace")
    stated, written = _STATED.search(content_type), _CHARSET.search(body[:4096])
    name = stated[1] if stated else written[1].decode("ascii", "replace") if written else "utf-8"
    try:
        return body.decode(name if _KNOWN_CHARSET.fullmatch(name) else "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def of_page(html: str, url: str) -> Iterator[Requisite]:
    """Yield the files that the page `html` at `url` is shown with, each once for each role; only http(s) URLs.

    At most the first READ characters are used.
    """
    html = parted(html)[0]
    base, seen, icon = _Base(url), set[Requisite](), False
    for written, role in _in_page(html, base):
        icon = icon or role == "icon"
        found = _absolute(base.url, unescape(written) if "&" in written else written, role)
        if found and found not in seen:
            seen.add(found)
            yield found
    place = origin(url)
    if not icon and place:
        yield Requisite(f"{place}/favicon.ico", "icon")  # what browsers ask for by themselves


def of_stylesheet(css: str, url: str) -> Iterator[Requisite]:
    """Yield the files that the stylesheet `css` at `url` names, each once; only http(s) URLs."""
    seen: set[Requisite] = set()
    for written, role in css_urls(css):
        found = _absolute(url, written, role)
        if found and found not in seen:
            seen.add(found)
            yield found


class _Base:
    """What relative URLs of a page are resolved against: its own URL, or its first `base` element."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._stated = False

    def take(self, href: str) -> None:
        if not self._stated and (found := url_key(join(self.url, unescape(href)))):
            self.url, self._stated = found, True


def _absolute(base: str, written: str, role: str) -> Requisite | None:
    written = written.strip()
    if not written or written[0] == "#" or written[:5].lower() == "data:":
        return None
    url = url_key(join(base, written))
    return Requisite(url, role) if url else None


def _in_page(html: str, base: _Base) -> Iterator[tuple[str, str]]:
    for tag in _TAG.finditer(html):
        if tag["tag"]:
            yield from _in_tag(tag["tag"].lower(), tag["of_tag"], base)
        elif tag["raw"]:
            yield from _in_raw(tag["raw"].lower(), tag["of_raw"], tag["inside"])


def _attributes(written: str) -> dict[str, str]:
    """Return the attributes of a tag; of a repeated one the first, as browsers do."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written) if "=" in written else ():
        found.setdefault(name.lower(), double or single or bare)
    return found


def _in_raw(element: str, written: str, inside: str) -> Iterator[tuple[str, str]]:
    if element == "style":
        yield from css_urls(inside)
    if element != "script":
        return
    given = _attributes(written)
    if source := given.get("src") or given.get("data-src"):
        yield source, "script"
    elif given.get("type", "").lower() == "importmap":
        yield from ((one, "script") for one in _imported(inside))
    elif "emoji" in inside:
        yield from ((one.replace("\\/", "/"), "script") for one in _EMOJI.findall(inside))


def _imported(text: str) -> Iterator[str]:
    """Yield the addresses in an import map."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    found = value.get("imports") if isinstance(value, dict) else None
    if isinstance(found, dict):
        yield from (one for one in found.values() if isinstance(one, str) and not one.endswith("/"))


def _in_tag(tag: str, written: str, base: _Base) -> Iterator[tuple[str, str]]:
    if tag not in _IMAGES and tag not in ("link", "base") and not ("style" in written or "data-" in written):
        return
    given = _attributes(written)
    if tag == "base":
        base.take(given.get("href", ""))
    elif tag == "link":
        yield from _in_link(given)
    for name in _IMAGES.get(tag, ()):
        if name in given and (tag != "input" or given.get("type", "").lower() == "image"):
            values: Iterable[str] = candidates(given[name]) if name in _SRCSETS else (given[name],)
            yield from ((one, "image") for one in islice(values, _CANDIDATES))
    if "style" in given:
        yield from css_urls(unescape(given["style"]))
    for name in _BACKGROUNDS:
        if value := given.get(name):
            yield from css_urls(unescape(value)) if "(" in value else ((value, "image"),)


def _in_link(given: dict[str, str]) -> Iterator[tuple[str, str]]:
    roles = [_LINKED[word] for word in given.get("rel", "").lower().split()[:8] if word in _LINKED]
    if roles and given.get("href"):
        yield given["href"], roles[0]
    if roles and "imagesrcset" in given:
        yield from ((one, "image") for one in islice(candidates(given["imagesrcset"]), _CANDIDATES))
