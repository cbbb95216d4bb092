"""What an import run says of itself and of its site: the facts in its WARC, from which the index restores its rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wparchive.intake.runs import ImportRun
from wparchive.intake.shelf import Shelf
from wparchive.naming import site_key
from wparchive.version import __version__
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import TAXONOMIES_ROUTE, TYPES_ROUTE, Collection, collections
from wparchive.wordpress.routes import Root, RootForm

__all__ = ["Portrait", "kind_of", "portrait", "start_of"]

_DOCUMENT = (
    "SELECT body FROM documents WHERE site = ? AND route = ? "
    "ORDER BY substr(at, 1, 19) > substr(?, 1, 19), abs(julianday(substr(at, 1, 19)) - julianday(substr(?, 1, 19))) LIMIT 1"
)
_ROOT = (
    "SELECT root, form FROM answers WHERE site = ? AND home = ? AND kind = '' "
    "GROUP BY root, form ORDER BY count(*) DESC, root LIMIT 1"
)
_BARE_INDEX: Mapping[str, Any] = {"namespaces": ["wp/v2"], "routes": {}}
_HISTORY = ("revisions", "autosaves")


@dataclass(frozen=True, slots=True)
class Portrait:
    """A site as its own answers in foreign files describe it, at the time of a run; `addresses`: all that are known of it."""

    homes: Sequence[str]
    addresses: Sequence[str]
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
            "addresses": list(self.addresses),
            "targets": [],
        }

    @property
    def listed(self) -> list[dict[str, object]]:
        """The fact `collections`."""
        return [
            {"route": one.route, "type": one.type, "table": one.kind.table, "skipped": one.skipped}
            for one in self.collections
        ]


def portrait(shelf: Shelf, run: ImportRun, homes: Sequence[str], addresses: Sequence[str]) -> Portrait:
    """Return how the answers nearest to a run, rather before its end than after, describe its site.

    `homes` are those that answered in these files, `addresses` these and all others that are known.
    """
    url, form = next(iter(shelf.rows(_ROOT, run.site, homes[0])), (homes[0], RootForm.PRETTY))
    found = {
        route: _value(shelf.one(_DOCUMENT, run.site, route, run.last, run.last))
        for route in ("/", TYPES_ROUTE, TAXONOMIES_ROUTE)
    }
    index = RestIndex.parse(found["/"]) or RestIndex.parse(_BARE_INDEX)
    assert index is not None
    root = Root(url, RootForm(form), tuple(homes))
    return Portrait(
        homes, addresses, root, index, collections(index, found[TYPES_ROUTE], found[TAXONOMIES_ROUTE], root)
    )


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


def start_of(run: ImportRun, portrait: Portrait, sources: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return the fact `start` of a run that draws on these sources."""
    return {
        "mode": "import",
        "started_at": run.first,
        "target": portrait.homes[0],
        "wparchive": __version__,
        "sources": list(sources),
        **run.states,
        "site": run.site,
        "run": run.id,
        "crawl": run.id,
    }
