"""The account of every link: what no proven listing covers is asked for by itself."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from wparchive.crawl.engine import Engine, Reply
from wparchive.crawl.ledger import Ledger
from wparchive.crawl.report import Failure
from wparchive.crawl.walk import Walk
from wparchive.errors import DamagedError
from wparchive.events import Emit
from wparchive.model import Target, Verdict
from wparchive.store import SiteStore
from wparchive.wordpress.capabilities import Index
from wparchive.wordpress.kinds import KINDS, Collection
from wparchive.wordpress.links import Aim, Link, LinkOutcome, Policy, aim, answered, links_of
from wparchive.wordpress.listing import ListingOutcome, Proof, read_reply
from wparchive.wordpress.payload import Document, Skim, items, read
from wparchive.wordpress.routes import Root, Route
from wparchive.wordpress.verdict import judge

__all__ = ["Account", "skims_of"]

# A listing with a hole says nothing of any one filtered view; so many of them are asked for, the rest stay `failed`.
VIEW_LIMIT = 100
_FAILURES_IN_A_ROW = 3

_KINDS: Mapping[Policy, str] = {Policy.HISTORY: "history", Policy.VIEW: "listing", Policy.COLLECTION: "listing"}


def skims_of(document: Document) -> list[Skim]:
    """Id and links of the item, or the items, in a document."""
    return [Skim(item.id, item.value.get("_links") or {}) for item in items(document)]


@dataclass(slots=True, kw_only=True)
class Account:
    """Settles the links of one run.

    `failures` names what could not be had, `unasked` the routes that robots.txt or the guard kept us from asking, with
    the outcome of links to them: no capture says so.
    """

    engine: Engine
    store: SiteStore
    ledger: Ledger
    root: Root
    index: Index
    collections: Mapping[str, Collection]
    emit: Emit
    failures: list[Failure] = field(default_factory=list)
    unasked: dict[str, str] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)

    def fail(self, route: str | None, reason: str) -> None:
        """Note that what is at `route` could not be had."""
        self.failures.append(Failure(route or "/", reason))

    def settle(self) -> None:
        """Ask for every open link until none is left."""
        while aims := [where for where in self.ledger.open() if where.policy is not Policy.VIEW]:
            self.ask(aims, follow=True)
        for collection in sorted(self.ledger.views_open()):
            self._views(collection)

    def ask(self, aims: Iterable[Aim], *, follow: bool = False) -> None:
        """Ask for each of `aims` once; with `follow`, the links of the items that come back join the account."""
        wanted = {self._target(where).key: where for where in aims}
        for reply in self.engine.get_all(self._target(where) for where in wanted.values()):
            self._take(reply, wanted[reply.target.key], follow)

    def target(self, kind: str, path: str, params: tuple[tuple[str, str], ...] = ()) -> Target:
        """What to ask for at a path of the site's REST API."""
        route = str(Route.of(path, params))
        return Target(url=self.root.url_for(path, params), key=route, kind=kind, route=route)

    def _target(self, where: Aim) -> Target:
        route = where.route or "/"
        return Target(
            url=self.root.url_for(route),
            key=route,
            kind=_KINDS.get(where.policy, "item"),
            route=route,
            hops=1,
        )

    def _take(self, reply: Reply, where: Aim, follow: bool) -> None:
        capture = reply.capture.capture if reply.capture else None
        document = read(reply.body)
        answer = judge(reply.head, reply.body, document)
        outcome = answered(reply.verdict, answer.meaning, reply.truncated)
        self.ledger.register(where, outcome, capture)
        if reply.verdict in (Verdict.ROBOTS, Verdict.GUARDED):
            self.unasked[where.route or "/"] = str(outcome)
        if outcome is LinkOutcome.FAILED:
            self.fail(where.route, reply.reason or answer.reason)
        if outcome is LinkOutcome.CAPTURED and where.policy is Policy.ITEM and follow:
            for skim in skims_of(document):
                self.ledger.note_alone(skim, where.route or "", reply.base)

    def _views(self, collection: str) -> None:
        """Ask for the filtered views of a collection whose own listing has a hole."""
        counts: Counter[str] = Counter()
        failed_in_a_row = 0
        for where in self._aims_at(collection):
            if sum(counts.values()) >= VIEW_LIMIT or failed_in_a_row >= _FAILURES_IN_A_ROW:
                break
            proof = self._walk(where)
            complete = proof.outcome is ListingOutcome.COMPLETE
            outcome = LinkOutcome.CAPTURED if complete else LinkOutcome.FAILED
            failed_in_a_row = 0 if complete else failed_in_a_row + 1
            counts[outcome] += 1
        self.ledger.resolve_views(collection, counts)

    def _walk(self, where: Aim) -> Proof:
        route = Route.parse(where.route or "/")
        # A collection that no document lists can still be linked to; it is walked by the plainest rules.
        unlisted = Collection(route.path, route.segments[-1], KINDS["terms"])
        walk = Walk(
            self.collections.get(route.path, unlisted),
            self.root,
            self.index,
            self.ledger,
            self.emit,
            filters=route.params,
        )
        self.engine.run([walk])
        self.proofs.append(walk.proof())
        return walk.proof()

    def _aims_at(self, collection: str) -> Iterator[Aim]:
        """Every filtered view of `collection` that a captured item links to, read again from the WARCs."""
        seen: set[str] = set()
        for capture in list(self.store.frontier.captures(self.store.crawl)):
            if capture.kind not in ("listing", "item") or not capture.final or capture.status != 200:
                continue
            try:
                stored = self.store.read(capture)
                body = stored.body().data
            except DamagedError:  # `verify` names it
                continue
            for skim in read_reply(stored.head, body, capture=capture.capture).items:
                for where in self._views_in(skim, collection, capture.url):
                    if where.route and where.route not in seen:
                        seen.add(where.route)
                        yield where

    def _views_in(self, skim: Skim, collection: str, base: str) -> Iterator[Aim]:
        links: Iterator[Link] = links_of({"_links": skim.links})
        for link in links:
            where = aim(link, self.root, base)
            if where.policy is Policy.VIEW and where.collection == collection and where.inherent is None:
                yield where
