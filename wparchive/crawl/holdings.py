"""What a run holds so far, and which links still wait for an answer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wparchive.apart import apart
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.links.aims import Aim
from wparchive.wordpress.links.decisions import Answered, decide, listed, walked
from wparchive.wordpress.links.link_shapes import ItemShape, LinkShape, LinkShapes
from wparchive.wordpress.listing import Proof
from wparchive.wordpress.payload.skimming import Skim
from wparchive.wordpress.relations import LinkOutcome, Policy
from wparchive.wordpress.routes import Root

__all__ = ["RunHoldings"]

HELD = "held"  # a run needs to know that an item is held; which capture holds it is the index's business

_Key = tuple[Policy, str | None, int | str | None]
_BY_THEMSELVES = (Policy.ITEM, Policy.ABOUT, Policy.COLLECTION, Policy.HISTORY)
_NONE: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Entry:
    """How many links are decided alike, and where the first of them aims."""

    first: Aim
    count: int = 0


class RunHoldings:
    """The run's holdings (`decisions.Holdings`) and the account of the links that it met.

    Memory grows with the number of distinct items, not with the number of links: a link to an item that is held is counted at
    once, and views, histories and revisions are counted by collection.
    """

    def __init__(self, root: Root, collections: Iterable[Collection]) -> None:
        self._alike = {one.route for one in collections if one.kind.alike}
        self._listings: dict[str, tuple[str, str | None]] = {
            one.route: ("skipped", None) for one in collections if one.skipped
        }
        self._ids: dict[str, set[int] | set[int | str]] = {}
        self._answers: dict[str, Answered] = {}
        self._histories: dict[str, Answered] = {}
        self._absent: dict[str, Answered] = {}
        self._read: set[str] = set()
        self._alone: dict[str, set[int]] = {}
        self._open: dict[_Key, _Entry] = {}
        self._covered = 0
        self._decided: Counter[str] = Counter()
        self._shapes = LinkShapes(root)
        self._tallies: dict[ItemShape, _Tally] = {}
        self.doubts: list[str] = []  # what wasn't understood

    def listing(self, collection: str) -> tuple[str, str | None] | None:
        """See `decisions.Holdings`."""
        return self._listings.get(collection)

    def item(self, collection: str, item_id: int | str) -> str | None:
        """See `decisions.Holdings`."""
        return HELD if item_id in self._ids.get(collection, ()) else None

    def answer(self, route: str) -> Answered | None:
        """See `decisions.Holdings`."""
        return self._answers.get(route)

    def history(self, collection: str) -> Answered | None:
        """See `decisions.Holdings`."""
        return self._histories.get(collection)

    def absent(self, collection: str) -> Answered | None:
        """See `decisions.Holdings`."""
        return self._absent.get(collection)

    def hold(self, collection: str, ids: set[int] | set[int | str]) -> None:
        """Let `ids` be the items of `collection` that are held; the set may go on growing."""
        self._ids[collection] = ids

    def held(self, collection: str) -> set[int | str]:
        """The ids of `collection` that are held."""
        return set(self._ids.get(collection, ()))

    def show_alone(self, collection: str, wp_id: int) -> None:
        """An item was asked for by itself, and the site shows it."""
        self._alone.setdefault(collection, set()).add(wp_id)

    def shown_alone(self, collection: str) -> int:
        """How many items of `collection` the site showed to who asked for each by itself."""
        return len(self._alone.get(collection, ()))

    @property
    def size(self) -> int:
        """How many items are held."""
        return sum(map(len, self._ids.values()))

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

    def recall_answer(self, route: str, outcome: LinkOutcome, capture: str) -> None:
        """What an earlier run was answered at `route`, which this run doesn't ask for."""
        self._answers.setdefault(route, (outcome, capture))

    def recall_refusal(self, policy: Policy, collection: str) -> None:
        """An earlier run's refusal that stands for its like."""
        place = self._histories if policy is Policy.HISTORY else self._absent
        place[collection] = (LinkOutcome.REFUSED, None)

    def prove(self, proof: Proof) -> None:
        """A listing has ended."""
        outcome = listed(proof.outcome, proof.held, proof.reason)
        self._listings[proof.route] = (outcome, proof.capture)
        if "?" in proof.route:  # a filtered view that was walked by itself is what a link to it names
            self._answers[proof.route] = (walked(outcome), proof.capture)

    def note(self, skims: Iterable[Skim], base: str) -> None:
        """Take the links of items that were just read in an answer from `base` into the account."""
        for skim in skims:
            shape, numbers = self._shapes.take_apart(skim.text)
            tally = self._tallies.get(shape)
            if tally is None:
                with apart(self.doubts.append, f"{base}: links of {skim.id}"):
                    self._note_first(skim, base, shape, numbers)
                continue
            tally.items += 1
            for place, collection, where in tally.single:
                self._note_id(where, collection, numbers[place])

    def _note_first(self, skim: Skim, base: str, shape: ItemShape, numbers: Sequence[str]) -> None:
        """Take the links of an item into the account whose shape isn't known yet, or has none."""
        read = self._shapes.read(skim.links, base)
        for _, where in read:
            self._note_aim(where)
        self._shapes.learn(shape, numbers, read)
        if shape.links is not None:
            self._tallies[shape] = _Tally.of(shape.links, [where for _, where in read])

    def note_alone(self, skim: Skim, route: str, base: str) -> None:
        """Take the links of an item into the account that was asked for by itself: its link to itself is captured."""
        self.note([skim], base)
        own = sum(where[:2] == (Policy.SELF, route) and self._holds(where) for where in self.aims(skim, base))
        self._decided[LinkOutcome.COVERED] -= own
        self._decided[LinkOutcome.CAPTURED] += own

    def aims(self, skim: Skim, base: str) -> list[Aim]:
        """Where each link of an item aims in an answer from `base`."""
        return [where for _, where in self._shapes.read(skim.links, base)]

    def _note_id(self, where: Aim, collection: str, number: str) -> None:
        """Take a link like `where`, but to the item `number` of `collection`, into the account."""
        wp_id = int(number)
        if wp_id in self._ids.get(collection, _NONE):
            self._covered += 1
            return
        key = (where.policy, collection, wp_id)
        entry = self._open.get(key)
        if entry is None:
            route = (where.route or "").replace(str(where.item_id), number)
            self._open[key] = _Entry(where._replace(route=route, item_id=wp_id), 1)
        else:
            entry.count += 1

    def _note_aim(self, where: Aim) -> None:
        """Take what one link aims at into the account."""
        if where.inherent is not None:
            self._decided[where.inherent] += 1
        elif where.item_id is not None and self._holds(where):
            self._decided[LinkOutcome.COVERED] += 1
        else:
            self._open.setdefault(_key(where), _Entry(where)).count += 1

    def _holds(self, where: Aim) -> bool:
        by_item = where.policy in (Policy.SELF, Policy.ITEM, Policy.ABOUT)
        return by_item and where.item_id in self._ids.get(where.collection or "", ())

    def _fold(self) -> None:
        """Add what was only counted: links that are decided alike whatever item they belong to."""
        self._decided[LinkOutcome.COVERED] += self._covered
        self._covered = 0
        for tally in self._tallies.values():
            if tally.items:
                self._decided.update({outcome: count * tally.items for outcome, count in tally.decided.items()})
                for where in tally.alike:
                    self._open.setdefault(_key(where), _Entry(where)).count += tally.items
                tally.items = 0

    def open(self) -> Iterator[Aim]:
        """The aims that nothing decides yet and that may be asked for, the most telling one of each collection first."""
        self._fold()
        asked: set[str] = set()
        for where in [entry.first for entry in self._open.values()]:
            decision = decide(where, self)
            # An item whose link to itself isn't covered was shown, but isn't held: its listing's gap says why.
            if where.policy is Policy.SELF or not decision.fetch or self.answer(where.route or ""):
                continue
            collection = where.collection or ""
            one_for_all = where.policy is Policy.HISTORY or (where.policy is Policy.ITEM and collection in self._alike)
            if one_for_all and collection in asked:
                continue
            if one_for_all:
                asked.add(collection)
            yield where

    def register(self, where: Aim, outcome: LinkOutcome, capture: str | None) -> None:
        """The answer to an open aim; a refusal of a history, or of an item that is never listed, stands for its like."""
        self._answers[where.route or ""] = (outcome, capture)
        collection = where.collection or ""
        if where.policy is Policy.HISTORY and outcome is LinkOutcome.CAPTURED:
            self._read.add(collection)
        if outcome is not LinkOutcome.REFUSED:
            return
        if where.policy is Policy.HISTORY:
            self._histories[collection] = (outcome, capture)
        elif where.policy is Policy.ITEM and collection in self._alike:
            self._absent[collection] = (outcome, capture)

    def recall_histories(self, collection: str, ids: Iterable[int]) -> None:
        """The revisions of these items were read by earlier runs."""
        for wp_id in ids:
            self._answers[f"{collection}/{wp_id}/revisions"] = (LinkOutcome.CAPTURED, HELD)
            self._read.add(collection)

    @property
    def histories_read(self) -> frozenset[str]:
        """The collections of some of whose items the revisions were read: of the others nothing follows from that."""
        return frozenset(self._read)

    def resolve(self, policy: Policy, collection: str, outcomes: Counter[str]) -> None:
        """Links of `policy` into `collection` were looked at one by one and ended as `outcomes` counts; the others failed."""
        self._fold()
        key: _Key = (policy, collection, None)
        entry = self._open.pop(key, None)
        self._decided.update(outcomes)
        self._decided[LinkOutcome.FAILED] += max(0, (entry.count if entry else 0) - sum(outcomes.values()))

    def failed(self) -> Iterator[Aim]:
        """What could not be had, or not be asked for, and is told by no listing: of those that are alike one stands for all."""
        self._fold()
        for entry in self._open.values():
            if entry.first.policy in _BY_THEMSELVES and decide(entry.first, self).outcome is LinkOutcome.FAILED:
                yield entry.first

    def unasked(self) -> dict[str, str]:
        """Routes that were decided without a request (robots.txt, the guard), and how their links end."""
        return {route: str(outcome) for route, (outcome, capture) in self._answers.items() if capture is None and route}

    def account(self, *, chosen: bool = False) -> Counter[str]:
        """How many links ended how; with `chosen`, what wasn't asked for was left out on purpose."""
        self._fold()
        total = Counter(self._decided)
        for entry in self._open.values():
            outcome, _, undecided = decide(entry.first, self)
            total[str(LinkOutcome.SKIPPED if chosen and undecided else outcome)] += entry.count
        return Counter({str(outcome): count for outcome, count in sorted(total.items()) if count})

    def views_open(self) -> set[str]:
        """Collections whose filtered views no proof covers, so that each view has to be asked for."""
        self._fold()
        return {
            where.collection or ""
            for where in (entry.first for entry in self._open.values())
            if where.policy is Policy.VIEW and decide(where, self).fetch
        }


@dataclass(slots=True)
class _Tally:
    """What the links of one shape count for, and how many `items` have been met since that was last added up.

    `decided` counts the links whose outcome is the same for every item, `alike` holds where those of the first item aim that
    are decided with their like, `single` those to single items: the number's place, the collection, the aim at a stand-in.
    """

    decided: Counter[str]
    alike: list[Aim]
    single: list[tuple[int, str, Aim]]
    items: int = 0

    @classmethod
    def of(cls, links: Sequence[LinkShape], aims: Sequence[Aim]) -> "_Tally":
        """The tally of a shape whose first item's links aim at `aims`."""
        tally = cls(Counter(), [], [])
        for link, where in zip(links, aims, strict=True):
            if where.inherent is not None:
                tally.decided[where.inherent] += 1
            elif where.policy in _TOGETHER or link.id_at is None:
                tally.alike.append(where)
            else:
                tally.single.append((link.id_at, where.collection or "", link.stand_in))
        return tally


_TOGETHER = (Policy.VIEW, Policy.HISTORY, Policy.REVISION, Policy.COLLECTION)


def _key(where: Aim) -> _Key:
    """Links that are decided alike share a key."""
    if where.policy in _TOGETHER:
        return where.policy, where.collection, None
    return where.policy, where.collection, where.item_id
