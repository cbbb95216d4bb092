"""Walk one collection: turn a `listing.Sweep` into targets, and its replies into holdings."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from wparchive.apart import apart
from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.incremental.item_marks import fingerprint
from wparchive.model import Target, Verdict
from wparchive.wordpress import listing
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.languages.heard import Heard
from wparchive.wordpress.listing import Gap, ListingOutcome, Page, Proof, Spelling, Sweep
from wparchive.wordpress.payload.document import elements, items
from wparchive.wordpress.routes import Root, Route

__all__ = [
    "FieldSweep",
    "IdSweep",
    "SecondWalk",
    "Walk",
    "document_proof",
    "failed_proof",
    "first_page",
    "hear_silence",
    "nothing_listed",
    "with_earlier",
]


class Walk:
    """The task of holding every item of one collection, or of one filtered view of it.

    `filters` are the view's own parameters, `extra` parameters that don't change which items are listed; `how` names
    the kind of walk in its proof. The ids of a walk over a whole collection become what the run holds of it, unless
    `hold` is off.
    """

    def __init__(
        self,
        collection: Collection,
        context: Context,
        *,
        filters: tuple[tuple[str, str], ...] = (),
        extra: tuple[tuple[str, str], ...] = (),
        how: str = "walk",
        hold: bool = True,
    ) -> None:
        index = context.index
        self.collection = collection
        self.view = Route.of(collection.route, (*collection.params, *filters))
        self.sweep = Sweep(
            str(self.view) if filters else collection.key,
            collection.type,
            params=(*collection.params, *filters, *_order(collection, index), *extra),
            per_page=collection.kind.per_page,
            paged=collection.kind.paged,
            names=collection.kind.paging,
            # A route that the index doesn't describe is assumed to take core's parameters.
            offsets=not index.has(collection.route) or index.supports(collection.route, "offset"),
            ends_empty=collection.kind.ends_empty,
        )
        if (
            collection.kind.plain
            and (index.most(collection.route, collection.kind.paging[1]) or 0) >= self.sweep.per_page
        ):
            self.sweep.promise_size()
        self._context = context
        self._holdings = context.holdings
        self._links = context.links
        self._emit = context.emit
        self._pages: dict[str, Page] = {}
        self.sample: Mapping[str, Any] | None = None  # one of its items
        self.heard = Heard()
        self._reported = False
        self.how = how
        self.alone = 0  # items that the site shows by themselves although this walk listed none
        self.before: Set[int] = frozenset()  # items held from earlier runs
        self.lacks = ""  # items of a second reading that couldn't be fetched, as text
        self._doubt = "its ids were not compared with a second reading"
        self.filtered = bool(filters)
        if hold and not filters:
            self._holdings.hold(collection.key, self.sweep.ids)

    @property
    def done(self) -> bool:
        """Whether the walk has ended."""
        if self.sweep.done and not self._reported:
            self._reported = True
            self._report_end()
        return self.sweep.done

    def wanted(self, limit: int) -> Sequence[Target]:
        """Return the next pages."""
        targets = []
        for page in self.sweep.wanted(limit):
            target = self._context.target("listing", self.collection.route, page.params)
            key = f"{target.key}{page.key_suffix}"
            self._pages[key] = page
            targets.append(replace(target, key=key, retries=page.retries, max_body=self._context.settings.max_body))
        return targets

    def feed(self, reply: Reply) -> None:
        """Take one page: its items are held, their links accounted for."""
        page = self._pages.pop(reply.target.key)
        answer = self._read(reply)
        self.sweep.feed(page, answer)
        with apart(self._holdings.doubts.append, reply.target.route):
            if answer.items and self.sample is None:
                self.sample = next((one.value for one in items(reply.document)), None)
            self.heard.take(elements(reply.document) or ())
            self._take(reply, answer)
        fields = {"type": self.collection.type, "route": str(self.view), "held": len(self.sweep.ids)}
        self._emit("listing", {**fields, "stated": self.sweep.stated})

    def _read(self, reply: Reply) -> listing.PageReply:
        """Return the page in a reply; a failed page when it can't be parsed."""
        read: list[listing.PageReply] = []
        with apart(self._holdings.doubts.append, reply.target.route):
            read.append(reply.page)
        lost = self._holdings.doubts[-1:]
        return read[0] if read else listing.read_reply(None, None, capture=None, verdict=Verdict.FAILED, reason=lost[0])

    def _take(self, reply: Reply, answer: listing.PageReply) -> None:
        """Add the page's items to what is held, and their links to the account."""
        if (self.filtered or self.collection.params) and "_fields=" not in (reply.target.route or ""):
            for one in answer.items:
                if one.id is not None:
                    self._holdings.add(self.collection.key, one.id)
        # Links of items that pages repeat count once.
        again = self.sweep.again
        self._links.note([one for one in answer.items if one.id not in again] if again else answer.items, reply.base)

    def proof(self) -> Proof:
        """Return what the walk proves, and every gap.

        A complete list of several pages is verified only if a second reading agrees.
        """
        proof = with_earlier(nothing_listed(self.sweep.proof(), self.alone), self.before)
        proof = proof.against(self.lacks) if self.lacks else proof
        return proof if self.filtered or proof.is_of_one_moment else proof.unsure(self._doubt)

    def compare(self, ids: set[int]) -> None:
        """Compare with `ids` from another reading of the list, or from all that was known of it."""
        differ = len(self.sweep.ids ^ ids)
        self._doubt = f"{differ:,} of its ids differ from another reading of it" if differ else ""

    @property
    def doubted(self) -> bool:
        """Whether only a second reading is missing for the proof to be verified."""
        return self.sweep.proof().verified and not self.proof().verified and not self.lacks

    def _report_end(self) -> None:
        proof = self.proof()
        if not self.sweep.silent and proof.outcome is not ListingOutcome.COMPLETE:
            self._emit("listing-ended", {"route": proof.route, "outcome": str(proof.outcome), "reason": proof.reason})


class IdSweep(Walk):
    """A walk over a whole collection with the id as the only field."""

    def __init__(self, collection: Collection, context: Context) -> None:
        super().__init__(collection, context, extra=(("_fields", "id"),), how="sweep", hold=False)

    def _take(self, reply: Reply, answer: listing.PageReply) -> None:
        """Do nothing: only the ids count."""


class SecondWalk(Walk):
    """The same walk over a plug-in's whole collection once more, which has no parameter for fewer fields."""

    def __init__(self, first: Walk, context: Context) -> None:
        super().__init__(first.collection, context, how="sweep", hold=False)
        self._first = first

    def wanted(self, limit: int) -> Sequence[Target]:
        """Return the next pages, under keys of their own: the engine would repeat the first reply."""
        targets = super().wanted(limit)
        keyed = {f"{target.key} second": target for target in targets}
        self._pages.update((key, self._pages.pop(target.key)) for key, target in keyed.items())
        return [replace(target, key=key) for key, target in keyed.items()]

    def _take(self, reply: Reply, answer: listing.PageReply) -> None:
        """Account for the links of items that the first walk didn't show."""
        self._links.note([one for one in answer.items if one.id not in self._first.sweep.ids], reply.base)


class FieldSweep(Walk):
    """A walk over a whole collection with few fields: which ids exist, and a fingerprint of each to detect changes."""

    def __init__(self, collection: Collection, context: Context) -> None:
        self._fields = context.memory.fields
        extra = (("_fields", ",".join(self._fields)),)
        super().__init__(collection, context, extra=extra, how="sweep", hold=False)
        self.prints: dict[int, str] = {}

    def _take(self, reply: Reply, answer: listing.PageReply) -> None:
        """Keep only the fingerprints: without `_links` a page shows nothing about links."""
        del answer
        for item in items(reply.document):
            if item.id is not None:
                self.prints[item.id] = fingerprint(item.value, self._fields)


def first_page(
    collection: Collection, index: RestIndex, root: Root, number: int = 1, *, start: int | None = None
) -> Target:
    """Return the request for a page of a collection, as a walk over it makes it: the first one, or that of this number.

    In a list by offset, a page may `start` anywhere.
    """
    kind = collection.kind
    spelling = Spelling((*collection.params, *_order(collection, index)), True, kind.paging)
    size = kind.per_page
    by_number = start is None or spelling.numbers
    page = spelling.page((number - 1) * size if by_number else start or 0, size) if kind.paged else spelling.whole(size)
    route = str(Route.of(collection.route, page.params))
    return Target(url=root.url_for(collection.route, page.params), key=route, kind="listing", route=route)


def _order(collection: Collection, index: RestIndex) -> tuple[tuple[str, str], ...]:
    """Return the walk's ordering, limited to parameters that the site declares: it may refuse others."""
    if collection.kind.plain:
        return collection.kind.params
    known = index.has(collection.route)
    return tuple(
        (name, value)
        for name, value in collection.kind.params
        if not known or not index.choices(collection.route, name) or value in index.choices(collection.route, name)
    )


def nothing_listed(proof: Proof, alone: int, how: str = "shown by themselves") -> Proof:
    """Return `proof`, reduced if it lists nothing although `alone` of its items exist; `how` says how that is known."""
    if not alone or proof.outcome is not ListingOutcome.COMPLETE:
        return proof
    return proof.against(f"it lists nothing, though {alone:,} of its items are {how}")


def with_earlier(proof: Proof, before: Set[int]) -> Proof:
    """Return `proof` with the items held from `before`, which a list that was refused, or broke off, says nothing about.

    Of a refused list they are a remark; of one that broke off, they are held like those that it showed.
    """
    if not before or proof.outcome is ListingOutcome.COMPLETE:
        return proof
    if proof.outcome is ListingOutcome.REFUSED:
        return replace(proof, reason=f"{proof.reason}; {len(before):,} items of it are held from before")
    held = before | {one for one in proof.ids if isinstance(one, int)}
    withheld = min(proof.withheld, max(0, (proof.stated or 0) - len(held)))
    return replace(proof, held=len(held), withheld=withheld, ids=held)


def hear_silence(walks: Iterable[Walk]) -> None:
    """Take collections with empty bodies as empty, if other collections of the same site do list items."""
    walked = list(walks)
    if any(walk.sweep.ids for walk in walked):
        for walk in walked:
            if walk.sweep.silent:
                walk.sweep.take_for_empty()


def failed_proof(one: Collection, reason: str) -> Proof:
    """Return the proof of a collection of which nothing could be read."""
    gaps = (Gap(1, None, reason),)
    return Proof(
        route=one.key, type=one.type, stated=None, held=0, withheld=0, pages=0, outcome=ListingOutcome.FAILED,
        verified=False, gaps=gaps, capture=None, reason=reason,
    )  # fmt: skip


_OUTCOMES = {
    Meaning.OK: ListingOutcome.COMPLETE,
    Meaning.REFUSED: ListingOutcome.REFUSED,
    Meaning.NO_ROUTE: ListingOutcome.REFUSED,
}


def document_proof(one: Collection, reply: Reply, held: set[int | str]) -> Proof:
    """Return the proof of a collection that is one response, of which the slugs in `held` are held."""
    answer = reply.judgement
    outcome = _OUTCOMES.get(answer.meaning, ListingOutcome.FAILED)
    reason = "" if outcome is ListingOutcome.COMPLETE else answer.reason
    return Proof(
        route=one.route,
        type=one.type,
        stated=None,
        held=len(held),
        withheld=0,
        pages=int(answer.meaning is Meaning.OK),
        outcome=outcome,
        verified=outcome is ListingOutcome.COMPLETE,
        gaps=(Gap(1, None, reason),) if outcome is ListingOutcome.FAILED else (),
        capture=reply.capture_id,
        reason=reason,
        ids=held,
    )
