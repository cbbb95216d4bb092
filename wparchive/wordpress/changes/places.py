"""Places in HTML whose content, or one of whose attributes, is noise: their syntax, and how they are found and removed.

A place is written `div.related a` (the content of such an element) or `form.contact input@value` (an attribute). It is
a tag with classes (`.name`) and an id (`#name`), optionally preceded by an enclosing element.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
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
_DEEPEST = 60  # most nested elements that are distinguished


class Element(NamedTuple):
    """An element by its tag and its names: classes as `.name`, the id as `#name`."""

    tag: str
    names: frozenset[str]

    @classmethod
    def of(cls, tag: str) -> "Element":
        """Return the element that the start tag `tag` opens."""
        found = _TAG.match(tag)
        given = attributes(tag)
        classes = [f".{name}" for name in given.get("class", "").split()]
        own = [f"#{given['id']}"] if "id" in given else []
        return cls(found[2].lower() if found else "", frozenset((*classes, *own)))

    @classmethod
    def parse(cls, text: str) -> "Element":
        """Parse the description of an element. Raises ValueError."""
        if not _WRITTEN.fullmatch(text):
            raise ValueError(text)
        tag, *names = re.split(r"(?=[.#])", text)
        return cls(tag, frozenset(names))

    def covers(self, other: "Element") -> bool:
        """Return whether `other` has this tag and all these names."""
        return self.tag == other.tag and self.names <= other.names

    def __str__(self) -> str:
        return self.tag + "".join(sorted(self.names))


@dataclass(frozen=True, slots=True)
class Place:
    """Elements like `inner` (within one like `outer`, if given): their content, or their `attribute`."""

    inner: Element
    outer: Element | None = None
    attribute: str = ""

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Parse the description of a place. Raises ValueError."""
        path, _, attribute = text.partition("@")
        elements = [Element.parse(part) for part in path.split()]
        if not 1 <= len(elements) <= 2:
            raise ValueError(text)
        return cls(elements[-1], elements[0] if len(elements) == 2 else None, attribute)

    def __str__(self) -> str:
        path = f"{self.outer} {self.inner}" if self.outer else str(self.inner)
        return f"{path}@{self.attribute}" if self.attribute else path

    def covers(self, path: Sequence[Element]) -> bool:
        """Return whether the last element of `path` (outermost first) is at this place."""
        if not self.inner.covers(path[-1]):
            return False
        return self.outer is None or any(self.outer.covers(one) for one in path[:-1])


def tokens(html: str) -> list[str]:
    """Split `html` into units of comparison: tags and words, each with the white space after it."""
    return _TOKEN.findall(html)


def attributes(tag: str) -> dict[str, str]:
    """Return the attributes of a start tag that have a value, by lower-case name; the first of a name counts, as in browsers."""
    inside = _TAG.match(tag)
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(inside[3]) if inside else ():
        found.setdefault(name.lower(), double or single or bare)
    return found


def opened(tag: str, path: list[Element]) -> None:
    """Update `path`, the list of open elements, for the token `tag`. Void elements are never opened."""
    found = _TAG.match(tag) if tag.startswith("<") else None
    if not found:
        return
    name = found[2].lower()
    if found[1]:
        at = next((at for at in range(len(path) - 1, -1, -1) if path[at].tag == name), None)
        if at is not None:
            del path[at:]
    elif _has_content(found) and len(path) < _DEEPEST:
        path.append(Element.of(tag))


def _has_content(tag: re.Match[str]) -> bool:
    return tag[2].lower() not in VOID and not tag[3].endswith("/")


def matches(html: str, place: Place) -> list[str]:
    """Return what is at `place` in `html`, in order."""
    return [html[start:end] for start, end in _spans(html, (place,))]


def level(html: str, places: Iterable[Place]) -> str:
    """Return `html` without what is at `places`."""
    kept: list[str] = []
    at = 0
    for start, end in _spans(html, tuple(places)):
        if start >= at:
            kept.append(html[at:start])
            at = end
    return "".join((*kept, html[at:]))


def _spans(html: str, places: Sequence[Place]) -> Iterator[tuple[int, int]]:
    """Yield the spans in `html` of what is at one of `places`, in order and not nested."""
    path: list[Element] = []
    inside: tuple[int, int] | None = None  # depth and start of the content of an element at a place
    for tag in _TAG.finditer(html):
        if not tag[1] and inside is None:
            here = [*path, Element.of(tag[0])]
            attributes = {place.attribute for place in places if place.covers(here)}
            yield from _values(tag, attributes)
            if "" in attributes and _has_content(tag):
                inside = (len(path), tag.end())
        opened(tag[0], path)
        if inside and len(path) <= inside[0]:
            yield inside[1], tag.start()
            inside = None


def _values(tag: re.Match[str], attributes: Collection[str]) -> Iterator[tuple[int, int]]:
    start = tag.start(3)
    for found in _ATTRIBUTE.finditer(tag[3]) if any(attributes) else ():
        if found[1].lower() in attributes:
            group = next(number for number in (2, 3, 4) if found[number] is not None)
            yield start + found.start(group), start + found.end(group)
