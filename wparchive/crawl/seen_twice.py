"""A second reading of ids, since pages read one after the other miss an item added while another is removed.

The total stays the same then, and the item is, or moves, where the walk has been already. No parameter of WordPress
finds all of these: `modified_after` misses scheduled items and those imported with an old date, and comments, terms and
users don't have it. A list on one page is consistent. For a longer one two readings have to agree: then everything that
existed between the two is held.

The second reading counts where that takes fewer requests: of some hundreds of ids at a time, named by `include`, the
server states how many it lists, and then how many there are in all. If it lists each id that is held, and no more items
than these, it lists these. Where it doesn't, or can't be asked that, the pages are read again with ids alone, for which
WordPress renders nothing.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.incremental.probes import missing_items
from wparchive.crawl.links.follow_links import LinkFollower
from wparchive.crawl.walk import IdSweep, Walk
from wparchive.model import Target
from wparchive.wordpress.listing import ListingOutcome

__all__ = ["Count", "read_twice"]

_PAGES = 50  # pages that second readings may take in one run: five thousand items
_COUNTS = 50  # requests that counting may take before that: about thirty thousand items
_BATCH = 100
_NAMED = 4000  # characters of ids in one URL: half of what Apache and nginx accept
_DIFFERS = "a second count of its ids differs"


class Count:
    """The task of counting the items that a walk holds again, and then the whole list."""

    def __init__(self, walk: Walk, context: Context) -> None:
        self.walk = walk
        self._differs = False
        self._context = context
        self._left: deque[tuple[Sequence[int], int]] = deque(
            (batch, len(batch)) for batch in _batches(sorted(walk.sweep.ids))
        )
        self._left.append(([], len(walk.sweep.ids)))
        self._asked: dict[str, tuple[Sequence[int], int]] = {}
        self.requests = len(self._left)

    @property
    def saves(self) -> bool:
        """Whether counting is possible, and takes fewer requests than reading the pages again."""
        proof, route = self.walk.proof(), self.walk.collection.route
        known = self._context.index.supports(route, "include") and proof.stated == proof.held
        return known and self.requests < proof.pages

    @property
    def agrees(self) -> bool:
        """Whether the server lists all that the walk holds, and nothing else."""
        return self.done and not self._differs

    @property
    def done(self) -> bool:
        """Whether every request was replied to, or one reply was enough to disagree."""
        return not self._left and not self._asked

    def wanted(self, limit: int) -> Sequence[Target]:
        """Return the next requests; the whole list is counted last, when nothing else is in flight."""
        targets: list[Target] = []
        while self._left and len(targets) < limit and (len(self._left) > 1 or not self._asked):
            ids, expected = self._left.popleft()
            include = (("include", ",".join(map(str, ids))),) if ids else ()
            params = (("_fields", "id"), *include, ("per_page", "1"))
            target = self._context.target("confirmation", self.walk.collection.route, params)
            self._asked[target.key] = ids, expected
            targets.append(target)
        return targets

    def feed(self, reply: Reply) -> None:
        """Take a count. A server that ignores `include` counts, and shows, items that weren't named."""
        (ids, expected), page = self._asked.pop(reply.target.key), reply.page
        shown = {one.id for one in page.items}
        named = bool(shown) and (not ids or shown <= set(ids))
        if not page.answer.ok or page.total != expected or not named:
            self._differs = True
            self._left.clear()


def read_twice(follower: LinkFollower, walks: Sequence[Walk]) -> None:
    """Compare the ids of each walk of several pages with a second reading, and fetch what only that shows.

    What earlier runs hold counts as a second reading too, and costs nothing. Otherwise the shortest lists come first,
    as far as the limits of requests reach.
    """
    _compare_with_earlier_runs(follower, walks)
    _count(follower.context, [walk for walk in walks if walk.doubted])
    left, readings = _PAGES, []
    for walk in sorted((one for one in walks if one.doubted), key=lambda one: one.proof().pages):
        left -= walk.proof().pages
        if left >= 0:
            readings.append((walk, IdSweep(walk.collection, follower.context)))
    follower.context.engine.run([second for _, second in readings])
    for walk, second in readings:
        if second.proof().outcome is ListingOutcome.COMPLETE:
            walk.compare(second.sweep.ids)
            _make_good(follower, walk, second.sweep.ids)


def _compare_with_earlier_runs(follower: LinkFollower, walks: Sequence[Walk]) -> None:
    memory, store = follower.context.memory, follower.context.store
    if store.crawl != store.run:
        return  # what a resumed crawl has read is part of this reading, not a second one
    for walk in walks:
        known = {wp_id for wp_id, one in memory.seen.known(walk.collection.route).items() if one.gone is None}
        if known == walk.sweep.ids:
            walk.compare(known)


def _count(context: Context, walks: Iterable[Walk]) -> None:
    """Compare those walks with a second count for which that saves requests."""
    left, counts = _COUNTS, []
    for count in sorted((Count(walk, context) for walk in walks), key=lambda one: one.requests):
        if count.saves:
            left -= count.requests
            counts += [count] if left >= 0 else []
    context.engine.run(counts)
    for count in counts:
        if count.agrees:
            count.walk.compare(count.walk.sweep.ids)
        else:
            count.walk.doubt = _DIFFERS


def _batches(ids: Sequence[int]) -> list[Sequence[int]]:
    """Return the ids in batches that fit into one URL each, and at least two: none of them is the whole list."""
    parts = max(2, -(-sum(len(str(wp_id)) + 1 for wp_id in ids) // _NAMED))
    size = max(1, -(-len(ids) // parts))
    return [ids[at : at + size] for at in range(0, len(ids), size)]


def _make_good(follower: LinkFollower, walk: Walk, shown: set[int]) -> None:
    """Fetch what only the second reading has `shown`, and probe what it doesn't show."""
    lacking, missing = sorted(shown - walk.sweep.ids), walk.sweep.ids - shown
    batches = [lacking[at : at + _BATCH] for at in range(0, len(lacking), _BATCH)]
    fetched = [
        Walk(walk.collection, follower.context, filters=(("include", ",".join(map(str, batch))),)) for batch in batches
    ]
    follower.context.engine.run(fetched)
    if failed := [one.proof() for one in fetched if one.proof().outcome is not ListingOutcome.COMPLETE]:
        left = len(set(lacking) - walk.sweep.ids)
        walk.lacks = f"{left:,} items that a second reading showed couldn't be read: {failed[0].reason or 'failed'}"
    missing_items(follower, walk.collection, missing)  # those that are gone were there as the walk began, and stay held
