"""Walking one collection: a `listing.Sweep` turned into targets, its replies turned into holdings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wparchive.apart import apart
from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.incremental.memory import fingerprint
from wparchive.model import Target, Verdict
from wparchive.wordpress import listing
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.listing import ListingOutcome, Page, Proof, Sweep
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.routes import Route

__all__ = ["FieldSweep", "IdSweep", "Walk", "closed", "hear_silence", "nothing_listed"]


class Walk:
    """The task of holding every item of one collection, or of one filtered view of it.

    `filters` are the view's own parameters, `extra` others that don't change which items are shown; `how` names the kind of
    walk in its proof. The ids of a whole collection's walk are what is held of it, unless `hold` is off.
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
        self.view = Route.of(collection.route, filters)
        self.sweep = Sweep(
            str(self.view) if filters else collection.route,
            collection.type,
            params=(*filters, *_order(collection, index), *extra),
            paged=collection.kind.paged,
            offsets=not index.has(collection.route) or index.supports(collection.route, "offset"),
            ends_empty=not collection.kind.end_codes,
        )
        self._context = context
        self._holdings = context.holdings
        self._links = context.links
        self._emit = context.emit
        self._pages: dict[str, Page] = {}
        self.sample: Mapping[str, Any] | None = None  # one of its items
        self._told = False
        self.how = how
        self.alone = 0  # items that the site shows by themselves, though this walk found none
        self.before = 0  # items that earlier runs hold
        self.lacks = ""  # what a second reading showed and couldn't be read
        self._doubt = "its ids were not compared with a second reading"
        self.filtered = bool(filters)
        if hold and not filters:
            self._holdings.hold(collection.route, self.sweep.ids)

    @property
    def done(self) -> bool:
        """Whether the walk has ended."""
        if self.sweep.done and not self._told:
            self._told = True
            self._tell()
        return self.sweep.done

    def wanted(self, limit: int) -> Sequence[Target]:
        """The next pages."""
        targets = []
        for page in self.sweep.wanted(limit):
            route = str(Route.of(self.collection.route, page.params))
            key = f"{route}{page.key_suffix}"
            self._pages[key] = page
            targets.append(
                Target(
                    url=self._context.root.url_for(self.collection.route, page.params),
                    key=key,
                    kind="listing",
                    route=route,
                    retries=page.retries,
                    max_body=self._context.settings.max_body,
                )
            )
        return targets

    def feed(self, reply: Reply) -> None:
        """Take one page: its items are held, their links noted."""
        page = self._pages.pop(reply.target.key)
        answer = self._read(reply)
        self.sweep.feed(page, answer)
        with apart(self._holdings.doubts.append, reply.target.route):
            if answer.items and self.sample is None:
                self.sample = next((one.value for one in items(reply.document)), None)
            self._take(reply, answer)
        fields = {"type": self.collection.type, "route": str(self.view), "held": len(self.sweep.ids)}
        self._emit("listing", {**fields, "stated": self.sweep.stated})

    def _read(self, reply: Reply) -> listing.PageReply:
        """The page that a reply is; a failed one where it can't be understood."""
        read: list[listing.PageReply] = []
        with apart(self._holdings.doubts.append, reply.target.route):
            read.append(reply.page)
        lost = self._holdings.doubts[-1:]
        return read[0] if read else listing.read_reply(None, None, capture=None, verdict=Verdict.FAILED, reason=lost[0])

    def _take(self, reply: Reply, answer: listing.PageReply) -> None:
        """What the page shows is held, and its links join the account."""
        if self.filtered and "_fields=" not in (reply.target.route or ""):
            for one in answer.items:
                if one.id is not None:
                    self._holdings.add(self.collection.route, one.id)
        again = self.sweep.again
        self._links.note([one for one in answer.items if one.id not in again] if again else answer.items, reply.base)

    def proof(self) -> Proof:
        """What the walk holds, and every gap; a whole list of several pages is verified when a second reading agrees."""
        proof = closed(nothing_listed(self.sweep.proof(), self.alone), self.before)
        proof = proof.against(self.lacks) if self.lacks else proof
        return proof if self.filtered or proof.is_of_one_moment else proof.unsure(self._doubt)

    def compare(self, ids: set[int]) -> None:
        """Another reading of the list, or all that was known of it, shows these `ids`."""
        differ = len(self.sweep.ids ^ ids)
        self._doubt = f"{differ:,} of its ids differ from another reading of it" if differ else ""

    @property
    def doubted(self) -> bool:
        """Whether nothing but a second reading is wanting for it to be verified."""
        return self.sweep.proof().verified and not self.proof().verified and not self.lacks

    def _tell(self) -> None:
        proof = self.proof()
        if not self.sweep.silent and proof.outcome is not ListingOutcome.COMPLETE:
            self._emit("listing-ended", {"route": proof.route, "outcome": str(proof.outcome), "reason": proof.reason})


class IdSweep(Walk):
    """A walk over a whole collection with no field but the id."""

    def __init__(self, collection: Collection, context: Context) -> None:
        super().__init__(collection, context, extra=(("_fields", "id"),), how="sweep", hold=False)

    def _take(self, reply: Reply, answer: listing.PageReply) -> None:
        """Only the ids count."""


class FieldSweep(Walk):
    """A walk over a whole collection with small fields: which ids are there, and a print of each to tell what has changed."""

    def __init__(self, collection: Collection, context: Context) -> None:
        self._fields = context.memory.fields
        extra = (("_fields", ",".join(self._fields)),)
        super().__init__(collection, context, extra=extra, how="sweep", hold=False)
        self.prints: dict[int, str] = {}

    def _take(self, reply: Reply, answer: listing.PageReply) -> None:
        """Of what a page shows only the prints count: without `_links` it says nothing of links."""
        del answer
        for item in items(reply.document):
            if item.id is not None:
                self.prints[item.id] = fingerprint(item.value, self._fields)


def _order(collection: Collection, index: RestIndex) -> tuple[tuple[str, str], ...]:
    """The walk's order, only as far as the site knows it: a parameter that it doesn't know may be refused."""
    known = index.has(collection.route)
    return tuple(
        (name, value)
        for name, value in collection.kind.params
        if not known or not index.choices(collection.route, name) or value in index.choices(collection.route, name)
    )


def nothing_listed(proof: Proof, alone: int, how: str = "shown by themselves") -> Proof:
    """`proof`, or what is left of it where it lists nothing, though so many of its items are there, told by `how`."""
    if not alone or proof.outcome is not ListingOutcome.COMPLETE:
        return proof
    return proof.against(f"it lists nothing, though {alone:,} of its items are {how}")


def closed(proof: Proof, before: int) -> Proof:
    """`proof`, which says so where a collection is closed of which so many items are held from `before`."""
    if not before or proof.outcome is not ListingOutcome.REFUSED:
        return proof
    return replace(proof, reason=f"{proof.reason}; {before:,} items of it are held from before")


def hear_silence(walks: Iterable[Walk]) -> None:
    """Collections that answer with nothing at all are empty, if others of the same site do show items."""
    walked = list(walks)
    if any(walk.sweep.ids for walk in walked):
        for walk in walked:
            if walk.sweep.silent:
                walk.sweep.take_for_empty()
