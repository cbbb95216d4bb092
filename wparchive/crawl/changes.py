"""An incremental run: what is new, what moved, what is gone, in as few requests as that takes.

Every collection is asked for its newest ids (which also states its total) and, where the site knows the parameter, for what
was modified since. Where the totals don't add up with what is held, or the schedule says so, the whole collection is swept
by id with small fields. What the bound of two requests a collection leaves is spent on reading old pages again, the
longest unread first: only that finds an edit that moves nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from wparchive.config import Settings
from wparchive.crawl.account import Account
from wparchive.crawl.collected import Collected
from wparchive.crawl.kin import Parents, Recent, hanging_on
from wparchive.crawl.memory import Memory
from wparchive.crawl.newest import Newest
from wparchive.crawl.probes import missing_items
from wparchive.crawl.report import Tally
from wparchive.crawl.rereading import read_again
from wparchive.crawl.walk import FieldSweep, Walk
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.listing import ListingOutcome, Proof

__all__ = ["Changes"]

_BATCH = 100
_UTC = "%Y-%m-%dT%H:%M:%SZ"
_OVERLAP = timedelta(hours=2)  # an autumn clock change repeats an hour of local time
_ZONE_OVERLAP = timedelta(hours=26)  # rows keep the local time of the zone that they were written in
_EXTRA = 6  # what a run may cost beside two requests a collection


class Changes:
    """One incremental run over the collections of a site; `proofs` says what each of them came to, and how."""

    def __init__(
        self, account: Account, memory: Memory, settings: Settings, *, now: datetime, tally: Tally, timezone: str
    ) -> None:
        self.proofs: list[tuple[Proof, str]] = []
        self._account = account
        self._memory = memory
        self._settings = settings
        self._now = now
        self._tally = tally
        self._moved_zone = memory.recall("timezone") not in (None, timezone)

    def run(self, collections: Sequence[Collection]) -> None:
        """Find and fetch everything that changed, probe what is missing, and prove what is held."""
        account = self._account
        known = {one.route: self._memory.known(one.route) for one in collections}
        found = [Collected(one, known[one.route], Newest(one, account, known[one.route])) for one in collections]
        for one in found:
            account.ledger.hold(one.collection.route, one.here)
            one.recent = self._recent(one.collection)
        account.engine.run([task for one in found for task in (one.newest, one.recent) if task])
        self._sweep([one for one in found if self._due(one)])
        self._read_again(found)
        self._fetch(found)
        self._probe_missing(found)
        for one in found:
            self._prove(one)

    def _recent(self, collection: Collection) -> Recent | None:
        """What was modified since the latest modification that we saw, where the site knows how to tell."""
        route, index = collection.route, self._account.index
        if not index.supports(route, "modified_after"):
            return None
        newest = self._memory.newest(route)
        if not newest:
            return None
        overlap = _ZONE_OVERLAP if self._moved_zone else _OVERLAP
        since = datetime.fromisoformat(newest) - overlap
        return self._walk(collection, (("modified_after", since.strftime(_UTC)),))

    def _walk(self, collection: Collection, filters: tuple[tuple[str, str], ...] = ()) -> Recent:
        account = self._account
        return Recent(
            collection,
            account.root,
            account.index,
            account.ledger,
            account.emit,
            filters=filters,
            max_body=self._settings.max_body,
        )

    # ---- sweeps

    def _due(self, one: Collected) -> bool:
        """Whether the collection has to be looked through from end to end."""
        proven = self._memory.proven(one.collection.route)
        if self._memory.lost:  # the site's totals don't tell what is missing here
            return True
        if proven is None or proven.outcome != "complete" or self._moved_zone or one.newest.trouble:
            return True
        if one.recent and one.recent.proof().outcome is not ListingOutcome.COMPLETE:
            return True
        if self._scheduled(one):
            return True
        new = set(one.newest.unknown) | (one.recent.sweep.ids - one.here if one.recent else set())
        return one.newest.total is not None and one.newest.total != (proven.stated or 0) + len(new)

    def _scheduled(self, one: Collected) -> bool:
        proven = self._memory.proven(one.collection.route)
        every = timedelta(days=self._settings.sweep_every)
        return not proven or not proven.swept_at or self._now - datetime.fromisoformat(proven.swept_at) >= every

    def _sweep(self, due: Sequence[Collected]) -> None:
        sweeps = [(one, self._sweep_of(one.collection)) for one in due]
        self._account.engine.run([sweep for _, sweep in sweeps])
        for one, sweep in sweeps:
            one.sweep = sweep
            if isinstance(sweep, FieldSweep):
                here = one.here
                one.wanted |= {i for i, mark in sweep.prints.items() if i not in here or one.known[i].print != mark}
            if sweep.proof().outcome is ListingOutcome.COMPLETE:
                # What is in the trash is deleted some day, and no listing tells that.
                trashed = one.collection.kind.name == "posts" and self._scheduled(one)
                one.missing |= ((one.unpublished if trashed else set()) | one.here) - sweep.sweep.ids

    def _sweep_of(self, collection: Collection) -> Walk:
        """Small collections are simply read again; of the others a sweep asks for the fields that can tell a change."""
        account = self._account
        if collection.kind.table in ("terms", "users"):
            return Walk(collection, account.root, account.index, account.ledger, account.emit, hold=False)
        return FieldSweep(
            collection, account.root, account.index, account.ledger, account.emit, fields=self._memory.fields
        )

    # ---- reading in full

    def _fetch(self, found: Sequence[Collected]) -> None:
        """Read in full what is new or changed and hasn't been in this run."""
        for one in found:
            read_now = one.recent.sweep.ids if one.recent else set()
            if one.read_whole:
                read_now = read_now | one.read_whole.sweep.ids
            one.fetched = self._walks_of(one.collection, (one.wanted | set(one.newest.unknown)) - read_now)
        self._account.engine.run([walk for one in found for walk in one.fetched])

    def _walks_of(self, collection: Collection, wanted: set[int]) -> list[Recent]:
        ids = sorted(wanted)
        batches = [ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH)]
        return [self._walk(collection, (("include", ",".join(map(str, batch))),)) for batch in batches]

    def _run(self, walks: Sequence[Walk]) -> None:
        self._account.engine.run(walks)
        self.proofs += [
            (walk.proof(), "fetch") for walk in walks if walk.proof().outcome is not ListingOutcome.COMPLETE
        ]

    def _read_again(self, found: Sequence[Collected]) -> None:
        """Spend what is left of the run's bound on old pages."""
        left = 2 * len(found) + _EXTRA - self._tally.requests
        fresh = (self._now - timedelta(hours=self._settings.fresh_hours)).strftime(_UTC)
        room = min(left, self._settings.reread_budget)
        read_again(self._account, self._memory, found, room=room, fresh=fresh)

    # ---- what is gone, what is proven

    def _probe_missing(self, found: Sequence[Collected]) -> None:
        """Ask for what listings lack, and for what hangs on posts that went or came back: no total need show that."""
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

    def _probe(self, one: Collected, missing: set[int]) -> set[int]:
        gone = missing_items(self._account, one.collection, missing)
        one.gone |= gone
        self._account.ledger.drop(one.collection.route, gone)
        return gone

    def _prove(self, one: Collected) -> None:
        ledger = self._account.ledger
        proof, how = one.proof({wp_id for wp_id in ledger.held(one.collection.route) if isinstance(wp_id, int)})
        ledger.prove(proof)
        self.proofs.append((proof, how))
