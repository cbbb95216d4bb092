"""An incremental run: what is new, changed or gone, in as few requests as possible.

Every collection is asked for its newest ids, which also states its total; up to a hundred ids are the whole collection.
Where the site supports the parameters, it is asked for what was modified and what was published since. Where the totals
don't match what is held, or the schedule says so, the whole collection is swept by id with few fields. The rest of the
limit of two requests a collection is spent on reading old pages again, the longest unread first: only that finds an
edit that moves nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from wparchive.crawl.incremental.collection_state import Collected
from wparchive.crawl.incremental.ended_lists import drop_ended, set_apart
from wparchive.crawl.incremental.newest import Newest, Window
from wparchive.crawl.incremental.newest_pages import PlainNewest
from wparchive.crawl.incremental.parents import Parents, Recent, hanging_on
from wparchive.crawl.incremental.probes import missing_items
from wparchive.crawl.incremental.rereading import read_again
from wparchive.crawl.links.follow_links import LinkFollower
from wparchive.crawl.walk import FieldSweep, Walk
from wparchive.store import Known
from wparchive.wordpress.age import moment
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.listing import ListingOutcome, Proof

__all__ = ["Changes"]

_BATCH = 100
_UTC = "%Y-%m-%dT%H:%M:%SZ"
_OVERLAP = timedelta(hours=2)  # the end of daylight saving time repeats an hour of local time
_ZONE_OVERLAP = timedelta(hours=26)  # items keep the local time of the zone that they were written in
_DAY = timedelta(days=1)
_EXTRA = 6  # requests that a run may take beyond two for each collection


class Changes:
    """One incremental run over the collections of a site; `proofs` has the proof of each, and the kind of walk.

    `ended` are lists in one language that turned out to be none of their own any more.
    """

    def __init__(self, follower: LinkFollower) -> None:
        self.proofs: list[tuple[Proof, str]] = []
        self.ended: list[Collection] = []
        self._follower = follower
        self._context = follower.context
        self._memory = follower.context.memory
        self._settings = follower.context.settings
        self._now = follower.context.now()
        self._moved_zone = self._memory.seen.timezone() not in (None, follower.context.index.timezone or "")

    def run(self, collections: Sequence[Collection], newer: Mapping[str, set[int]]) -> None:
        """Find and fetch everything that changed, probe what is missing, and prove what is held.

        `newer` are items by collection that something else calls modified.
        """
        found = [self._collected(one) for one in collections]
        self._context.engine.run([task for one in found for task in (one.newest, one.recent) if task])
        found, ended = set_apart(found)
        self._look_again(found)
        for one in found:
            self._compare(one, newer.get(one.collection.route, set()))
        self._sweep([one for one in found if self._due(one)])
        self._follower.ask_again(self._memory.failed_links, lambda: self._room(found))
        self._read_again(found)
        self._fetch(found)
        self._fetch_pictures(found)
        self._probe_missing(found)
        held = self._context.holdings.held
        self._look_through([one for one in found if one.miscounts(len(held(one.collection.key)))])
        drop_ended(self._follower, ended)
        self.ended = [one.collection for one in ended]
        for one in found:
            self._prove(one)
        self._follower.say_what_is_left()

    def _collected(self, collection: Collection) -> Collected:
        """Return the state with which a collection begins: what is held of it, and the tasks that look for more."""
        proven = self._memory.seen.proven(collection.key)
        known = self._memory.seen.known(collection.key)
        if proven and proven.type not in ("", collection.type):
            proven, known = None, {}  # its items are called otherwise now: as these, none was ever read
        newest = PlainNewest if collection.kind.plain else Newest
        one = Collected(collection, known, newest(collection, self._context, known), proven)
        one.resumed = self._context.store.crawl != self._context.store.run
        self._context.holdings.hold(collection.key, one.here)
        one.recent = self._recent(collection, known)
        return one

    def _recent(self, collection: Collection, known: Mapping[int, Known]) -> Recent | None:
        """Return the walk over what was modified since the latest known modification, where the site supports that."""
        route, index = collection.route, self._context.index
        if collection.kind.plain or not index.supports(route, "modified_after"):
            return None
        since = self._before(self._memory.newest(collection.key))
        if not since:
            return None
        moved = sorted(one.modified for one in known.values() if one.gone is None and one.modified > since)
        bounds = [("modified_after", since)]
        if len(moved) > _BATCH:  # many at once, or dates in the future: `_look_again` counts what this leaves out
            tomorrow = (self._now + _DAY).strftime(_UTC)
            past = [at for at in moved if at <= tomorrow]
            bounds = [("modified_after", past[-_BATCH] if len(past) >= _BATCH else since)]
            if len(past) < len(moved) and index.supports(route, "modified_before"):
                bounds.append(("modified_before", tomorrow))
        return self._walk(collection, tuple(bounds))

    def _before(self, moment: str) -> str:
        """Return a time far enough before `moment` (UTC; may be empty) that nothing is missed."""
        overlap = _ZONE_OVERLAP if self._moved_zone else _OVERLAP
        return (datetime.fromisoformat(moment) - overlap).strftime(_UTC) if moment else ""

    def _look_again(self, found: Sequence[Collected]) -> None:
        """Count modified items where there are too many to read each time; list newly published ones within the limit."""
        for one in found:
            if one.recent:
                self._count_modified(one, one.recent)
        # The windows added above are still to be requested.
        room = self._room(found) - sum(len(one.windows) for one in found)
        for one in found:
            since = self._before(self._memory.latest(one.collection.key))
            takes = "after" in one.collection.kind.since and self._context.index.supports(one.collection.route, "after")
            if room > 0 and since and takes and not one.newest.whole:
                room -= 1
                dated = self._memory.seen.since(one.collection.key, since)
                one.windows.append(self._window(one, "after", since, dated + len(one.new)))
        self._context.engine.run([window for one in found for window in one.windows])

    def _count_modified(self, one: Collected, recent: Recent) -> None:
        filters, since = dict(recent.view.params), self._before(self._memory.newest(one.collection.key))
        if filters.get("modified_after") != since or "modified_before" in filters:
            moved = {i for i in one.here if one.known[i].modified > since} | recent.sweep.ids
            one.windows.append(self._window(one, "modified_after", since, len(moved)))

    def _window(self, one: Collected, name: str, since: str, expected: int) -> Window:
        # The server's count includes items that it withholds.
        slack = (one.proven.stated or 0) - one.proven.held if one.proven else 0
        return Window(one.collection, self._context, one.known, ((name, since),), expected=expected, slack=slack)

    def _compare(self, one: Collected, newer: set[int]) -> None:
        """Compare the ids of a collection that was listed whole, and add what was modified since it was read."""
        read_now = (one.recent.sweep.ids if one.recent else set()) | one.newest.read_in_full
        one.wanted |= {wp_id for look in one.looks for wp_id in (*look.unknown, *look.changed)} - read_now
        one.wanted |= (newer & one.here) - read_now
        if one.newest.whole:
            unlisted = one.here - one.newest.listed
            # What a site shows by itself and never lists was probed before; the next sweep looks at it again.
            before = one.proven.held - one.proven.stated if one.proven and one.proven.stated is not None else 0
            one.missing |= unlisted if one.new or len(unlisted) > before else set()

    def _fetch_pictures(self, found: Sequence[Collected]) -> None:
        """Fetch the images of newly public posts: they were hidden with the post, and their ids are old."""
        new = sorted(
            wp_id for one in found if one.collection.kind.table == "posts" for wp_id in one.new | one.wanted - one.here
        )
        for one in found:
            route = one.collection.route
            if one.collection.kind.table != "media" or one.newest.whole or one.sweep:
                continue
            if not self._context.index.supports(route, "parent"):
                continue
            batches = [new[at : at + _BATCH] for at in range(0, len(new), _BATCH)]
            self._run([self._walk(one.collection, (("parent", ",".join(map(str, batch))),)) for batch in batches])

    def _walk(self, collection: Collection, filters: tuple[tuple[str, str], ...] = ()) -> Recent:
        return Recent(collection, self._context, filters=filters)

    # ---- sweeps

    def _due(self, one: Collected) -> bool:
        """Whether the collection has to be walked from end to end."""
        proven = one.proven
        if self._memory.lost:  # the site's totals don't show what is missing here
            return True
        if (
            proven is None
            or proven.outcome != "complete"
            or self._moved_zone
            or any(look.trouble for look in one.looks)
        ):
            return True
        if one.recent and one.recent.proof().outcome is not ListingOutcome.COMPLETE:
            return True
        if self._scheduled(one):
            return True
        return one.newest.total is not None and one.newest.total != (proven.stated or 0) + len(one.new)

    def _scheduled(self, one: Collected) -> bool:
        every = timedelta(days=self._settings.sweep_every)
        return not one.proven or not one.proven.swept_at or self._now - moment(one.proven.swept_at) >= every

    def _sweep(self, due: Sequence[Collected]) -> None:
        sweeps = [(one, self._sweep_of(one.collection)) for one in due]
        self._context.engine.run([sweep for _, sweep in sweeps])
        for one, sweep in sweeps:
            self._take_sweep(one, sweep)

    def _take_sweep(self, one: Collected, sweep: Walk) -> None:
        """Add what a sweep shows to be new, changed or missing."""
        one.sweep = sweep
        here, ids = one.here, sweep.sweep.ids
        if isinstance(sweep, FieldSweep):
            one.wanted |= {i for i, mark in sweep.prints.items() if i not in here or one.known[i].print != mark}
        else:
            for wp_id in ids:
                self._context.holdings.add(one.collection.key, wp_id)
        if sweep.proof().outcome is ListingOutcome.COMPLETE:
            # Trashed items are deleted some day, and no listing shows that.
            trashed = one.collection.kind.name == "posts" and self._scheduled(one)
            one.missing |= ((one.unpublished if trashed else set()) | here) - ids

    def _sweep_of(self, collection: Collection) -> Walk:
        """Return a full walk for small collections; for others, a sweep with the fields that show a change."""
        if collection.kind.table in ("terms", "users") or collection.kind.plain:
            return Walk(collection, self._context, hold=False)
        return FieldSweep(collection, self._context)

    # ---- reading in full

    def _fetch(self, found: Sequence[Collected]) -> None:
        """Read in full what is new or changed and wasn't read in this run."""
        for one in found:
            read_now = (one.recent.sweep.ids if one.recent else set()) | one.newest.read_in_full
            if one.read_whole:
                read_now = read_now | one.read_whole.sweep.ids
            one.fetched = self._walks_of(one.collection, (one.wanted | set(one.newest.unknown)) - read_now)
        self._context.engine.run([walk for one in found for walk in one.fetched])

    def _walks_of(self, collection: Collection, wanted: set[int]) -> list[Recent]:
        ids = sorted(wanted)
        batches = [ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH)]
        return [self._walk(collection, (("include", ",".join(map(str, batch))),)) for batch in batches]

    def _run(self, walks: Sequence[Walk]) -> None:
        self._context.engine.run(walks)
        self.proofs += [
            (walk.proof(), "fetch") for walk in walks if walk.proof().outcome is not ListingOutcome.COMPLETE
        ]

    def _read_again(self, found: Sequence[Collected]) -> None:
        """Spend the rest of the run's limit on old pages."""
        left = self._room(found)
        fresh = (self._now - timedelta(hours=self._settings.fresh_hours)).strftime(_UTC)
        room = min(left, self._settings.reread_budget)
        read_again(self._context, found, room=room, fresh=fresh)

    def _room(self, found: Sequence[Collected]) -> int:
        """Return how many requests are left of the run's limit: two for each collection that can be listed, and some more."""
        unlisted = sum(bool(one.newest.trouble) for one in found)
        # What is held of a collection that can't be listed is probed after this.
        most = 2 * (len(found) - unlisted) + _EXTRA - unlisted
        return most - self._context.engine.requester.tally.requests

    # ---- what is gone, what is proven

    def _probe_missing(self, found: Sequence[Collected]) -> None:
        """Probe what listings lack, and what belongs to posts that went or returned: totals needn't show that."""
        parents = Parents()
        for one in found:
            parents.gone(one.collection.kind.table, self._probe(one, one.missing | one.withdrawn))
            for walk in (one.recent, *one.fetched):
                if walk:
                    parents.read(one.known, walk)
        back = []
        for one in found:
            self._probe(one, hanging_on(one.known, parents.closed, gone=False) - one.missing - one.withdrawn)
            back += self._walks_of(one.collection, hanging_on(one.known, parents.opened, gone=True))
        self._run(back)

    def _look_through(self, lacking: Sequence[Collected]) -> None:
        """Sweep collections that lost and gained as many items, so that their totals stayed the same."""
        self._sweep(lacking)
        for one in lacking:
            read_now = {wp_id for walk in one.fetched for wp_id in walk.sweep.ids}
            one.fetched += self._walks_of(one.collection, one.wanted - read_now)
        self._context.engine.run([walk for one in lacking for walk in one.fetched if not walk.done])
        for one in lacking:
            self._probe(one, one.missing - one.gone)

    def _probe(self, one: Collected, missing: set[int]) -> set[int]:
        gone = missing_items(self._follower, one.collection, missing)
        one.gone |= gone
        self._context.holdings.drop(one.collection.key, gone)
        return gone

    def _prove(self, one: Collected) -> None:
        holdings = self._context.holdings
        proof, how = one.proof({wp_id for wp_id in holdings.held(one.collection.key) if isinstance(wp_id, int)})
        if how == "check" and not proof.verified and not proof.reason:
            compared = one.proven.swept_at[:10] if one.proven else "never"
            proof = replace(proof, reason=f"its ids were last compared {compared}")
        holdings.prove(proof)
        self.proofs.append((proof, how))
