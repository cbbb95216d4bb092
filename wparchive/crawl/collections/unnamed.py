"""Collections of WordPress's own kinds that the site's documents don't name: where those can't be read, lists are looked at."""

from collections.abc import Iterator, Sequence

from wparchive.crawl.engine.engine import Engine
from wparchive.crawl.incremental.memory import Memory
from wparchive.model import Target
from wparchive.wordpress.collections.offered import kept
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.routes import Root, Route
from wparchive.wordpress.unlisted import candidates, needs_a_look, recognised, remembered

__all__ = ["unnamed"]

_ONE = (("per_page", "1"),)


def unnamed(
    engine: Engine, root: Root, index: RestIndex, listed: Sequence[Collection], memory: Memory
) -> Iterator[Collection]:
    """Yield collections that the site's own documents don't name: those of earlier runs, and those in the REST index."""
    before = list(remembered(memory.seen.entries("collections")))
    yield from before
    known = (*listed, *before, *kept(memory.seen.entries("collections"), index))
    routes = {str(Route.of(route, _ONE)): route for route in candidates(index, (one.route for one in known))}
    targets = [
        Target(url=root.url_for(route, _ONE), key=key, kind="listing", route=key)
        for key, route in routes.items()
        if needs_a_look(route)
    ]
    shown = {
        reply.target.key: [item.value for item in items(reply.document)]
        for reply in engine.get_all(targets)
        if reply.judgement.ok
    }
    for key, route in routes.items():
        if one := recognised(index, route, shown.get(key, ())):
            yield one
