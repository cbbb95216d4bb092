"""An incremental run: what is new, what moved, what is gone, in as few requests as that takes.

Every collection is asked for its newest ids (which also states its total) and, where the site knows the parameter, for what
was modified since. Where the totals don't add up with what is held, or the schedule says so, the whole collection is swept
by id with small fields. What the bound of two requests a collection leaves is spent on reading old pages again, the
longest unread first: only that finds an edit that moves nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from wparchive.config import Settings
from wparchive.crawl.account import Account, outcome_of
from wparchive.crawl.engine import Reply
from wparchive.crawl.kin import Parents, Recent, hanging_on
from wparchive.crawl.memory import Known, Memory, fingerprint
from wparchive.crawl.report import Tally
from wparchive.crawl.walk import Walk
from wparchive.model import Target
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.links import Outcome as LinkOutcome
from wparchive.wordpress.listing import Gap, Outcome, Proof, read_reply
from wparchive.wordpress.payload import items, read
from wparchive.wordpress.routes import Route
from wparchive.wordpress.verdict import Meaning, judge

__all__ = ["Changes", "missing_items"]

_PAGE = 100
_OVERLAP = timedelta(hours=2)  # an autumn clock change repeats an hour of local time
_ZONE_OVERLAP = timedelta(hours=26)  # rows keep the local time of the zone that they were written in
# A collection that shrinks by so much at once is more likely broken than emptied: a few probes decide first.
_COLLAPSE_SHARE, _COLLAPSE_LEAST, _COLLAPSE_PROBES = 0.2, 50, 5
_EXTRA = 6  # what a run may cost beside two requests a collection


class _Newest:
    """The task of listing a collection's ids from the newest down to one that is known."""

    def __init__(self, collection: Collection, account: Account, known: Mapping[int, Known]) -> None:
        self.collection = collection
        self.unknown: list[int] = []
        self.total: int | None = None
        self.capture: str | None = None
        self.trouble = ""
        self.done = False
        self._account = account
        self._known = known
        self._page = 1
        self._asked = False

    def wanted(self, limit: int) -> Sequence[Target]:
        """The next page down."""
        if self.done or self._asked or not limit:
            return ()
        self._asked = True
        params = (
            ("_fields", "id"),
            ("order", "desc"),
            ("orderby", "id"),
            ("per_page", str(_PAGE)),
            ("page", str(self._page)),
        )
        route = self.collection.route
        return (_target(self._account, "listing", Route.of(route, params), self._account.root.url_for(route, params)),)

    def feed(self, reply: Reply) -> None:
        """Go on until a page shows a known id, or shows less than a page."""
        self._asked = False
        capture = reply.capture.capture if reply.capture else None
        page = read_reply(reply.head, reply.body, capture=capture, verdict=reply.verdict, reason=reply.reason)
        if not page.answer.ok:
            if page.answer.meaning is not Meaning.PAST_END:
                self.trouble = page.answer.reason or reply.reason or "no answer"
            self.done = True
            return
        ids = [one.id for one in page.items if one.id is not None]
        if self._page == 1:
            self.total, self.capture = page.total, capture
        new = [one for one in ids if one not in self._known or self._known[one].gone]
        self.unknown += [one for one in new if one not in self.unknown]
        self.done = len(new) < len(ids) or len(ids) + page.empties < _PAGE or self._page > 10_000
        self._page += 1


class _FieldSweep(Walk):
    """A walk over a whole collection with small fields: which ids are there, and which differ from what is known."""

    prints: dict[int, str]
    fields: tuple[str, ...]

    def _take(self, reply: Reply, answer: object) -> None:
        del answer
        for item in items(read(reply.body)):
            if item.id is not None:
                self.prints[item.id] = fingerprint(item.value, self.fields)


@dataclass(slots=True)
class _Collected:
    """What is found out about one collection in the course of the run."""

    collection: Collection
    known: dict[int, Known]
    newest: _Newest
    recent: Recent | None = None
    sweep: Walk | None = None
    fetched: list[Recent] = field(default_factory=list)
    wanted: set[int] = field(default_factory=set)
    missing: set[int] = field(default_factory=set)

    @property
    def here(self) -> set[int]:
        """Ids of the items that were public when last seen."""
        return {wp_id for wp_id, one in self.known.items() if one.gone is None}

    @property
    def unpublished(self) -> set[int]:
        """Ids of the items that were there, but not for everyone."""
        return {wp_id for wp_id, one in self.known.items() if one.gone == "unpublished"}


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
        found = [_Collected(one, known[one.route], _Newest(one, account, known[one.route])) for one in collections]
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
        return self._walk(collection, (("modified_after", since.strftime("%Y-%m-%dT%H:%M:%SZ")),))

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

    def _due(self, one: _Collected) -> bool:
        """Whether the collection has to be looked through from end to end."""
        proven = self._memory.proven(one.collection.route)
        if proven is None or proven.outcome != "complete" or self._moved_zone or one.newest.trouble:
            return True
        if one.recent and one.recent.proof().outcome is not Outcome.COMPLETE:
            return True
        if self._scheduled(one):
            return True
        new = set(one.newest.unknown) | (one.recent.sweep.ids - one.here if one.recent else set())
        return one.newest.total is not None and one.newest.total != (proven.stated or 0) + len(new)

    def _scheduled(self, one: _Collected) -> bool:
        proven = self._memory.proven(one.collection.route)
        every = timedelta(days=self._settings.sweep_every)
        return not proven or not proven.swept_at or self._now - datetime.fromisoformat(proven.swept_at) >= every

    def _sweep(self, due: Sequence[_Collected]) -> None:
        for one in due:
            one.sweep = self._sweep_of(one.collection)
        self._account.engine.run([one.sweep for one in due if one.sweep])
        for one in due:
            sweep = one.sweep
            if sweep is None:
                continue
            shown = sweep.sweep.ids
            if isinstance(sweep, _FieldSweep):
                here = one.here
                one.wanted |= {i for i, mark in sweep.prints.items() if i not in here or one.known[i].print != mark}
            if sweep.proof().outcome is Outcome.COMPLETE:
                # What is in the trash is deleted some day, and no listing tells that.
                trashed = one.collection.kind.name == "posts" and self._scheduled(one)
                one.missing |= ((one.unpublished if trashed else set()) | one.here) - shown

    def _sweep_of(self, collection: Collection) -> Walk:
        """Small collections are simply read again; of the others a sweep asks for the fields that can tell a change."""
        account = self._account
        if collection.kind.table in ("terms", "users"):
            return self._walk_whole(collection)
        fields = self._memory.fields
        sweep = _FieldSweep(
            collection,
            account.root,
            account.index,
            account.ledger,
            account.emit,
            extra=(("_fields", ",".join(fields)),),
            how="sweep",
            hold=False,
        )
        sweep.prints, sweep.fields = {}, fields
        return sweep

    def _walk_whole(self, collection: Collection) -> Walk:
        account = self._account
        return Walk(collection, account.root, account.index, account.ledger, account.emit, hold=False)

    # ---- reading in full

    def _fetch(self, found: Sequence[_Collected]) -> None:
        """Read in full what is new or changed and hasn't been in this run."""
        for one in found:
            read_now = one.recent.sweep.ids if one.recent else set()
            if one.sweep and not isinstance(one.sweep, _FieldSweep):
                read_now = read_now | one.sweep.sweep.ids
            one.fetched = self._walks_of(one.collection, (one.wanted | set(one.newest.unknown)) - read_now)
        self._account.engine.run([walk for one in found for walk in one.fetched])

    def _walks_of(self, collection: Collection, wanted: set[int]) -> list[Recent]:
        ids = sorted(wanted)
        batches = [ids[at : at + _PAGE] for at in range(0, len(ids), _PAGE)]
        return [self._walk(collection, (("include", ",".join(map(str, batch))),)) for batch in batches]

    def _run(self, walks: Sequence[Walk]) -> None:
        self._account.engine.run(walks)
        self.proofs += [(walk.proof(), "fetch") for walk in walks if walk.proof().outcome is not Outcome.COMPLETE]

    def _read_again(self, found: Sequence[_Collected]) -> None:
        """Read old pages of the full listing again, those with fresh items first, then the longest unread."""
        bound = 2 * len(found) + _EXTRA - self._tally.requests
        room = min(bound, self._settings.reread_budget)
        pages = list(self._pages_to_read(found))[: max(0, room)]
        targets = {}
        for one, page, expected in pages:
            params = (("per_page", str(_PAGE)), ("page", str(page)), ("orderby", "id"), ("order", "asc"))
            route = one.collection.route
            target = _target(
                self._account, "listing", Route.of(route, params), self._account.root.url_for(route, params)
            )
            targets[target.key] = (target, one, expected)
        for reply in self._account.engine.get_all(target for target, _, _ in targets.values()):
            _, one, expected = targets[reply.target.key]
            page_read = read_reply(reply.head, reply.body, capture=None, verdict=reply.verdict)
            if not page_read.answer.ok:
                continue
            shown = {skim.id for skim in page_read.items if skim.id is not None}
            self._account.ledger.note(page_read.items)
            one.wanted -= shown
            if shown:
                lost = {i for i in expected if min(shown) <= i <= max(shown)} - shown
                one.missing |= lost

    def _pages_to_read(self, found: Sequence[_Collected]) -> Iterator[tuple[_Collected, int, list[int]]]:
        fresh = (self._now - timedelta(hours=self._settings.fresh_hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        aged = []
        for one in found:
            if one.sweep and not isinstance(one.sweep, _FieldSweep):
                continue
            here = sorted(one.here)
            last = -(-len(here) // _PAGE)
            young = -(-self._memory.since(one.collection.route, fresh) // _PAGE)
            for page in range(1, last + 1):
                ids = here[(page - 1) * _PAGE : page * _PAGE]
                age = "" if page > last - young else min(one.known[i].read_at for i in ids)
                aged.append((age, one.collection.route, page, one, ids))
        for _, _, page, one, ids in sorted(aged, key=lambda entry: entry[:3]):
            yield one, page, ids

    # ---- what is gone, what is proven

    def _probe_missing(self, found: Sequence[_Collected]) -> None:
        """Ask for what listings lack, and for what hangs on posts that went or came back: no total need show that."""
        parents = Parents()
        for one in found:
            parents.gone(one.collection.kind.table, self._probe(one, one.missing))
            for walk in (one.recent, *one.fetched):
                if walk:
                    parents.read(one.known, walk)
        back = []
        for one in found:
            self._probe(one, hanging_on(one.known, parents.closed, gone=False) - one.missing)
            back += self._walks_of(one.collection, hanging_on(one.known, parents.opened, gone=True))
        self._run(back)

    def _probe(self, one: _Collected, missing: set[int]) -> set[int]:
        gone = missing_items(self._account, one.collection, missing)
        self._account.ledger.drop(one.collection.route, gone)
        return gone

    def _prove(self, one: _Collected) -> None:
        account, route = self._account, one.collection.route
        if one.sweep:
            proof, how = one.sweep.proof(), one.sweep.how
        else:
            held = len(account.ledger.held(route))
            stated = one.newest.total
            proof, how = (
                Proof(
                    route=route,
                    type=one.collection.type,
                    stated=stated,
                    held=held,
                    withheld=max(0, (stated or held) - held),
                    pages=1,
                    outcome=Outcome.COMPLETE,
                    verified=stated is not None,
                    gaps=(),
                    capture=one.newest.capture,
                ),
                "check",
            )
        proof = _less(proof, one)
        account.ledger.prove(proof)
        self.proofs.append((proof, how))


def _less(proof: Proof, one: _Collected) -> Proof:
    """`proof` without the items that are known to be there, or to have changed, and could not be read in full."""
    unread: dict[int, str] = {}
    for walk in one.fetched:
        found = walk.proof()
        if found.outcome is not Outcome.COMPLETE:
            reason = found.gaps[0].reason if found.gaps else found.reason
            asked = dict(walk.view.params)["include"]
            unread |= dict.fromkeys(set(map(int, asked.split(","))) - walk.sweep.ids, reason)
    if not unread:
        return proof
    listed = sorted(one.here | unread.keys() | (one.sweep.sweep.ids if one.sweep else set()))
    places = {wp_id: place for place, wp_id in enumerate(listed, 1) if wp_id in unread}
    gaps = (Gap(place, place, f"{unread[wp_id]}; not read in full") for wp_id, place in places.items())
    return replace(
        proof,
        held=max(0, proof.held - len(unread)),
        outcome=Outcome.SHORT if proof.outcome is Outcome.COMPLETE else proof.outcome,
        verified=False,
        gaps=Gap.merged((*proof.gaps, *gaps)),
    )


def missing_items(account: Account, collection: Collection, ids: set[int]) -> set[int]:
    """Ask for each of `ids`, which a listing lacks, by itself; gives those that the site confirms to be gone."""
    known = len(account.ledger.held(collection.route))
    if len(ids) > _COLLAPSE_LEAST and len(ids) > known * _COLLAPSE_SHARE:
        few = set(sorted(ids)[:_COLLAPSE_PROBES])
        gone = _probed(account, collection, few)
        if not gone:
            account.fail(collection.route, f"{len(ids)} items are not listed any more, and none is confirmed gone")
            return gone
        return gone | _probed(account, collection, ids - few)
    return _probed(account, collection, ids)


def _probed(account: Account, collection: Collection, ids: set[int]) -> set[int]:
    targets = {}
    for wp_id in sorted(ids):
        route = Route.of(f"{collection.route}/{wp_id}")
        target = _target(account, "probe", route, account.root.url_for(str(route)))
        targets[target.key] = (target, wp_id)
    gone = set()
    for reply in account.engine.get_all(target for target, _ in targets.values()):
        answer = judge(reply.head, reply.body)
        outcome = outcome_of(reply, answer.meaning)
        if outcome in (LinkOutcome.REFUSED, LinkOutcome.MISSING) and answer.meaning is not Meaning.NO_ROUTE:
            gone.add(targets[reply.target.key][1])
        elif outcome is not LinkOutcome.CAPTURED:
            account.fail(reply.target.route, reply.reason or answer.reason)
    return gone


def _target(account: Account, kind: str, route: Route, url: str) -> Target:
    del account
    return Target(url=url, key=str(route), kind=kind, route=str(route))
