"""Looks at the lists that a site's unknown plug-ins offer: the first page of each shows whether it is walked.

What a run found out stands until the next full one; a list that is new is looked at at once, and so are a few of those
that failed, which are gaps until a look succeeds. Known lists need no look.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from wparchive.crawl.engine.engine import Engine
from wparchive.crawl.incremental.memory import Memory
from wparchive.crawl.walk import first_page
from wparchive.store import Known
from wparchive.wordpress.collections.offered import FAILED, TRANSIENT, judged, kept, narrowed, offered
from wparchive.wordpress.collections.plugins import known_at
from wparchive.wordpress.collections.versions import Shown, newest_first, told_apart
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.routes import Root

__all__ = ["plug_ins"]

_AGAIN, _NEW = 2, 20  # failed and new lists that an incremental run looks at


def plug_ins(
    engine: Engine, root: Root, index: RestIndex, listed: Sequence[Collection], memory: Memory, mode: str
) -> list[Collection]:
    """Return the plug-ins' collections of the site, beyond those `listed`: walked, or skipped with the reason."""
    before = {one.route: one for one in kept(memory.seen.entries("collections"), index)}
    offers = {one.route: one for one in offered(index, listed)} if mode != "post" else {}
    stands = {route: _stands(one, before, memory, mode) for route, one in offers.items()}
    found = {route: before.get(route, one) if stands[route] else one for route, one in offers.items()}
    unknown = (one for one in offers.values() if not one.skipped and known_at(one.route) is None)
    looks = [one for one in unknown if not stands[one.route]]
    if mode == "incremental":
        looks, later = _few(looks, before)
        found.update((one.route, _put_off(one, before.get(one.route))) for one in later)
    held = {route: memory.seen.known(route) for route, one in before.items() if not one.skipped}
    walked = [_held(route, known) for route, known in held.items() if known and stands.get(route)]
    for one in _looked_at(engine, root, index, newest_first(looks, held.keys()), [*listed], walked):
        # What is held from before is walked even so: it must not be missing without a word.
        found[one.route] = offers[one.route] if one.skipped and memory.seen.known(one.route) else one
    # A list that the site no longer names, and of which something is held, is asked for too, and reported.
    found = {route: narrowed(one, index, listed) for route, one in found.items()}
    taken = {one.route for one in listed}
    lost = (one for one in before.values() if not one.skipped and one.route not in found.keys() | taken)
    return told_apart([*found.values(), *(one for one in lost if memory.seen.known(one.route))], before)


def _held(route: str, known: Mapping[int, Known]) -> Shown:
    ids = {wp_id for wp_id, one in known.items() if one.gone is None}
    return Shown(route, ids, len(ids))


def _stands(offer: Collection, before: Mapping[str, Collection], memory: Memory, mode: str) -> bool:
    """Return whether what an earlier run decided of an offered list is kept."""
    old = before.get(offer.route)
    if offer.skipped or old is None or mode == "full" or (old.skipped or "").startswith(TRANSIENT):
        return False
    proven = memory.seen.proven(offer.route) if known_at(offer.route) is None and not old.skipped else None
    return proven is None or proven.outcome != "failed" or bool(memory.seen.known(offer.route))


def _put_off(offer: Collection, old: Collection | None) -> Collection:
    """Return a list that isn't looked at in this run; one that failed before still does."""
    failed = old is not None and not old.skipped
    return replace(offer, skipped=f"{FAILED if failed else TRANSIENT}not looked at {'again ' if failed else ''}yet")


def _few(looks: Iterable[Collection], before: Mapping[str, Collection]) -> tuple[list[Collection], list[Collection]]:
    """Return those lists that an incremental run looks at, and those that have to wait."""
    new = [one for one in looks if one.route not in before]
    failed = [one for one in looks if one.route in before]
    return [*new[:_NEW], *failed[:_AGAIN]], [*new[_NEW:], *failed[_AGAIN:]]


def _looked_at(
    engine: Engine,
    root: Root,
    index: RestIndex,
    looks: Iterable[Collection],
    known: list[Collection],
    walked: list[Shown],
) -> Iterator[Collection]:
    """Yield the lists after a look at each; those that are walked are added to the `known` lists, and to `walked`."""
    targets = {}
    for one in looks:
        target = first_page(one, index, root)
        # A look is no reading: what the items are is known only afterwards.
        target = replace(target, kind="look", key=f"{target.key} look")
        targets[target.key] = (target, one)
    order = [*targets]
    replies = engine.get_all(target for target, _ in targets.values())
    for reply in sorted(replies, key=lambda one: order.index(one.target.key)):
        page = reply.page
        shown = list(items(reply.document)) if page.answer.ok else []
        found = judged(targets[reply.target.key][1], index, page, shown, known, walked)
        known.append(found)
        if not found.skipped:
            walked.append(Shown(found.route, {one.id for one in shown if one.id is not None}, page.total))
        yield found
