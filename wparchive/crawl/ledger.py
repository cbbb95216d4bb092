"""What a run holds so far, and which links still wait for an answer."""

from collections import Counter
from collections.abc import Iterable, Iterator

from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.links import Aim, Link, Outcome, Policy, aim, links_of, settle
from wparchive.wordpress.listing import Proof
from wparchive.wordpress.payload import Skim
from wparchive.wordpress.routes import Root

__all__ = ["Ledger"]

HELD = "held"  # a run needs to know that an item is held; which capture holds it is the index's business

_Key = tuple[Policy, str | None, int | str | None]


class Ledger:
    """The run's holdings (`links.Holdings`) and the account of the links that it met.

    Memory grows with the number of distinct items, not with the number of links: a link to an item that is held is counted at
    once, and views, histories and revisions are counted by collection.
    """

    def __init__(self, root: Root, collections: Iterable[Collection]) -> None:
        self._root = root
        self._alike = {one.route for one in collections if one.kind.alike}
        self._listings: dict[str, tuple[str, str | None]] = {
            one.route: ("skipped", None) for one in collections if one.skipped
        }
        self._ids: dict[str, set[int] | set[int | str]] = {}
        self._answers: dict[str, tuple[Outcome, str | None]] = {}
        self._histories: dict[str, tuple[Outcome, str | None]] = {}
        self._absent: dict[str, tuple[Outcome, str | None]] = {}
        self._open: dict[_Key, tuple[int, Aim]] = {}
        self._settled: Counter[str] = Counter()

    def listing(self, collection: str) -> tuple[str, str | None] | None:
        """See `links.Holdings`."""
        return self._listings.get(collection)

    def item(self, collection: str, item_id: int | str) -> str | None:
        """See `links.Holdings`."""
        return HELD if item_id in self._ids.get(collection, ()) else None

    def answer(self, route: str) -> tuple[Outcome, str | None] | None:
        """See `links.Holdings`."""
        return self._answers.get(route)

    def history(self, collection: str) -> tuple[Outcome, str | None] | None:
        """See `links.Holdings`."""
        return self._histories.get(collection)

    def absent(self, collection: str) -> tuple[Outcome, str | None] | None:
        """See `links.Holdings`."""
        return self._absent.get(collection)

    def hold(self, collection: str, ids: set[int] | set[int | str]) -> None:
        """Let `ids` be the items of `collection` that are held; the set may go on growing."""
        self._ids[collection] = ids

    def held(self, collection: str) -> set[int | str]:
        """The ids of `collection` that are held."""
        return set(self._ids.get(collection, ()))

    def add(self, collection: str, item_id: int | str) -> None:
        """One more item is held."""
        ids: set[int | str] = self._ids.setdefault(collection, set())  # type: ignore[assignment]  # int sets take ints only
        ids.add(item_id)

    def drop(self, collection: str, ids: set[int]) -> None:
        """These items are gone."""
        self._ids.get(collection, set()).difference_update(ids)

    def recall(self, collection: str, outcome: str) -> None:
        """What an earlier run's listing of a collection came to, which this run doesn't walk."""
        self._listings.setdefault(collection, (outcome, None))

    def recall_refusal(self, policy: Policy, collection: str) -> None:
        """An earlier run's refusal that stands for its like."""
        place = self._histories if policy is Policy.HISTORY else self._absent
        place[collection] = (Outcome.REFUSED, None)

    def prove(self, proof: Proof) -> None:
        """A listing has ended."""
        missing = proof.reason.startswith("404")
        outcome = "missing" if missing and not proof.held else str(proof.outcome)
        self._listings[proof.route] = (outcome, proof.capture)

    def note(self, skims: Iterable[Skim]) -> None:
        """Take the links of items that were just read into the account."""
        for skim in skims:
            for link in links_of({"_links": skim.links}):
                self._note(link)

    def _note(self, link: Link) -> None:
        where = aim(link, self._root)
        if where.inherent is not None:
            self._settled[where.inherent] += 1
        elif where.policy is Policy.SELF or (where.item_id is not None and self._holds(where)):
            self._settled[Outcome.COVERED] += 1
        else:
            key = _key(where)
            count, first = self._open.get(key, (0, where))
            self._open[key] = (count + 1, first)

    def _holds(self, where: Aim) -> bool:
        by_item = where.policy in (Policy.ITEM, Policy.ABOUT)
        return by_item and where.item_id in self._ids.get(where.collection or "", ())

    def open(self) -> Iterator[Aim]:
        """The aims that nothing decides yet and that may be asked for, the most telling one of each collection first."""
        asked: set[str] = set()
        for _, where in list(self._open.values()):
            settled = settle(where, self)
            if not settled.fetch or self.answer(where.route or ""):
                continue
            collection = where.collection or ""
            one_for_all = where.policy is Policy.HISTORY or (where.policy is Policy.ITEM and collection in self._alike)
            if one_for_all and collection in asked:
                continue
            if one_for_all:
                asked.add(collection)
            yield where

    def register(self, where: Aim, outcome: Outcome, capture: str | None) -> None:
        """The answer to an open aim; a refusal of a history, or of an item that is never listed, stands for its like."""
        self._answers[where.route or ""] = (outcome, capture)
        collection = where.collection or ""
        if outcome is not Outcome.REFUSED:
            return
        if where.policy is Policy.HISTORY:
            self._histories[collection] = (outcome, capture)
        elif where.policy is Policy.ITEM and collection in self._alike:
            self._absent[collection] = (outcome, capture)

    def resolve_views(self, collection: str, outcomes: Counter[str]) -> None:
        """Filtered views of `collection` were asked for one by one and ended as `outcomes` counts; the others failed."""
        key: _Key = (Policy.VIEW, collection, None)
        count, _ = self._open.pop(key)
        self._settled.update(outcomes)
        self._settled[Outcome.FAILED] += max(0, count - sum(outcomes.values()))

    def account(self) -> Counter[str]:
        """How many links ended how."""
        total = Counter(self._settled)
        for count, where in self._open.values():
            total[str(settle(where, self).outcome)] += count
        return Counter({str(outcome): count for outcome, count in sorted(total.items())})

    def views_open(self) -> set[str]:
        """Collections whose filtered views no proof covers, so that each view has to be asked for."""
        return {
            where.collection or ""
            for _, where in self._open.values()
            if where.policy is Policy.VIEW and settle(where, self).fetch
        }


def _key(where: Aim) -> _Key:
    """Links that are decided alike share a key."""
    if where.policy in (Policy.VIEW, Policy.HISTORY, Policy.REVISION, Policy.COLLECTION):
        return where.policy, where.collection, None
    return where.policy, where.collection, where.item_id
