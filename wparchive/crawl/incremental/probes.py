"""Probe items that a listing lacks: only the item's own route shows whether it is gone, and how."""

from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.links.follow_links import LinkFollower
from wparchive.model import Verdict
from wparchive.wordpress.age import OLD, in_words
from wparchive.wordpress.collections.plugins import known_at
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.payload.document import items

__all__ = ["missing_items"]

_PROBES = 5  # probes that decide whether to send the rest
# A collection that shrinks by this much at once is more likely broken than emptied.
_COLLAPSE_SHARE, _COLLAPSE_LEAST = 0.2, 50


def missing_items(follower: LinkFollower, collection: Collection, ids: set[int]) -> set[int]:
    """Request each of `ids`, which a listing lacks, by itself; returns those that the site confirms to be gone."""
    if not ids:
        return set()
    if collection.kind.plain and not _route_for_one(follower, collection, 1):
        return _unprobed(follower, collection, ids)
    known = len(follower.holdings.held(collection.key))
    few = set(sorted(ids)[:_PROBES])
    gone, silent = _probed(follower, collection, few)
    # The same error for every probe comes from a wall, not from the items.
    walled = len(silent) == len(few) > 1 and len(set(silent.values())) == 1
    if walled or (not gone and len(ids) > _COLLAPSE_LEAST and len(ids) > known * _COLLAPSE_SHARE):
        why = f"each asked for by itself: {next(iter(silent.values()))}" if walled else "none is confirmed gone"
        follower.fail(collection.route, f"{len(ids)} items are not listed any more, and {why}")
        return gone
    more, unheard = _probed(follower, collection, ids - few)
    for wp_id, reason in sorted({**silent, **unheard}.items()):
        follower.fail(f"{collection.route}/{wp_id}", reason)
    return gone | more


def _route_for_one(follower: LinkFollower, collection: Collection, wp_id: int) -> str:
    """Return the route that shows one item by itself; "" if the site has none."""
    known = known_at(collection.route)
    route = f"{known.probe if known and known.probe else collection.route}/{wp_id}"
    return route if not collection.kind.plain or follower.context.index.has(route) else ""


def _unprobed(follower: LinkFollower, collection: Collection, ids: set[int]) -> set[int]:
    """Record items that can't be asked for as no longer listed, which is all that is known of them; returns them."""
    held = len(follower.holdings.held(collection.route) | ids)
    if len(ids) > _COLLAPSE_LEAST and len(ids) > held * _COLLAPSE_SHARE:
        follower.fail(collection.route, f"{len(ids)} items are not listed any more, and none can be asked for")
        return set()
    follower.context.store.fact(f"absent:{collection.route}", sorted(ids))
    return ids


def _probed(follower: LinkFollower, collection: Collection, ids: set[int]) -> tuple[set[int], dict[int, str]]:
    """Return which of `ids` are gone, and for which the response is inconclusive, with the reason."""
    targets = {}
    for wp_id in sorted(ids):
        target = follower.context.target("probe", _route_for_one(follower, collection, wp_id))
        targets[target.key] = (target, wp_id)
    gone: set[int] = set()
    silent: dict[int, str] = {}
    for reply in follower.context.engine.get_all(target for target, _ in targets.values()):
        wp_id = targets[reply.target.key][1]
        if reply.verdict is Verdict.ROBOTS:
            continue
        if trouble := _says_nothing(reply, wp_id):
            silent[wp_id] = trouble
        elif reply.judgement.ok:
            follower.holdings.show_alone(collection.route, wp_id)
        else:
            gone.add(wp_id)
    return gone, silent


def _says_nothing(reply: Reply, wp_id: int) -> str:
    """Return why a response doesn't show whether the item exists; "" when it does."""
    answer = reply.judgement
    if answer.ok:
        return "" if any(one.id == wp_id for one in items(reply.document)) else f"{answer.status}, but not this item"
    if reply.verdict is not Verdict.ANSWERED or not answer.gone:
        other = "" if answer.reason.startswith(str(answer.status)) else f", sent with status {answer.status}"
        return f"{answer.reason}{other}"
    return f"{answer.reason}, out of a cache, {in_words(reply.age)} old" if reply.age >= OLD else ""
