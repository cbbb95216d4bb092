"""Maps a site's routes to what they show, and each object in a response to its table and type.

The site's own collections, recorded as a fact of its runs, decide. For routes not among them, as in other tools' WARCs,
the object's own `type` or `taxonomy` and its fields decide.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from wparchive.index.schema import ITEM_TABLES
from wparchive.wordpress.routes import Route
from wparchive.wordpress.type_names import qualified, slug_of

__all__ = ["Catalogue", "Identity", "Place", "Shown"]


class Shown(Enum):
    """What the response to a route shows."""

    ITEMS = "items"  # one or many, of a collection
    REVISIONS = "revisions"
    OBJECTS = "objects"  # documents: types, taxonomies, statuses, menu locations


@dataclass(frozen=True, slots=True)
class Place:
    """What a route shows: its collection (None: not one that the site named), and whether items are whole or `partial`."""

    shown: Shown
    collection: str | None
    type: str | None
    table: str | None
    partial: bool = False
    one: str | None = None


class Identity(NamedTuple):
    """What identifies an item within its site: its table, its type, its id."""

    table: str
    type: str
    wp_id: int


_KNOWN = {
    "/wp/v2/posts": ("post", "posts"),
    "/wp/v2/pages": ("page", "posts"),
    "/wp/v2/media": ("attachment", "media"),
    "/wp/v2/comments": ("comment", "comments"),
    "/wp/v2/users": ("user", "users"),
    "/wp/v2/categories": ("category", "terms"),
    "/wp/v2/tags": ("post_tag", "terms"),
    "/wp/v2/types": ("type", "other"),
    "/wp/v2/taxonomies": ("taxonomy", "other"),
    "/wp/v2/statuses": ("status", "other"),
}
_OF_BLOCKS = ("types", "renderer", "directory", "patterns")
# Responses that describe items without being them.
_NOT_ITEMS = ("/wp/v2/search/", "/oembed/", "/batch/", *(f"/wp/v2/block-{what}/" for what in _OF_BLOCKS))
# The fields that only items of one table have, with that table and its type; the first that matches counts.
_SHAPES = (
    (frozenset({"media_details"}), "media", "attachment"),
    (frozenset({"author_name", "post"}), "comments", "comment"),
    (frozenset({"avatar_urls"}), "users", "user"),
    (frozenset({"name", "slug", "url", "link"}), "users", "user"),
)
_NAMED = frozenset({"slug", "title"})
_HISTORY = ("revisions", "autosaves")


class Catalogue:
    """The collections of one site, by route."""

    def __init__(self, known: Iterable[tuple[str, str, str]] = ()) -> None:
        self._collections: dict[str, tuple[str, str]] = dict(_KNOWN)
        self._types: dict[str, str] = {}  # slug of each of the site's post types → its name here
        self._taxonomies: dict[str, str] = {}
        self._routes: dict[str, str] = {}
        self._reviews = False
        self._stale = True
        self.learn(known)

    def learn(self, known: Iterable[tuple[str, str, str]]) -> None:
        """Add collections: (route, type, table)."""
        for route, kind, table in known:
            if self._collections.get(route) != (kind, table):
                self._collections[route], self._stale = (kind, table), True

    def _derive(self) -> None:
        """Bring the derived tables up to date. Every run repeats its collections, so this is done only on demand."""
        if not self._stale:
            return
        self._stale = False
        slugs = {slug_of(kind) for kind, table in self._collections.values() if table == "posts"}
        for route, (kind, table) in self._collections.items():
            self._collections[route] = (qualified(kind, table, slugs), table)
        self._reviews = any(table == "reviews" for _, table in self._collections.values())
        self._types = {slug: qualified(slug, "posts", slugs) for slug in slugs}
        self._routes = {kind: route for route, (kind, table) in self._collections.items() if table in ITEM_TABLES}
        # Core's own namespace last: if two collections have the same name, its one determines the field.
        named = sorted(self._collections.items(), key=lambda one: one[0].startswith("/wp/v2/"))
        self._taxonomies = {
            route.rpartition("/")[2]: slug_of(kind) for route, (kind, table) in named if table == "terms"
        }

    @property
    def taxonomies(self) -> dict[str, str]:
        """The taxonomy by the item's field that lists its terms."""
        self._derive()
        return self._taxonomies

    def of(self, collection: str) -> tuple[str, str] | None:
        """Return type and table of a collection."""
        self._derive()
        return self._collections.get(collection)

    def collection_of(self, kind: str) -> str | None:
        """Return the collection that lists items of type `kind`."""
        self._derive()
        return self._routes.get(kind)

    def place(self, text: str) -> Place | None:
        """Return what the canonical route `text` shows; None if neither items nor objects."""
        self._derive()
        try:
            route = Route.parse(text)
        except ValueError:
            return None
        path, params = route.path, dict(route.params)
        partial = "_fields" in params or params.get("context") == "embed"
        # The site's own list takes precedence over the usual meaning of routes.
        collection, one = self._collection(path)
        if collection is not None:
            kind, table = self._collections[collection]
            shown = Shown.ITEMS if table in ITEM_TABLES else Shown.OBJECTS
            return Place(shown, collection, kind, table, partial, one)
        if f"{path}/".startswith(_NOT_ITEMS) or len(route.segments) < 3:
            return None
        return self._unnamed(path, partial)

    def _collection(self, path: str) -> tuple[str | None, str | None]:
        if path in self._collections:
            return path, None
        parent, _, last = path.rpartition("/")
        # Ids in documents are slugs, those of items are numbers; anything else is a route below the collection.
        if parent in self._collections and (last.isdecimal() or self._collections[parent][1] not in ITEM_TABLES):
            return parent, last
        return None, None

    def _unnamed(self, path: str, partial: bool) -> Place | None:
        parts = path.split("/")
        for depth in (-1, -2):
            if len(parts) > 5 and parts[depth] in _HISTORY and parts[depth - 1].isdecimal():
                above = self._collections.get("/".join(parts[: depth - 1]), (None, None))
                revisions = parts[depth] == "revisions"
                return Place(Shown.REVISIONS, None, above[0], "revisions", partial) if revisions else None
        return Place(Shown.ITEMS, None, None, None, partial)

    def identify(self, place: Place, item: Mapping[str, Any], wp_id: int | None) -> Identity | None:
        """Return which item this is; None if it is none, or cannot be identified."""
        self._derive()
        if wp_id is None:
            return None
        if place.table is None or place.type is None:
            table, kind = self._by_shape(item) or ("", "")
            return Identity(table, qualified(kind, table, self._types), wp_id) if table else None
        if item.get("type") == "review" and place.table == "comments" and self._reviews:
            return None  # a shop lists it itself; here it was only asked for by itself
        held = ITEM_TABLES.get(place.table)
        kind = (held and held.only) or place.type
        if place.table == "posts":
            # Some sites list several types in one collection; a `type` that the site does not have comes from a
            # plug-in.
            own = item.get("type")
            kind = self._types.get(own, kind) if isinstance(own, str) else kind
        return Identity(place.table, kind, wp_id)

    @staticmethod
    def _by_shape(item: Mapping[str, Any]) -> tuple[str, str] | None:
        kind, taxonomy = item.get("type"), item.get("taxonomy")
        if isinstance(taxonomy, str) and taxonomy:
            return "terms", taxonomy
        if kind == "attachment":
            return "media", "attachment"
        for fields, table, of_table in _SHAPES:
            if fields <= item.keys():
                return table, of_table
        if isinstance(kind, str) and kind and "subtype" not in item and not _NAMED.isdisjoint(item):
            return "posts", kind
        return None
