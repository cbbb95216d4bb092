"""What an import run says of itself and of its site: the facts in its WARC, from which the index restores its rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wparchive.intake.runs import ImportRun
from wparchive.intake.shelf import Row, Shelf
from wparchive.naming import site_key
from wparchive.version import __version__
from wparchive.wordpress.canonical_routes import lists_all
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import TAXONOMIES_ROUTE, TYPES_ROUTE, Collection, collections
from wparchive.wordpress.routes import Root, RootForm

__all__ = ["Coverage", "Portrait", "kind_of", "page_of", "portrait", "start_of"]

_DOCUMENT = (
    "SELECT body FROM documents WHERE site = ? AND route = ? "
    "ORDER BY substr(at, 1, 19) > substr(?, 1, 19), abs(julianday(substr(at, 1, 19)) - julianday(substr(?, 1, 19))) LIMIT 1"
)
_ROOT = (
    "SELECT root, form FROM answers WHERE site = ? AND home = ? AND kind = '' "
    "GROUP BY root, form ORDER BY count(*) DESC, root LIMIT 1"
)
_BARE_INDEX: Mapping[str, Any] = {"namespaces": ["wp/v2"], "routes": {}}
_PAGES = ("per_page", "page", "offset")
_HISTORY = ("revisions", "autosaves")


@dataclass(frozen=True, slots=True)
class Portrait:
    """A site as its own answers in foreign files describe it, at the time of a run."""

    homes: Sequence[str]
    root: Root
    index: RestIndex
    collections: Sequence[Collection]

    @property
    def fact(self) -> dict[str, object]:
        """The fact `site`; names and homes are what the site states, addresses where it answered."""
        stated = self.index.home
        own = site_key(stated) in set(map(site_key, self.homes))
        return {
            "home": stated if own else self.homes[0],
            "root": self.root.url,
            "root_form": str(self.root.form),
            "aliases": list(self.root.aliases),
            "name": self.index.name,
            "description": self.index.description,
            "addresses": list(self.homes),
            "targets": [],
        }

    @property
    def listed(self) -> list[dict[str, object]]:
        """The fact `collections`."""
        return [
            {"route": one.route, "type": one.type, "table": one.kind.table, "skipped": one.skipped}
            for one in self.collections
        ]


@dataclass(slots=True)
class Coverage:
    """What a run's captures show of one list: never that there was nothing else."""

    route: str
    type: str
    stated: int | None = None
    pages: int | None = None
    first_at: str = ""
    last_at: str = ""
    capture: str = ""
    seen: set[str] = field(default_factory=set)

    def take(self, row: Row, page: str) -> None:
        """Add a capture of the list."""
        self.seen.add(page)
        self.first_at, self.last_at = self.first_at or row["at"], row["at"]
        if not self.capture or (row["stated"] or -1) > (self.stated or -1):
            self.stated, self.pages, self.capture = row["stated"], row["pages"], row["id"]

    @property
    def fact(self) -> dict[str, object]:
        """The fact `coverage:ROUTE`."""
        named = {
            name: getattr(self, name) for name in ("route", "type", "stated", "pages", "first_at", "last_at", "capture")
        }
        return {**named, "pages_seen": len(self.seen)}


def portrait(shelf: Shelf, run: ImportRun, homes: Sequence[str]) -> Portrait:
    """Return how the answers nearest to a run, rather before its end than after, describe its site."""
    url, form = next(shelf.rows(_ROOT, run.site, homes[0]))
    found = {
        route: _value(shelf.one(_DOCUMENT, run.site, route, run.last, run.last))
        for route in ("/", TYPES_ROUTE, TAXONOMIES_ROUTE)
    }
    index = RestIndex.parse(found["/"]) or RestIndex.parse(_BARE_INDEX)
    assert index is not None
    root = Root(url, RootForm(form), tuple(homes))
    return Portrait(homes, root, index, collections(index, found[TYPES_ROUTE], found[TAXONOMIES_ROUTE], root))


def _value(body: object) -> object:
    try:
        return json.loads(body) if isinstance(body, bytes) else None
    except (ValueError, RecursionError):
        return None


def kind_of(route: str, status: int | None, types: Mapping[str, str]) -> str:
    """Return the purpose that a capture would have had in a crawl; `types` are the types of the collections by route."""
    path = route.partition("?")[0]
    if path in ("/", TYPES_ROUTE, TAXONOMIES_ROUTE):
        return {"/": "index", TYPES_ROUTE: "types"}.get(path, "taxonomies")
    if path in types:
        return "listing"
    parent, _, last = path.rpartition("/")
    if parent in types and last.isdecimal():
        return "item" if status == 200 else "probe"
    return "history" if last in _HISTORY or parent.rpartition("/")[2] in _HISTORY else "foreign"


def page_of(route: str) -> str | None:
    """Return which page of a whole list a canonical route asks for; None where it asks for a part of the list."""
    if not lists_all(route):
        return None
    asked = [pair.partition("=") for pair in route.partition("?")[2].split("&")]
    return "&".join(f"{name}={value}" for name, _, value in asked if name in _PAGES)


def start_of(run: ImportRun, portrait: Portrait, sources: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return the fact `start` of a run that draws on these sources."""
    return {
        "mode": "import",
        "started_at": run.first,
        "target": portrait.homes[0],
        "wparchive": __version__,
        "sources": list(sources),
        "site": run.site,
        "run": run.id,
        "crawl": run.id,
    }
