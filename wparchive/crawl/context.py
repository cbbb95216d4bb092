"""What all parts of a run share, once discovery has found out what the site is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from wparchive.config import Settings
from wparchive.crawl.engine.engine import Engine
from wparchive.crawl.holdings import RunHoldings
from wparchive.crawl.incremental.memory import Memory
from wparchive.crawl.links.link_account import LinkAccount
from wparchive.crawl.network import Network
from wparchive.events import Emit
from wparchive.model import Target
from wparchive.store import SiteStore
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import KINDS, Collection
from wparchive.wordpress.routes import Root, Route

__all__ = ["Context"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One run over one site whose API is at `root`; nothing in it is replaced while the run lasts.

    `home` is the site's own URL, `index` its REST index, `collections` what it lists (lists in other languages are added
    once they are found). `holdings` has what is held,
    `links` what became of its links, `memory` what earlier runs saw. `mode` is full, incremental or post; `now` returns
    the time of day.
    """

    engine: Engine
    store: SiteStore
    network: Network
    memory: Memory
    settings: Settings
    emit: Emit
    now: Callable[[], datetime]
    mode: str
    home: str
    root: Root
    index: RestIndex
    collections: list[Collection]
    holdings: RunHoldings
    links: LinkAccount

    def target(self, kind: str, path: str, params: tuple[tuple[str, str], ...] = ()) -> Target:
        """Return the target for a path of the site's REST API."""
        route = str(Route.of(path, params))
        return Target(url=self.root.url_for(path, params), key=route, kind=kind, route=route)

    def collection_at(self, path: str) -> Collection:
        """Return the collection at `path`.

        A collection that no document lists can still be linked to; it is walked like terms, by the plainest rules.
        """
        listed = {one.key: one for one in self.collections}
        return listed.get(path) or Collection(path, path.rpartition("/")[2], KINDS["terms"])
