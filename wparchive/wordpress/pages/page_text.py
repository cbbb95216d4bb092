"""Cuts a page, however broken, into passages: the text of each block, how it is seen, and in which element it stands.

It reads tags as `text.visible_text` does. Elements that HTML lets end without a tag (paragraphs, items, cells) end here too,
so that a hidden one doesn't hide all that follows. One pass; its cost is bounded by READ characters.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from wparchive.http1.message import Head
from wparchive.wordpress.changes.places import attributes
from wparchive.wordpress.characters import with_addresses
from wparchive.wordpress.pages.visibility import Sight, sight_of
from wparchive.wordpress.reading import parted
from wparchive.wordpress.text import ATTRIBUTES, BLOCKS, TOKEN, VOID, decoded, unescape

__all__ = ["Node", "PageText", "Passage", "decode_page", "read_page"]


class Node(NamedTuple):
    """An element: its name, its classes and id in lower case, its `itemprop`, and the number of the one around it."""

    tag: str
    names: frozenset[str] = frozenset()
    prop: str = ""
    parent: int = 0


class Passage(NamedTuple):
    """The text of one block: how it is seen, the number of its element, and how many of its characters are links."""

    text: str
    sight: Sight
    place: int
    linked: int = 0


@dataclass(slots=True)
class PageText:
    """What a page says: passages in their order, elements (0 is the page), and tags that say what it is.

    `tags` are the attributes of html, body, link, meta, input, form and frame elements; `headings` are the texts of each `h1`
    with the number of its element, `data` those of JSON-LD scripts. `canonicals` are the canonical links before its first words:
    what an article says in its text is no statement of the page. `cut` says that only its first READ characters were read.
    """

    passages: list[Passage] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=lambda: [Node("")])
    tags: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    title: str = ""
    headings: list[tuple[str, int]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    canonicals: list[str] = field(default_factory=list)
    cut: bool = False

    def above(self, place: int) -> Iterator[int]:
        """Yield the numbers of an element and those around it, innermost first."""
        while place:
            yield place
            place = self.nodes[place].parent

    def metas(self, *names: str) -> list[str]:
        """Return the contents of the meta elements with one of these names or properties."""
        return [
            unescape(tag.get("content", ""))
            for tag in self.tags.get("meta", ())
            if (tag.get("name") or tag.get("property") or tag.get("http-equiv") or "").lower() in names
        ]

    def links(self, rel: str) -> list[dict[str, str]]:
        """Return the attributes of the link elements with this relation."""
        return [tag for tag in self.tags.get("link", ()) if rel in tag.get("rel", "").lower().split()]


_CHARSET = re.compile(r"""charset\s*+=\s*+["']?+([\w.:-]{2,40})""", re.IGNORECASE)
_META = 2048


def decode_page(head: Head | None, body: bytes) -> str:
    """Return a page's text by the charset of its header, its mark or its beginning; UTF-8 without one that is known.

    Without any, what is no UTF-8 by most of its signs is read as browsers do: as Windows-1252.
    """
    marks = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
    named = next((name for mark, name in marks if body.startswith(mark)), "")
    for text in (head.get("content-type") if head else "", body[:_META].decode("latin-1")):
        named = named or (found[1] if (found := _CHARSET.search(text)) else "")
    if not named:
        return _undeclared(body)
    try:
        codec = codecs.lookup(named)
        return body.decode("cp1252" if codec.name in ("iso8859-1", "ascii") else codec.name, "replace")
    except (LookupError, UnicodeError):  # a name that is no coding of text
        return body.decode("utf-8", "replace")


def _undeclared(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    wrong = text.count("\N{REPLACEMENT CHARACTER}")
    beyond = len(text) - len(text.encode("ascii", "ignore")) if wrong else 0
    return body.decode("cp1252", "replace") if wrong * 2 > beyond else text


def read_page(html: str) -> PageText:
    """Return what a page, or an item's HTML, says; at most its first READ characters are read."""
    html, rest = parted(with_addresses(html))
    reader, at = _Reader(), 0
    for found in TOKEN.finditer(html):
        start, end = found.span()
        if at < start:
            reader.text(html[at:start])
        at = end
        if found[2]:
            reader.tag(found[2].lower(), found[0])
        elif found[1] and found[1].lower() == "script" and "ld+json" in found[0][:400]:
            reader.data(found[0])
        elif found[1] and found[1].lower() == "iframe":
            reader.frame(found[0])
    reader.text(html[at:])
    reader.end()
    reader.page.cut = bool(rest)
    return reader.page


_CUTTING = frozenset(BLOCKS.split())
_TOLD = frozenset(("html", "body", "link", "meta", "input", "form"))
# What ends when such an element begins, and what bounds the search for it. Source: HTML, "optional tags".
_ITEMS = frozenset(("ul", "ol", "menu", "dir"))
_TABLE = frozenset(("table",))
_ENDING: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset(("li",)), _ITEMS),
    **dict.fromkeys(("dt", "dd"), (frozenset(("dt", "dd")), frozenset(("dl",)))),
    **dict.fromkeys(("td", "th"), (frozenset(("td", "th")), frozenset(("tr", "table")))),
    **dict.fromkeys(("tr",), (frozenset(("tr", "td", "th")), _TABLE)),
    **dict.fromkeys(("tbody", "thead", "tfoot"), (frozenset(("tbody", "thead", "tfoot", "tr", "td", "th")), _TABLE)),
    "body": (frozenset(("head",)), frozenset()),
}
_DEEPEST = 200  # nested elements that are told apart
_MOST = 200_000  # elements
_MOST_TAGS = 500  # of one name in `tags`
_LONGEST_DATA, _MOST_DATA = 1 << 17, 20
_FRAME = re.compile(rf"<iframe{ATTRIBUTES}", re.IGNORECASE)


class _Open(NamedTuple):
    tag: str
    place: int
    sight: Sight


class _Reader:
    """Collects passages from text and tags in their order."""

    def __init__(self) -> None:
        self.page = PageText()
        self._open: list[_Open] = [_Open("", 0, Sight.SHOWN)]
        self._texts: dict[Sight, list[str]] = {sight: [] for sight in Sight}
        self._linked = 0
        self._title: list[str] | None = None
        self._titled = 0

    def text(self, raw: str) -> None:
        """Text between tags."""
        if not raw:
            return
        text = decoded(raw) if "&" in raw else raw
        inside = self._open[-1]
        if self._title is not None:
            self._title.append(text)
        if inside.tag == "title" or any(one.tag == "head" for one in self._open[1:4]):
            return
        self._texts[inside.sight].append(text)
        if inside.sight is Sight.SHOWN and any(one.tag == "a" for one in self._open[-4:]):
            self._linked += len(text.strip())

    def tag(self, name: str, whole: str) -> None:
        """A start tag, or an end tag with its slash."""
        bare = name.lstrip("/")
        if bare in _CUTTING:
            self._cut()
        if bare != name:
            self._close(bare)
            return
        given = attributes(whole) if len(whole) > len(name) + 2 else {}
        if name in _TOLD and len(self.page.tags.setdefault(name, [])) < _MOST_TAGS:
            self.page.tags[name].append(given)
            self._link(given)
        if name in VOID or (whole.endswith("/>") and name not in _CUTTING):
            return
        self._end_before(name)
        self._begin(name, whole, given)

    def _link(self, given: Mapping[str, str]) -> None:
        if (
            "body" not in self.page.tags
            and not self.page.passages
            and "canonical" in given.get("rel", "").lower().split()
        ):
            self.page.canonicals.append(given.get("href", ""))

    def _begin(self, name: str, whole: str, given: Mapping[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            return
        outer = self._open[-1]
        place = outer.place
        if name in _CUTTING and len(self.page.nodes) < _MOST:
            names = frozenset(f"{given.get('class', '')} {given.get('id', '')}".lower().split())
            self.page.nodes.append(Node(name, names, given.get("itemprop", "").lower(), outer.place))
            place = len(self.page.nodes) - 1
        sight = max(outer.sight, sight_of(name, whole, given)) if given or name not in _INLINE else outer.sight
        self._open.append(_Open(name, place, sight))
        if name == "h1" or (name == "title" and not self.page.title):
            self._title, self._titled = [], place

    def _end_before(self, name: str) -> None:
        if name in _CUTTING and name != "br" and self._open[-1].tag == "p":
            self._open.pop()
        ending, bounds = _ENDING.get(name, (frozenset(), frozenset()))
        if not ending:
            return
        for at in range(len(self._open) - 1, 0, -1):
            if self._open[at].tag in bounds:
                break
            if self._open[at].tag in ending:
                del self._open[at:]

    def _close(self, name: str) -> None:
        at = next((at for at in range(len(self._open) - 1, 0, -1) if self._open[at].tag == name), None)
        if at is None:
            return
        del self._open[at:]
        if name in ("h1", "title") and self._title is not None:
            text, self._title = " ".join("".join(self._title).split()), None
            if name == "title":
                self.page.title = text
            elif text and len(self.page.headings) < _MOST_TAGS:
                self.page.headings.append((text, self._titled))

    def _cut(self) -> None:
        """End the block."""
        place = self._open[-1].place
        for sight, texts in self._texts.items():
            if texts:
                text = " ".join("".join(texts).split())
                texts.clear()
                if text:
                    linked = self._linked if sight is Sight.SHOWN else 0
                    self.page.passages.append(Passage(text, sight, place, linked))
        self._linked = 0

    def data(self, script: str) -> None:
        """A JSON-LD script."""
        if len(script) <= _LONGEST_DATA and len(self.page.data) < _MOST_DATA:
            self.page.data.append(script.partition(">")[2].rpartition("</")[0])

    def frame(self, whole: str) -> None:
        """A frame, with its content."""
        start = _FRAME.match(whole)
        if start and len(self.page.tags.setdefault("iframe", [])) < _MOST_TAGS:
            self.page.tags["iframe"].append(attributes(start[0]))

    def end(self) -> None:
        """The end of the page."""
        self._cut()


_INLINE = frozenset(
    ["a", "abbr", "b", "cite", "code", "em", "i", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "u"]
)
