"""Follow links: what no proven listing covers is requested by itself."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wparchive.apart import apart
from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.holdings import RunHoldings
from wparchive.crawl.links.link_account import LinkAccount
from wparchive.crawl.report import Failure
from wparchive.crawl.walk import Walk
from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.model import Privilege, Target, Verdict
from wparchive.wordpress.judgement import for_item
from wparchive.wordpress.links.aims import Aim
from wparchive.wordpress.links.decisions import answered, decide
from wparchive.wordpress.listing import ListingOutcome, Proof, read_reply
from wparchive.wordpress.payload.document import Document, Skim, items
from wparchive.wordpress.relations import LinkOutcome, Policy
from wparchive.wordpress.routes import Route

__all__ = ["LinkFollower", "skims_of"]

# A listing with a gap proves nothing about its filtered views. At most this many are requested; the rest stay `failed`.
VIEW_LIMIT, _ALL_VIEWS = 100, 1_000
_FAILURES_IN_A_ROW = 3
_BATCH = 50
_FEW = 4  # links that failed before are tried this many at a time: each may cost all its retries

_KINDS: Mapping[Policy, str] = {Policy.HISTORY: "history", Policy.VIEW: "listing", Policy.COLLECTION: "listing"}


def skims_of(document: Document) -> list[Skim]:
    """Return id and links of each item in a document."""
    return [Skim(item.id, item.value.get("_links") or {}) for item in items(document)]


@dataclass(slots=True)
class LinkFollower:
    """Follows the links of one run.

    `failures` lists what could not be fetched. `unasked` has the routes that robots.txt or the guard kept from being
    requested, with the outcome of links to them, since no capture records it.
    """

    context: Context
    failures: list[Failure] = field(default_factory=list)
    unasked: dict[str, str] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)
    _again: list[Aim] = field(default_factory=list)
    _waiting: set[str] = field(default_factory=set)

    @property
    def holdings(self) -> RunHoldings:
        """What the run holds."""
        return self.context.holdings

    @property
    def links(self) -> LinkAccount:
        """Which links are open, and how the others ended."""
        return self.context.links

    def fail(self, route: str | None, reason: str) -> None:
        """Record that `route` could not be fetched."""
        self.failures.append(Failure(route or "/", reason))

    def follow(self) -> None:
        """Request every open link until none is left, or the limit for one site is reached."""
        left = max(self.context.settings.linked_items, self.holdings.size)  # a hostile site's links lead on for ever
        while aims := [where for where in self.links.open() if self._is_for_now(where)]:
            self.ask(aims[:left], follow=True)
            if len(aims) > left:
                self.fail(None, f"{len(aims) - left:,} or more linked items that no listing shows weren't asked for")
                break
            left -= len(aims)
        self._open_histories()
        if collections := self.links.views_open():
            self._views(collections)

    def _is_for_now(self, where: Aim) -> bool:
        """Whether an open link is requested in this run: it isn't a view, nor one that failed before and must wait."""
        return where.policy is not Policy.VIEW and where.route not in self._waiting

    def ask(self, aims: Iterable[Aim], *, follow: bool = False) -> None:
        """Request each of `aims` once; with `follow`, the links of the returned items are accounted for as well."""
        wanted = {self._target(where).key: where for where in aims}
        for reply in self.context.engine.get_all(self._target(where) for where in wanted.values()):
            with apart(self.holdings.doubts.append, reply.target.route):
                self._take(reply, wanted[reply.target.key], follow)

    def ask_again(self, aims: Iterable[Aim], room: Callable[[], int]) -> None:
        """Retry links that earlier runs couldn't follow, a few at a time, while any succeeds or `room` is positive.

        A link that succeeds isn't retried later, so everything missed in an outage is made good; of links that fail for
        days, each run tries a few. `say_what_is_left` reports the rest.
        """
        self._again = [where for where in aims if decide(where, self.holdings).fetch]
        waiting, comes = deque(self._again), True
        while waiting and (comes or room() > 0):
            batch = [waiting.popleft() for _ in range(min(len(waiting), _FEW if comes else min(room(), _FEW)))]
            self.ask(batch, follow=True)
            comes = any(decide(where, self.holdings).outcome is not LinkOutcome.FAILED for where in batch)
        self._waiting = {where.route for where in waiting}

    def say_what_is_left(self) -> None:
        """Report a gap for links from earlier runs that this one neither requested nor met."""
        left = sum(
            decide(where, self.holdings).fetch and not self.holdings.answer(where.route) for where in self._again
        )
        if left:
            self.fail(None, f"{left:,} links that an earlier run couldn't follow are still to be asked for")

    def failed(self) -> list[dict[str, str]]:
        """Return the links that could not be followed, for the next run; those that weren't requested come first."""
        left = [where for where in self._again if decide(where, self.holdings).outcome is LinkOutcome.FAILED]
        waiting = [where for where in left if not self.holdings.answer(where.route)]
        tried = sorted((*self.links.failed(), *left), key=lambda where: where.route)
        found = {where.route: str(where.policy) for where in (*waiting, *tried)}
        # The next run takes them in this order, so every link gets its turn.
        return [{"policy": policy, "route": route} for route, policy in found.items()]

    def _target(self, where: Aim) -> Target:
        url, kind = self.context.root.url_for(where.route), _KINDS.get(where.policy, "item")
        return Target(url=url, key=where.route, kind=kind, route=where.route, hops=1)

    def _take(self, reply: Reply, where: Aim, follow: bool) -> None:
        document = reply.document
        answer = for_item(reply.judgement, where.route, document)
        outcome = answered(reply.verdict, answer.meaning, reply.truncated)
        self.holdings.register(where, outcome, reply.capture_id)
        if reply.verdict in (Verdict.ROBOTS, Verdict.GUARDED):
            self.unasked[where.route] = str(outcome)
        if outcome is LinkOutcome.FAILED:
            self.fail(where.route, reply.reason or answer.reason)
        if outcome is LinkOutcome.CAPTURED and where.policy is Policy.ITEM:
            self._take_item(where, document, reply.base if follow else None)

    def _take_item(self, where: Aim, document: Document, base: str | None) -> None:
        """Count an item that came by itself; with `base`, the URL of the response, account for its links as well."""
        if isinstance(where.item_id, int):
            self.holdings.show_alone(where.collection, where.item_id)
        if base is not None:
            for skim in skims_of(document):
                self.links.note_alone(skim, where.route, base)

    def _views(self, collections: set[str]) -> None:
        """Request the filtered views of collections whose own listing has a gap."""
        left = _ALL_VIEWS
        for collection, views in sorted(self._views_of(collections).items()):
            counts = self._asked_views(views[:left])
            left -= sum(counts.values())
            self.links.resolve(Policy.VIEW, collection, counts)

    def conclude_histories(self) -> None:
        """Decide links to revisions one by one where only some items' revisions were read.

        The links are read from the WARCs.
        """
        counts: dict[tuple[Policy, str], Counter[str]] = defaultdict(Counter)
        for where in self._histories(self.holdings.histories_read):
            counts[where.policy, where.collection][decide(where, self.holdings).outcome] += 1
        for (policy, collection), found in counts.items():
            self.links.resolve(policy, collection, found)

    def _open_histories(self) -> None:
        """Request all revisions of a collection where one item's are public, until a refusal stands for the rest."""
        opened = frozenset(one for one in self.holdings.histories_read if self.holdings.history(one) is None)
        wanted = {where.route: where for where in self._histories(opened) if where.policy is Policy.HISTORY}
        aims = deque(wanted.values())
        # One first: its refusal may stand for all.
        size = 1
        while aims:
            some = [aims.popleft() for _ in range(min(size, len(aims)))]
            self.ask(where for where in some if decide(where, self.holdings).fetch)
            size = _BATCH

    def _histories(self, collections: frozenset[str]) -> Iterator[Aim]:
        """Yield every link to revisions of items of `collections`."""
        for skim, base in self._captured() if collections else ():
            for where in self._aims(skim, base):
                if where.policy in (Policy.HISTORY, Policy.REVISION) and where.collection in collections:
                    yield where

    def _asked_views(self, views: Sequence[Aim]) -> Counter[str]:
        counts: Counter[str] = Counter()
        failed_in_a_row = 0
        for where in views:
            # The views of a broken collection mostly fail alike.
            if failed_in_a_row >= _FAILURES_IN_A_ROW:
                break
            complete = self._walk(where).outcome is ListingOutcome.COMPLETE
            counts[LinkOutcome.CAPTURED if complete else LinkOutcome.FAILED] += 1
            failed_in_a_row = 0 if complete else failed_in_a_row + 1
        return counts

    def _walk(self, where: Aim) -> Proof:
        route = Route.parse(where.route)
        walk = Walk(self.context.collection_at(route.path), self.context, filters=route.params)
        self.context.engine.run([walk])
        self.proofs.append(walk.proof())
        return walk.proof()

    def _views_of(self, collections: set[str]) -> dict[str, list[Aim]]:
        """Return filtered views that captured items link to, at most VIEW_LIMIT each; reads the WARCs once."""
        found: dict[str, dict[str, Aim]] = {collection: {} for collection in collections}
        wanting = set(collections)
        for skim, base in self._captured():
            for where in self._views_in(skim, wanting, base):
                views = found[where.collection]
                views.setdefault(where.route, where)
                if len(views) >= VIEW_LIMIT:
                    wanting.discard(where.collection)
            if not wanting:
                break
        return {collection: list(views.values()) for collection, views in found.items()}

    def _captured(self) -> Iterator[tuple[Skim, str]]:
        """Yield the items that this crawl captured, and the URL of the response."""
        # A list, since requests made in between add captures.
        for capture in list(self.context.store.log.captures(self.context.store.crawl)):
            shown = capture.kind in ("listing", "item") and capture.privilege is Privilege.ANONYMOUS
            if not shown or not capture.final or not is_success(capture.status):
                continue
            try:
                stored = self.context.store.read(capture)
                body = stored.body().data
            except DamagedError:  # `verify` names it
                continue
            for skim in read_reply(stored.head, body, capture=capture.capture).items:
                yield skim, capture.url

    def _aims(self, skim: Skim, base: str) -> list[Aim]:
        aims: list[Aim] = []
        with apart(self.holdings.doubts.append, f"{base}: links of {skim.id}"):
            aims += self.links.aims(skim, base)
        return aims

    def _views_in(self, skim: Skim, collections: set[str], base: str) -> Iterator[Aim]:
        for where in self._aims(skim, base):
            if where.policy is Policy.VIEW and where.collection in collections and where.inherent is None:
                yield where
