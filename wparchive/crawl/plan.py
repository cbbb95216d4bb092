"""The plan of a run: the collections to walk, their walks, and what these prove."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from wparchive.crawl.collections.looking import plug_ins
from wparchive.crawl.collections.unnamed import unnamed
from wparchive.crawl.context import Context
from wparchive.crawl.engine.engine import Engine
from wparchive.crawl.holdings import RunHoldings
from wparchive.crawl.incremental.changes import Changes
from wparchive.crawl.incremental.probes import missing_items
from wparchive.crawl.languages.lists import remembered_lists
from wparchive.crawl.languages.look import Languages
from wparchive.crawl.links.follow_links import LinkFollower
from wparchive.crawl.links.link_account import LinkAccount
from wparchive.crawl.links.post import archive_post
from wparchive.crawl.seen_twice import read_twice
from wparchive.crawl.session import Session
from wparchive.crawl.walk import Walk, document_proof, failed_proof, hear_silence
from wparchive.errors import UsageError
from wparchive.model import Target
from wparchive.wordpress.age import moment
from wparchive.wordpress.collections.beyond_types import REFUSED_NOW, beyond_types
from wparchive.wordpress.collections.offered import failure_of
from wparchive.wordpress.discovery.discovery import Discovery
from wparchive.wordpress.discovery.questions import Answer
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import TAXONOMIES_ROUTE, TYPES_ROUTE, Collection, collections, is_unread
from wparchive.wordpress.listing import NOT_ASKED, ListingOutcome, Proof
from wparchive.wordpress.payload.document import Document, objects
from wparchive.wordpress.relations import Policy
from wparchive.wordpress.routes import Root
from wparchive.wordpress.unlisted import remembered

__all__ = ["Plan", "make_plan"]


def make_plan(session: Session, found: Discovery, root: Root, index: RestIndex) -> "Plan":
    """Read the site's types and taxonomies, and plan the walk over their collections."""
    documents = _documents(session.engine, root, (TYPES_ROUTE, TAXONOMIES_ROUTE))
    types, taxonomies = (documents[route].value for route in (TYPES_ROUTE, TAXONOMIES_ROUTE))
    listed = collections(index, types, taxonomies, root)
    memory = session.memory
    unread = is_unread(types, taxonomies, listed)
    unlisted = list(unnamed(session.engine, root, index, listed, memory)) if unread else []
    # A held type that the site no longer names: its list is requested too, and reported.
    held = [one for one in remembered(memory.seen.entries("collections")) if memory.seen.known(one.route)]
    if unlisted or held:
        listed = collections(index, types, taxonomies, root, [*unlisted, *held])
    listed += plug_ins(session.engine, root, index, listed, memory, session.mode)
    if session.mode == "incremental" and session.job.site.settings.languages == "all":
        listed += list(remembered_lists(memory.seen.entries("languages"), listed))
    holdings = RunHoldings(listed)
    return Plan(
        Context(
            engine=session.engine,
            store=session.store,
            network=session.job.network,
            memory=memory,
            settings=session.job.site.settings,
            emit=session.emit,
            now=session.job.seams.now,
            mode=session.mode,
            home=found.home,
            root=root,
            index=index,
            collections=listed,
            holdings=holdings,
            links=LinkAccount(root, holdings),
        ),
        found.page,
    )


def _documents(engine: Engine, root: Root, routes: Sequence[str]) -> Mapping[str, Document]:
    replies = engine.get_all(
        Target(url=root.url_for(route), key=route, kind=route.rpartition("/")[2], route=route) for route in routes
    )
    return {reply.target.key: reply.document for reply in replies}


class Plan:
    """The collections of one site and the walks over them."""

    def __init__(self, context: Context, page: Answer | None) -> None:
        self.context = context
        self.follower = LinkFollower(context)  # requests everything beyond the listings
        self.languages = Languages(self.follower, page)
        self._memory, self._holdings = context.memory, context.holdings
        self._walks: list[Walk] = []
        self._documents: list[Proof] = []
        self._changes: Changes | None = None
        self.newer: Mapping[str, set[int]] = {}  # items that sitemaps call modified
        self._followed = False  # whether every link was considered
        for one in context.collections:
            if reason := failure_of(one):
                self._documents.append(failed_proof(one, reason))
                self._holdings.prove(self._documents[-1])

    def facts(self) -> list[dict[str, Any]]:
        """Return the collections as a fact of the run."""
        return [
            {"route": one.route, "type": one.type, "table": one.kind.table, "skipped": _why_skipped(one)}
            for one in self.context.collections
            if not one.params
        ]

    def archive_site(self) -> None:
        """Walk every collection, then account for every link."""
        self._recall_histories()
        walked = [one for one in self.context.collections if not one.skipped]
        for one in walked:
            if one.kind.name in ("documents", "locations"):  # one response, without pages
                self._document(one)
        self._walks = [self._walk(one) for one in walked if one.kind.name not in ("documents", "locations")]
        self.context.engine.run(self._walks)
        hear_silence(self._walks)
        read_twice(self.follower, self._walks)
        self._walks += self.languages.walk(self._walks)
        for walk in self._walks:
            known = self._memory.seen.known(walk.collection.key)
            walk.before = {wp_id for wp_id, one in known.items() if one.gone is None}
            self._holdings.prove(walk.proof())
        self._probe_missing()
        self.follower.follow()
        self._hold_to_items()
        self._followed = True

    def _hold_to_items(self) -> None:
        """Correct the proof of a listing that is empty although its items are shown by themselves."""
        for walk in self._walks:
            if not walk.sweep.ids and not walk.filtered and not walk.collection.params:
                walk.alone = self._holdings.shown_alone(walk.collection.route)
                self._holdings.prove(walk.proof())

    def _probe_missing(self) -> None:
        """Request what an earlier run held and a complete walk lacks."""
        for walk in self._walks:
            if walk.proof().outcome is ListingOutcome.COMPLETE:
                known = self._memory.seen.known(walk.collection.key)
                # Trashed items are requested again: they are deleted some day, and no listing shows that.
                listed = self._holdings.ids[walk.collection.route]  # in any language
                gone = {wp_id for wp_id, one in known.items() if one.gone != "deleted"} - listed
                missing_items(self.follower, walk.collection, gone)

    def archive_changes(self) -> None:
        """Fetch what changed since earlier runs, and prove that nothing else did."""
        for one in self.context.collections:
            if one.route in (TYPES_ROUTE, TAXONOMIES_ROUTE) or self._left_open(one):
                self._document(one)
        now = self.context.now()
        open_ones = [one for one in self.context.collections if self._is_due(one, now)]
        # One refusal stands for all items, so they aren't requested again.
        for kind, policy in (("history", Policy.HISTORY), ("absent", Policy.ITEM)):
            for route in self._memory.seen.refusals(kind):
                self._holdings.recall_refusal(policy, route)
        self._recall_histories()
        for answer in self._memory.dangling.since(now - timedelta(days=self.context.settings.sweep_every)):
            self._holdings.recall_answer(*answer)
        self._changes = Changes(self.follower)
        self._changes.run(open_ones, self.newer)
        self._walks += self.languages.walk(ended=self._changes.ended)
        self.follower.follow()
        self._followed = True

    def _recall_histories(self) -> None:
        for one in self.with_revisions:
            self._holdings.recall_histories(one.route, self._memory.seen.revisions_read(one.key))

    @property
    def with_revisions(self) -> list[Collection]:
        """The collections whose items may have revisions or drafts."""
        return [one for one in self.context.collections if one.kind.name == "posts" and not one.skipped]

    def _left_open(self, one: Collection) -> bool:
        """Whether `one` is a document that no run could read, or that was refused once by an odd response."""
        proven = self._memory.seen.proven(one.route)
        read_once = proven is not None and proven.outcome in ("complete", "refused") and proven.odd != 1
        return one.kind.name in ("documents", "locations") and not one.skipped and not read_once

    def _is_due(self, one: Collection, now: datetime) -> bool:
        """Whether an incremental run has to look at `one`.

        Documents keep their last proof. So do closed collections of which nothing is held, until the next sweep is due,
        since a site may open them. A collection that failed with a response other than a refusal is requested once
        more.
        """
        if one.skipped or one.route in (TYPES_ROUTE, TAXONOMIES_ROUTE):
            return False
        proven = self._memory.seen.proven(one.key)
        listed = one.kind.paged or one.kind.plain
        if proven is None:
            return listed
        fresh = now - moment(proven.at) < timedelta(days=self.context.settings.sweep_every)
        closed = proven.outcome == "refused" and fresh and proven.odd != 1
        if listed and not (closed and not self._memory.seen.known(one.key)):
            return True
        self._holdings.recall(one.key, proven.listed)
        return False

    def archive_post(self, found: Discovery) -> None:
        """Archive the one post that the target names, and what its links reach."""
        if found.item is None:
            raise UsageError("--scope post needs the URL of one article or REST item; this one names none")
        for one in self.context.collections:
            if one.route in (TYPES_ROUTE, TAXONOMIES_ROUTE):
                self._document(one)
        archive_post(self.follower, found.item, self._walk)

    def _walk(self, one: Collection, filters: tuple[tuple[str, str], ...] = ()) -> Walk:
        walk = Walk(one, self.context, filters=filters)
        if filters:
            self._walks.append(walk)
        return walk

    def _document(self, one: Collection) -> None:
        """Fetch a collection that is one response, keyed by slug."""
        reply = self.context.engine.get(self.context.target(one.route.rpartition("/")[2], one.route))
        found = objects(reply.document) if reply.judgement.ok else ()
        slugs: set[int | str] = {entry.key for entry in found if entry.key is not None}
        self._holdings.hold(one.route, slugs)
        proof = document_proof(one, reply, slugs)
        self._documents.append(proof)
        self._holdings.prove(proof)

    @property
    def plug_ins(self) -> str:
        """What became of plug-ins' lists, in one line."""
        plain = [one for one in self.context.collections if one.kind.plain and not one.params]
        ended = {one.key: old.outcome for one in plain if (old := self._memory.seen.proven(one.key))}
        ended |= {proof.route: str(proof.outcome) for proof in self.proofs}
        now = {route: REFUSED_NOW for route, outcome in ended.items() if outcome == "refused"}
        return beyond_types((one.route, _why_skipped(one) or now.get(one.key)) for one in plain).line

    @property
    def proofs(self) -> list[Proof]:
        """What each listing proves so far."""
        return [proof for proof, _ in self._proven()]

    def _proven(self) -> list[tuple[Proof, str]]:
        """Return each proof, and the kind of walk behind it."""
        walked = [*self._documents, *(walk.proof() for walk in self._walks), *self.follower.proofs]
        return [*((proof, "walk") for proof in walked), *(self._changes.proofs if self._changes else ())]

    @property
    def closed(self) -> str:
        """Why nothing may be read here, when every list is refused; otherwise ""."""
        proofs = self.proofs
        if not proofs or any(proof.outcome is not ListingOutcome.REFUSED for proof in proofs):
            return ""
        if all(proof.capture is None for proof in proofs):
            return "robots.txt asks us not to read what the REST API lists (--ignore-robots: read it anyway)"
        return f"the REST API refuses strangers whatever it lists ({proofs[0].reason})"

    @property
    def failures(self) -> list[str]:
        """Links that could not be followed, one line each."""
        return [*map(str, self.follower.failures), *self._holdings.doubts]

    @property
    def samples(self) -> list[Mapping[str, Any]]:
        """A few items as WordPress sent them, from which its version follows."""
        return [walk.sample for walk in self._walks if walk.sample][:3]

    def write_proofs(self, reason: str) -> list[Proof]:
        """Record every listing's proof; a walk that was cut short ends with a gap for `reason`."""
        for walk in self._walks:
            if not walk.sweep.done:
                # A listing that was never requested must not look like one that failed.
                walk.sweep.abandon(reason if walk.sweep.answered else f"{NOT_ASKED}: {reason}")
        if self.languages.entries:
            self.context.store.fact("languages", self.languages.entries)
        for proof, how in self._proven():
            self.context.store.fact(f"listing:{proof.route}", proof.as_fact(how))
        doubts = [{"route": "/", "reason": doubt} for doubt in self._holdings.doubts]
        if failures := [*map(asdict, self.follower.failures), *doubts]:
            self.context.store.fact("failures", failures)
        if self.follower.unasked:
            self.context.store.fact("answers", self.follower.unasked)
        if self._followed:
            self.context.store.fact("failed-links", self.follower.failed())
        if unasked := self._holdings.unasked():
            self.context.store.fact("answers", unasked)
        return self.proofs

    def links(self) -> Counter[str]:
        """Return how many links ended how."""
        self.follower.conclude_histories()
        return self.context.links.outcomes(chosen=self.context.mode == "post")


def _why_skipped(one: Collection) -> str | None:
    """Return why a collection isn't one to walk; None for one that failed, as for any that is walked."""
    return None if failure_of(one) else one.skipped
