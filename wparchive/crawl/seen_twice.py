"""A second reading of ids, since pages read one after the other miss an item added while another is removed.

The total stays the same then, and the item is, or moves, where the walk has been already. No parameter of WordPress
finds all of these: `modified_after` misses scheduled items and those imported with an old date, and comments, terms and
users don't have it. A list on one page is consistent. For a longer one two readings have to agree: then everything that
existed between the two is held. The second requests ids alone, for which WordPress renders nothing.

Counting the held ids instead (named by `include`, and then the whole list) would take fewer requests, but proves less:
where a site shows its items in turns, each can be listed when it is counted while one that is always there isn't held.
"""

from collections.abc import Sequence

from wparchive.crawl.incremental.probes import missing_items
from wparchive.crawl.links.follow_links import LinkFollower
from wparchive.crawl.walk import IdSweep, SecondWalk, Walk
from wparchive.wordpress.listing import ListingOutcome

__all__ = ["read_twice"]

_PAGES = 50  # pages that second readings may take in one run: five thousand items
_BATCH = 100


def read_twice(follower: LinkFollower, walks: Sequence[Walk]) -> None:
    """Compare the ids of each walk of several pages with a second reading, and fetch what only that shows.

    What earlier runs hold counts as a second reading too, and costs nothing. Otherwise the shortest lists come first,
    as far as the limit of pages reaches.
    """
    _compare_with_earlier_runs(follower, walks)
    left, readings = _PAGES, []
    for walk in sorted((one for one in walks if one.doubted), key=lambda one: one.proof().pages):
        left -= walk.proof().pages
        if left >= 0:
            readings.append((walk, _second_of(follower, walk)))
    follower.context.engine.run([second for _, second in readings])
    for walk, second in readings:
        if second.proof().outcome is ListingOutcome.COMPLETE:
            walk.compare(second.sweep.ids)
            _make_good(follower, walk, second.sweep.ids)


def _second_of(follower: LinkFollower, walk: Walk) -> Walk:
    plain = walk.collection.kind.plain
    return SecondWalk(walk, follower.context) if plain else IdSweep(walk.collection, follower.context)


def _compare_with_earlier_runs(follower: LinkFollower, walks: Sequence[Walk]) -> None:
    memory, store = follower.context.memory, follower.context.store
    if store.crawl != store.run:
        return  # what a resumed crawl has read is part of this reading, not a second one
    for walk in walks:
        known = {wp_id for wp_id, one in memory.seen.known(walk.collection.key).items() if one.gone is None}
        if known == walk.sweep.ids:
            walk.compare(known)


def _make_good(follower: LinkFollower, walk: Walk, shown: set[int]) -> None:
    """Fetch what only the second reading has `shown`, and probe what it doesn't show."""
    lacking, missing = sorted(shown - walk.sweep.ids), walk.sweep.ids - shown
    if walk.collection.kind.plain:  # the second reading was a full one
        walk.sweep.ids.update(lacking)
        lacking = []
    batches = [lacking[at : at + _BATCH] for at in range(0, len(lacking), _BATCH)]
    fetched = [
        Walk(walk.collection, follower.context, filters=(("include", ",".join(map(str, batch))),)) for batch in batches
    ]
    follower.context.engine.run(fetched)
    if failed := [one.proof() for one in fetched if one.proof().outcome is not ListingOutcome.COMPLETE]:
        left = len(set(lacking) - walk.sweep.ids)
        walk.lacks = f"{left:,} items that a second reading showed couldn't be read: {failed[0].reason or 'failed'}"
    missing_items(follower, walk.collection, missing)  # those that are gone were there as the walk began, and stay held
