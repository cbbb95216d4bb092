"""Places inside HTML whose content, or one of whose attributes, isn't anybody's: how they are written, found and levelled.

A place is written `div.related a` (what is inside such an element) or `form.contact input@value` (an attribute of it): a tag
with classes (`.name`) and an id (`#name`), and before it, where it has neither, an element that it stands in.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wparchive.wordpress.text import ATTRIBUTES, VOID

__all__ = ["Element", "Place", "attributes", "level", "matches", "opened", "tokens"]

_TAG = re.compile(rf"<(/?)([a-z][^\s/>]*+)({ATTRIBUTES})(?:>|\Z)", re.IGNORECASE)
_TOKEN = re.compile(
    rf"(?:<!--(?:[^-]++|-(?!->)|(?!))*+(?:-->|\Z)|</?[a-z]{ATTRIBUTES}(?:>|\Z)|[^\s<]++|<)\s*+|\s++", re.IGNORECASE
)
_ATTRIBUTE = re.compile(r"""(?<![^\s"'/])([^\s"'>/=]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_WRITTEN = re.compile(r"[a-z][\w-]*+(?:[.#][\w-]++|(?!))*+")
_DEEPEST = 60  # elements within elements that are told apart


class Element(NamedTuple):
    """An element by its tag and what names it: classes as `.name`, the id as `#name`."""

    tag: str
    names: frozenset[str]

    @classmethod
    def of(cls, tag: str) -> "Element":
        """The element that the start tag `tag` opens."""
        found = _TAG.match(tag)
        given = attributes(tag)
        classes = [f".{name}" for name in given.get("class", "").split()]
        own = [f"#{given['id']}"] if "id" in given else []
        return cls(found[2].lower() if found else "", frozenset((*classes, *own)))

    @classmethod
    def parse(cls, text: str) -> "Element":
        """The element that `text` describes. Raises ValueError."""
        if not _WRITTEN.fullmatch(text):
            raise ValueError(text)
        tag, *names = re.split(r"(?=[.#])", text)
        return cls(tag, frozenset(names))

    def covers(self, other: "Element") -> bool:
        """Whether `other` is such an element."""
        return self.tag == other.tag and self.names <= other.names

    def __str__(self) -> str:
        return self.tag + "".join(sorted(self.names))


@dataclass(frozen=True, slots=True)
class Place:
    """Elements like `inner` (inside of one like `outer`, where that is given): their content, or their `attribute`."""

    inner: Element
    outer: Element | None = None
    attribute: str = ""

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The place that `text` describes. Raises ValueError."""
        path, _, attribute = text.partition("@")
        elements = [Element.parse(part) for part in path.split()]
        if not 1 <= len(elements) <= 2:
            raise ValueError(text)
        return cls(elements[-1], elements[0] if len(elements) == 2 else None, attribute)

    def __str__(self) -> str:
        path = f"{self.outer} {self.inner}" if self.outer else str(self.inner)
        return f"{path}@{self.attribute}" if self.attribute else path

    def covers(self, path: Sequence[Element]) -> bool:
        """Whether the element at the end of `path`, from the outermost one in, is at this place."""
        if not self.inner.covers(path[-1]):
            return False
        return self.outer is None or any(self.outer.covers(one) for one in path[:-1])


def tokens(html: str) -> list[str]:
    """`html` in pieces that are compared as one: tags and words, each with the space behind it."""
    return _TOKEN.findall(html)


def attributes(tag: str) -> dict[str, str]:
    """The attributes of a start tag that have a value, by their names in lower case."""
    inside = _TAG.match(tag)
    pairs = _ATTRIBUTE.findall(inside[3]) if inside else ()
    return {name.lower(): double or single or bare for name, double, single, bare in pairs}


def opened(tag: str, path: list[Element]) -> None:
    """Bring `path`, the elements that are open, to where the token `tag` leads; void elements never open."""
    found = _TAG.match(tag) if tag.startswith("<") else None
    if not found:
        return
    name = found[2].lower()
    if found[1]:
        at = next((at for at in range(len(path) - 1, -1, -1) if path[at].tag == name), None)
        if at is not None:
            del path[at:]
    elif name not in VOID and not found[3].endswith("/") and len(path) < _DEEPEST:
        path.append(Element.of(tag))


def matches(html: str, place: Place) -> list[str]:
    """What stands at `place` in `html`, in order."""
    return [html[start:end] for start, end in _spans(html, (place,))]


def level(html: str, places: Iterable[Place]) -> str:
    """`html` with what stands at `places` taken out."""
    kept: list[str] = []
    at = 0
    for start, end in _spans(html, tuple(places)):
        if start >= at:
            kept.append(html[at:start])
            at = end
    return "".join((*kept, html[at:]))


def _spans(html: str, places: Sequence[Place]) -> Iterator[tuple[int, int]]:
    """Where in `html` what stands at one of `places` begins and ends, in order; none within another."""
    path: list[Element] = []
    inside: tuple[int, int] | None = None  # how deep an element at a place is, and where it begins
    for tag in _TAG.finditer(html):
        if not tag[1] and inside is None:
            here = [*path, Element.of(tag[0])]
            at = [place for place in places if place.covers(here)]
            yield from sorted(span for place in at if place.attribute for span in _values(tag, place.attribute))
            whole = any(not place.attribute for place in at)
            if whole and tag[2].lower() not in VOID and not tag[3].endswith("/"):
                inside = (len(path), tag.end())
        opened(tag[0], path)
        if inside and len(path) <= inside[0]:
            yield inside[1], tag.start()
            inside = None


def _values(tag: re.Match[str], attribute: str) -> Iterator[tuple[int, int]]:
    start = tag.start(3)
    for found in _ATTRIBUTE.finditer(tag[3]):
        if found[1].lower() == attribute:
            group = next(number for number in (2, 3, 4) if found[number] is not None)
            yield start + found.start(group), start + found.end(group)
