"""Sitemaps (sitemaps.org 0.9, in XML or one URL a line) and feeds (RSS 2.0 and 1.0, Atom) as core and plug-ins write them.

What a document is follows from its first element, not from its name: robots.txt may name a feed as a sitemap.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from wparchive.wordpress.inventory.moments import moment_of
from wparchive.wordpress.inventory.xml_text import ENTITIES, LEFT, Enough, parse
from wparchive.wordpress.values import clean

__all__ = ["MOST_ENTRIES", "Document", "Entry", "FeedItem", "read_document"]

MOST_ENTRIES = 50_000
"""The most URLs that are read of one document: what sitemaps.org allows."""

_DEEPEST = 100
_LONGEST = 8192  # characters of a URL or a date
# First element → the form of the document, and the element that holds one entry.
_ROOTS = {
    "urlset": ("urlset", "url"),
    "sitemapindex": ("sitemapindex", "sitemap"),
    "rss": ("rss", "item"),
    "rdf": ("rss", "item"),
    "feed": ("atom", "entry"),
}
_SHORT = (
    "loc",
    "lastmod",
    "link",
    "guid",
    "id",
    "pubdate",
    "dc:date",
    "published",
    "updated",
    "slash:comments",
    "post-id",
)
_LONG = ("title", "dc:creator", "author/name", "category", "description", "summary", "content", "content:encoded")
_FIELDS = frozenset((*_SHORT, *_LONG))


@dataclass(frozen=True, slots=True)
class Entry:
    """A URL that a document names, and when it says that this was modified: UTC, or a day; None without a usable date."""

    url: str
    lastmod: str | None = None


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An article or comment in a feed. Texts are HTML as sent, `published` and `modified` UTC; `number` is its id, if stated."""

    url: str
    guid: str = ""
    number: str = ""
    title: str = ""
    author: str = ""
    categories: tuple[str, ...] = ()
    published: str | None = None
    modified: str | None = None
    summary: str = ""
    content: str = ""

    @property
    def entry(self) -> Entry:
        """The item's URL with the latest of its dates."""
        return Entry(self.url, self.modified or self.published)


@dataclass(slots=True)
class Document:
    """What was read of one document. `form` is urlset, sitemapindex, text, rss or atom; "" when it is none of these.

    `entries` are the URLs of a sitemap, `children` those of an index, `items` those of a feed. `fault` says why the
    rest was not read; `left_out` that the reason is a limit of ours.
    """

    form: str = ""
    entries: list[Entry] = field(default_factory=list)
    children: list[Entry] = field(default_factory=list)
    items: list[FeedItem] = field(default_factory=list)
    fault: str = ""
    left_out: bool = False

    @property
    def cut(self) -> str:
        """Why the rest of a sitemap or feed was not read; "" if it was, or if the document isn't one at all."""
        return self.fault if self.form or self.left_out or self.fault == ENTITIES else ""

    @property
    def urls(self) -> list[Entry]:
        """Every URL that it names as a page of the site."""
        return [*self.entries, *(item.entry for item in self.items)]


def read_document(chunks: Iterable[bytes]) -> Document:
    """Read a sitemap, an index of sitemaps or a feed from its bytes, piece by piece; never raises for what is in them."""
    document = Document()
    handler = _Handler(document)
    document.fault = clean(parse(chunks, handler, lambda texts: _take_lines(document, texts)))
    if not document.form and not document.fault:
        document.fault = "empty"
    # What follows the end is no part of the document: caches and plug-ins write there.
    if handler.ended:
        document.fault = ""
    document.left_out = document.fault.endswith(LEFT)
    return document


def _take_lines(document: Document, texts: Iterator[str]) -> None:
    """Take the URLs of a sitemap that is plain text; a line that is none says nothing."""
    document.form = "text"
    for line in _lines(texts):
        url = clean(line.strip())
        if not url.startswith(("http://", "https://")) or len(url.split()) > 1:
            continue
        if len(document.entries) >= MOST_ENTRIES:
            raise Enough(f"more than {MOST_ENTRIES:,} URLs{LEFT}")
        document.entries.append(Entry(url))


def _lines(texts: Iterator[str]) -> Iterator[str]:
    """Yield the lines of a text; of a longer one than any URL, its beginning."""
    held = ""
    for text in texts:
        *lines, held = f"{held}{text}".split("\n")
        yield from (line[:_LONGEST] for line in lines)
        held = held[:_LONGEST]
    yield held


class _Handler(ContentHandler):
    def __init__(self, document: Document) -> None:
        super().__init__()
        self.ended = False
        self._document = document
        self._record = ""
        self._path: list[str] = []
        self._found: dict[str, list[str]] | None = None
        self._within = 0  # how deep the current entry stands
        self._text: list[str] | None = None
        self._size = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX calls it
        local = name.rpartition(":")[2].lower()
        if not self._path:
            self._begin(name, local)
        elif len(self._path) >= _DEEPEST:
            raise Enough(f"nested too deep{LEFT}")
        elif self._found is None and local == self._record and len(self._path) <= 2:
            self._found, self._within = {}, len(self._path) + 1
        elif self._found is not None:
            self._field(self._called(name, local), attrs)
        self._path.append(name)

    def _begin(self, name: str, local: str) -> None:
        if local not in _ROOTS:
            what = "HTML in place of XML" if local == "html" else f"neither a sitemap nor a feed, but <{name[:40]}>"
            raise Enough(what)
        self._document.form, self._record = _ROOTS[local]

    def _called(self, name: str, local: str) -> str:
        """Return the name of a field of the current entry; "" for what isn't directly in it."""
        depth = len(self._path) - self._within
        if depth == 1 and local == "name" and self._path[-1].rpartition(":")[2] == "author":
            return "author/name"
        if depth:
            return ""
        prefix = self._path[self._within - 1].rpartition(":")[0]
        own = name.rpartition(":")[0] == prefix
        return local if own else name.lower()

    def _field(self, called: str, attrs: AttributesImpl) -> None:
        assert self._found is not None
        if called == "link" and self._document.form == "atom":
            if attrs.get("rel", "alternate") == "alternate" and attrs.get("href"):
                self._found.setdefault("link", []).append(str(attrs["href"])[:_LONGEST])
        elif called in _FIELDS:
            self._text, self._size = [], 0
            self._found.setdefault(called, [])

    def characters(self, content: str) -> None:
        if self._text is not None and (self._size < _LONGEST or not self._is_short()):
            self._text.append(content)
            self._size += len(content)

    def _is_short(self) -> bool:
        return self._path[-1].lower() in _SHORT

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX calls it
        self._path.pop()
        if not self._path:
            self.ended = True
        if self._found is None:
            return
        if len(self._path) == self._within - 1:
            self._end_entry(self._found)
            self._found = None
        elif self._text is not None:
            local = name.rpartition(":")[2].lower()
            called = self._called(name, local)
            if called in self._found and called in _FIELDS:
                self._found[called].append("".join(self._text).strip())
                self._text = None

    def _end_entry(self, found: dict[str, list[str]]) -> None:
        document = self._document
        if len(document.entries) + len(document.children) + len(document.items) >= MOST_ENTRIES:
            raise Enough(f"more than {MOST_ENTRIES:,} URLs{LEFT}")
        if self._record in ("url", "sitemap"):
            if url := clean(_first(found, "loc")):
                place = document.entries if self._record == "url" else document.children
                place.append(Entry(url, moment_of(_first(found, "lastmod"))))
        elif item := _item(found):
            document.items.append(item)


def _first(found: dict[str, list[str]], *names: str) -> str:
    return next((value for name in names for value in found.get(name, ()) if value), "")


def _item(found: dict[str, list[str]]) -> FeedItem | None:
    guid = clean(_first(found, "guid", "id"))
    url = clean(_first(found, "link")) or (guid if guid.startswith(("http://", "https://")) else "")
    if not url:
        return None
    return FeedItem(
        url=url[:_LONGEST],
        guid=guid[:_LONGEST],
        number=_first(found, "post-id"),
        title=clean(_first(found, "title")),
        author=clean(_first(found, "dc:creator", "author/name")),
        categories=tuple(clean(one) for one in found.get("category", ()) if one),
        published=moment_of(_first(found, "pubdate", "dc:date", "published")),
        modified=moment_of(_first(found, "updated")),
        summary=clean(_first(found, "description", "summary")),
        content=clean(_first(found, "content:encoded", "content")),
    )
