"""Recognise an item in what a site answered: by its id and type anywhere in JSON, by its route, its address, its files."""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from wparchive.ask.finding.item_keys import ItemKey
from wparchive.fleet.removal.traces_of_text import Texts
from wparchive.index.entries.responses import shown
from wparchive.index.item_types import of_type
from wparchive.index.items.catalogue import Catalogue, Shown
from wparchive.index.schema import ITEM_TABLES
from wparchive.model import AGAIN, Capture
from wparchive.wordpress.payload.document import Document
from wparchive.wordpress.type_names import slug_of
from wparchive.wordpress.values import integer

__all__ = ["Sought", "sought", "values_in"]

_ENDPOINT = re.compile(r"/(?:amp|feed(?:/(?:rss2?|atom|rdf))?|embed|trackback|comment-page-\d+)$", re.IGNORECASE)
_BY_ID = ("p", "page_id", "attachment_id")
_WITH_PAGES = ("posts", "media")
# The fields by which an object without a type shows what it is.
_SHAPES: Mapping[str, tuple[frozenset[str], ...]] = {
    "comments": (frozenset({"author_name"}),),
    "users": (frozenset({"avatar_urls"}), frozenset({"name", "slug", "url", "link"})),
    "media": (frozenset({"media_details"}), frozenset({"source_url"})),
}


def values_in(value: object) -> Iterator[object]:
    """Yield a JSON value and everything in it."""
    left = [value]
    while left:
        one = left.pop()
        yield one
        if isinstance(one, dict):
            left += one.values()
        elif isinstance(one, list):
            left += one


@dataclass(frozen=True, slots=True)
class Sought:
    """The item (or, without one, the capture `capture`) that is to be removed: how an answer shows that it holds it.

    `links` are its addresses without scheme; `files` the keys of its files, if it is media; `texts` what it says.
    """

    site: str
    key: str
    title: str
    item: ItemKey | None
    capture: str
    links: frozenset[str]
    files: frozenset[str]
    texts: Texts
    catalogue: Catalogue

    def found_in(self, texts: Sequence[str]) -> str:
        """Return what of the item an answer with these texts has that isn't about it: `text`, `headline`, `address`, or ""."""
        if what := self.texts.found_in(texts):
            return what
        named = self.addresses
        return "address" if named and any(map(named.search, texts)) else ""

    @property
    def addresses(self) -> re.Pattern[str] | None:
        """What finds the item's own addresses in a text, not where one is only the beginning of another; None without any.

        The address of a whole site isn't one of them.
        """
        own = sorted({link for link in self.links if "/" in link} | {_bare(url) for url in self.files})
        return re.compile(f"(?:{'|'.join(map(re.escape, own))})(?![\\w%-])") if own else None

    def is_asked(self, capture: Capture) -> bool:
        """Whether the request alone shows that the answer is about it: by the capture's id, the item's page, its file."""
        if self.item is None:
            return capture.capture == self.capture
        if capture.kind == "file":
            about = capture.extra.get("about-media")
            own = self.item.table == "media" and about is not None and integer(about) == self.item.wp_id
            return own or capture.key.removeprefix("HEAD ").removeprefix(AGAIN) in self.files
        if capture.route is not None:
            about = dict(parse_qsl(capture.url.partition("?")[2])).get("url", "")
            return "/oembed/" in capture.route and _bare(about).rstrip("/") in self.links
        return self.item.table in _WITH_PAGES and self._is_page(capture.url)

    def _is_page(self, url: str) -> bool:
        place, _, query = _bare(url).partition("?")
        asked = dict(parse_qsl(query))
        by_id = (
            any(integer(asked.get(name)) == self.item.wp_id for name in _BY_ID if name in asked) if self.item else False
        )
        return by_id or _ENDPOINT.sub("", place.rstrip("/")) in self.links

    def is_in(self, capture: Capture, document: Document) -> bool:
        """Whether the JSON of an answer holds the item, wherever in it."""
        return self.item is not None and (
            any(isinstance(one, dict) and self._is(one) for one in values_in(document.value))
            or self._is_listed(capture, document)
        )

    def _is(self, value: Mapping[str, Any]) -> bool:
        item = self.item
        assert item is not None
        slug = value.get("slug")
        if item.table == "posts" and isinstance(slug, str) and integer(value.get("parent")) == item.wp_id:
            return slug.startswith((f"{item.wp_id}-revision", f"{item.wp_id}-autosave"))
        if integer(value.get("id")) != item.wp_id:
            return False
        kind = value.get("subtype") or value.get("taxonomy") or value.get("type")
        if item.table == "revisions":
            return isinstance(slug, str) and "-revision-" in slug
        if isinstance(kind, str) and item.table not in ("users", "comments"):
            return kind == slug_of(item.type)
        return any(fields <= value.keys() for fields in _SHAPES.get(item.table, ()))

    def _is_listed(self, capture: Capture, document: Document) -> bool:
        """Whether a collection shows it, perhaps with so few fields that only the route says of which type it is."""
        item, place = self.item, self.catalogue.place(capture.route) if capture.route else None
        if item is None or place is None:
            return False
        own = self.catalogue.collection_of(item.type)
        if own and f"{capture.route}".startswith(f"{own}/{item.wp_id}/"):
            return bool(document.value) and (not isinstance(document.value, dict) or "code" not in document.value)
        for one in shown(document, place) if place.shown is Shown.ITEMS else ():
            who = self.catalogue.identify(place, one.value, one.id)
            if who and (who.table, slug_of(who.type), who.wp_id) == (item.table, slug_of(item.type), item.wp_id):
                return True
        return False


def _bare(url: str) -> str:
    """Return an address without scheme, `www.` and fragment."""
    return url.partition("://")[2].partition("#")[0].removeprefix("www.")


def sought(db: sqlite3.Connection, item: ItemKey | None, capture: Capture | None) -> Sought:
    """Return what identifies the item, or the one capture; `db` must return rows by name."""
    site = item.site if item else capture.site if capture else ""
    known = db.execute('SELECT route, type, "table" FROM collections WHERE site = ?', (site,)).fetchall()
    rows = [dict(row) for row in _rows(db, item)] if item else []
    links = {_bare(link).rstrip("/") for row in rows if isinstance(link := row.get("link"), str) and link}
    title = next((str(row["title"]) for row in rows if row.get("title")), "")
    key = str(item) if item else capture.capture if capture else ""
    return Sought(
        site=site,
        key=key,
        title=title,
        item=item,
        capture=capture.capture if capture else "",
        links=frozenset(links if item and item.table in _WITH_PAGES else ()),
        files=frozenset(_files(db, item) if item and item.table == "media" else ()),
        texts=Texts.of(rows),
        catalogue=Catalogue([(row[0], row[1], row[2]) for row in known]),
    )


def _rows(db: sqlite3.Connection, item: ItemKey) -> Iterator[sqlite3.Row]:
    """Yield every row with texts of the item: as it stands, its former versions, WordPress's own revisions."""
    given = {"site": item.site, "type": item.type, "id": item.wp_id}
    if item.table not in ITEM_TABLES:
        yield from db.execute("SELECT * FROM revisions WHERE site = :site AND wp_id = :id", given)
        return
    named = ITEM_TABLES[item.table].title
    query = f"SELECT *, {named} AS title FROM {item.table} WHERE site = :site AND wp_id = :id AND {of_type(item.table)}"  # noqa: S608
    yield from db.execute(query, given)
    yield from db.execute("SELECT * FROM versions WHERE site = :site AND type = :type AND wp_id = :id", given)
    if item.table == "posts":
        yield from db.execute("SELECT * FROM revisions WHERE site = :site AND parent = :id", given)


def _files(db: sqlite3.Connection, item: ItemKey) -> Iterator[str]:
    """Yield the keys of all files of a media item."""
    for row in db.execute("SELECT url, key FROM media_files WHERE site = ? AND media = ?", (item.site, item.wp_id)):
        yield from (str(one) for one in row if one)
    query = "SELECT raw FROM media WHERE site = ? AND wp_id = ?"
    for (raw,) in db.execute(query, (item.site, item.wp_id)):
        for one in values_in(json.loads(raw)):
            if isinstance(one, dict) and isinstance(url := one.get("source_url"), str):
                yield url
