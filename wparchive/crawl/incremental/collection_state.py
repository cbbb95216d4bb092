"""What an incremental run finds out about one collection, and what that proves."""

from dataclasses import dataclass, field, replace

from wparchive.crawl.incremental.newest import Newest, Window
from wparchive.crawl.incremental.parents import Recent
from wparchive.crawl.walk import FieldSweep, Walk, nothing_listed, with_earlier
from wparchive.store import Known, Proven
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.listing import Gap, ListingOutcome, Proof

__all__ = ["Collected"]


@dataclass(slots=True)
class Collected:
    """The state of one collection during the run: what was `known` and `proven` before, and the tasks that looked since.

    `wanted` has items to read in full, `missing` those that a listing lacks, `gone` those that the site itself confirms
    to be gone.
    """

    collection: Collection
    known: dict[int, Known]
    newest: Newest
    proven: Proven | None = None
    resumed: bool = False  # some of what was known is from this very crawl, so it is no second reading
    recent: Recent | None = None
    windows: list[Window] = field(default_factory=list)
    sweep: Walk | None = None
    fetched: list[Recent] = field(default_factory=list)
    wanted: set[int] = field(default_factory=set)
    missing: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)

    @property
    def here(self) -> set[int]:
        """Ids of the items that were public when last seen."""
        return {wp_id for wp_id, one in self.known.items() if one.gone is None}

    @property
    def unpublished(self) -> set[int]:
        """Ids of the items that existed, but weren't public."""
        return {wp_id for wp_id, one in self.known.items() if one.gone == "unpublished"}

    @property
    def read_whole(self) -> Walk | None:
        """The walk that read the whole collection in full, if one did."""
        return None if isinstance(self.sweep, FieldSweep) else self.sweep

    def proof(self, held: set[int]) -> tuple[Proof, str]:
        """Return what is proven now that the items `held` are held, and by what kind of walk."""
        if self.sweep:
            # What was held before is a second reading of the list.
            if not self.resumed:
                self.sweep.compare((self.here | self.new) - self.gone)
            return self._less(self._listing(self.sweep.proof(), self.sweep.sweep.ids)), self.sweep.how
        return self._less(self._listing(self._check(held), self.newest.listed)), "ids" if self.newest.whole else "check"

    def _listing(self, proof: Proof, listed: set[int]) -> Proof:
        """Return `proof`, unless nothing is listed although items are held that aren't known to be gone."""
        here = self.here - self.gone
        why = "held, and none is known to be gone"
        return with_earlier(proof if listed else nothing_listed(proof, len(here), why), here)

    def miscounts(self, held: int) -> bool:
        """Whether the server counts more than the `held` items, now that what is gone is known, though nothing showed it.

        Or fewer, in a plug-in's list: of what came and went since it was `proven`, only what came was seen.
        """
        if self.sweep or self.newest.whole or self.newest.total is None or self.proven is None:
            return False
        withheld = (self.proven.stated or 0) - self.proven.held
        fewer = self.collection.kind.plain and self.newest.total < held + min(0, withheld)
        return fewer or self.newest.total > held + max(0, withheld)

    @property
    def looks(self) -> list[Newest]:
        """The tasks that listed ids only."""
        return [self.newest, *self.windows]

    @property
    def new(self) -> set[int]:
        """The items that are new, as far as a run without a sweep can see."""
        found = {wp_id for look in self.looks for wp_id in look.unknown}
        return found | (self.recent.sweep.ids - self.here if self.recent else set())

    def _check(self, held: set[int]) -> Proof:
        """Return the proof without a full walk: the server's total agrees with what is held, or its few ids do."""
        stated = self.newest.total
        return Proof(
            route=self.collection.key,
            type=self.collection.type,
            stated=stated,
            held=len(held),
            withheld=max(0, (stated or 0) - len(held) - self.newest.repeated),
            pages=1,
            outcome=ListingOutcome.COMPLETE,
            verified=self.newest.whole and stated is not None and self.newest.listed == held,
            gaps=(),
            capture=self.newest.capture,
            ids=held,
        )

    def _less(self, proof: Proof) -> Proof:
        """Return `proof` without the items that exist, or have changed, and could not be read in full."""
        unread = self._unread()
        held = set(proof.ids) - unread.keys() - self.gone
        if not unread:
            return replace(proof, held=len(held), ids=held)
        listed = sorted(self.here | unread.keys() | (self.sweep.sweep.ids if self.sweep else set()))
        places = {wp_id: place for place, wp_id in enumerate(listed, 1) if wp_id in unread}
        # A gap is a position in the listing, here by id.
        gaps = (Gap(place, place, f"{unread[wp_id]}; not read in full") for wp_id, place in places.items())
        return replace(
            proof,
            held=len(held),
            outcome=ListingOutcome.SHORT if proof.outcome is ListingOutcome.COMPLETE else proof.outcome,
            verified=False,
            gaps=Gap.merged((*proof.gaps, *gaps)),
            ids=held,
        )

    @property
    def withdrawn(self) -> set[int]:
        """The items that were listed in this run, but not returned when they were requested by id."""
        ended = (walk for walk in self.fetched if walk.proof().outcome is ListingOutcome.COMPLETE)
        return {wp_id for walk in ended for wp_id in asked_for(walk) - walk.sweep.ids}

    def _unread(self) -> dict[int, str]:
        """Return the items that were requested by id and not returned, with the reason."""
        unread: dict[int, str] = {}
        for walk in self.fetched:
            found = walk.proof()
            if found.outcome is not ListingOutcome.COMPLETE:
                reason = found.gaps[0].reason if found.gaps else found.reason
                unread |= dict.fromkeys(asked_for(walk) - walk.sweep.ids, reason)
        return unread


def asked_for(walk: Walk) -> set[int]:
    """Return the ids that a walk requests by `include`."""
    return set(map(int, dict(walk.view.params)["include"].split(",")))
