"""What a run holds so far, and which links still wait for an answer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wparchive.apart import apart
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.links import Aim, LinkOutcome, Policy, aim, links_of, listed, settle, walked
from wparchive.wordpress.listing import Proof
from wparchive.wordpress.payload.skimming import Shape, Skim, probes, written
from wparchive.wordpress.php_urls import stands_alone
from wparchive.wordpress.routes import Root
from wparchive.wordpress.values import loads

__all__ = ["Ledger"]

HELD = "held"  # a run needs to know that an item is held; which capture holds it is the index's business

_Key = tuple[Policy, str | None, int | str | None]
_MOST_FORMS = 2000  # where no two items are alike, learning is given up
_BY_THEMSELVES = (Policy.ITEM, Policy.ABOUT, Policy.COLLECTION, Policy.HISTORY)
_NONE: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Entry:
    """How many links are decided alike, and where the first of them aims."""

    first: Aim
    count: int = 0


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
        self._answers: dict[str, tuple[LinkOutcome, str | None]] = {}
        self._histories: dict[str, tuple[LinkOutcome, str | None]] = {}
        self._absent: dict[str, tuple[LinkOutcome, str | None]] = {}
        self._read: set[str] = set()
        self._alone: dict[str, set[int]] = {}
        self._open: dict[_Key, _Entry] = {}
        self._covered = 0
        self._settled: Counter[str] = Counter()
        self._forms: dict[Shape, Form | None] = {}
        self.doubts: list[str] = []  # what wasn't understood

    def listing(self, collection: str) -> tuple[str, str | None] | None:
        """See `links.Holdings`."""
        return self._listings.get(collection)

    def item(self, collection: str, item_id: int | str) -> str | None:
        """See `links.Holdings`."""
        return HELD if item_id in self._ids.get(collection, ()) else None

    def answer(self, route: str) -> tuple[LinkOutcome, str | None] | None:
        """See `links.Holdings`."""
        return self._answers.get(route)

    def history(self, collection: str) -> tuple[LinkOutcome, str | None] | None:
        """See `links.Holdings`."""
        return self._histories.get(collection)

    def absent(self, collection: str) -> tuple[LinkOutcome, str | None] | None:
        """See `links.Holdings`."""
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
        shape: Shape | None = None
        form: Form | None = None
        for skim in skims:
            if skim.shape is not shape:  # to look one up takes longer than what is left to do
                shape, form = skim.shape, self._forms.get(skim.shape)
            if form is not None:
                form.take(skim.numbers, self)
                continue
            with apart(self.doubts.append, f"{base}: links of {skim.id}"):
                for link in links_of({"_links": skim.links}):
                    self.note_aim(aim(link, self._root, base))
                if skim.shape and skim.shape not in self._forms and len(self._forms) < _MOST_FORMS:
                    form = self._forms[skim.shape] = Form.of(skim, self._root)

    def note_alone(self, skim: Skim, route: str, base: str) -> None:
        """Take the links of an item into the account that was asked for by itself: its link to itself is captured."""
        self.note([skim], base)
        aims = [aim(link, self._root, base) for link in links_of({"_links": skim.links})]
        own = sum(where[:2] == (Policy.SELF, route) and self._holds(where) for where in aims)
        self._settled[LinkOutcome.COVERED] -= own
        self._settled[LinkOutcome.CAPTURED] += own

    def note_id(self, where: Aim, collection: str, number: str) -> None:
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

    def note_aim(self, where: Aim) -> None:
        """Take what one link aims at into the account."""
        if where.inherent is not None:
            self._settled[where.inherent] += 1
        elif where.item_id is not None and self._holds(where):
            self._settled[LinkOutcome.COVERED] += 1
        else:
            self._open.setdefault(_key(where), _Entry(where)).count += 1

    def _holds(self, where: Aim) -> bool:
        by_item = where.policy in (Policy.SELF, Policy.ITEM, Policy.ABOUT)
        return by_item and where.item_id in self._ids.get(where.collection or "", ())

    def _fold(self) -> None:
        """Add what was only counted: links that are decided alike whatever item they belong to."""
        self._settled[LinkOutcome.COVERED] += self._covered
        self._covered = 0
        for form in self._forms.values():
            if form and form.uses:
                self._settled.update({outcome: count * form.uses for outcome, count in form.settled.items()})
                for where in form.alike:
                    self._open.setdefault(_key(where), _Entry(where)).count += form.uses
                form.uses = 0

    def open(self) -> Iterator[Aim]:
        """The aims that nothing decides yet and that may be asked for, the most telling one of each collection first."""
        self._fold()
        asked: set[str] = set()
        for where in [entry.first for entry in self._open.values()]:
            settled = settle(where, self)
            # An item whose link to itself isn't covered was shown, but isn't held: its listing's gap says why.
            if where.policy is Policy.SELF or not settled.fetch or self.answer(where.route or ""):
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
        self._settled.update(outcomes)
        self._settled[LinkOutcome.FAILED] += max(0, (entry.count if entry else 0) - sum(outcomes.values()))

    def failed(self) -> Iterator[Aim]:
        """What could not be had, or not be asked for, and is told by no listing: of those that are alike one stands for all."""
        self._fold()
        for entry in self._open.values():
            if entry.first.policy in _BY_THEMSELVES and settle(entry.first, self).outcome is LinkOutcome.FAILED:
                yield entry.first

    def unasked(self) -> dict[str, str]:
        """Routes that were decided without a request (robots.txt, the guard), and how their links end."""
        return {route: str(outcome) for route, (outcome, capture) in self._answers.items() if capture is None and route}

    def account(self, *, chosen: bool = False) -> Counter[str]:
        """How many links ended how; with `chosen`, what wasn't asked for was left out on purpose."""
        self._fold()
        total = Counter(self._settled)
        for entry in self._open.values():
            outcome, _, undecided = settle(entry.first, self)
            total[str(LinkOutcome.SKIPPED if chosen and undecided else outcome)] += entry.count
        return Counter({str(outcome): count for outcome, count in sorted(total.items()) if count})

    def views_open(self) -> set[str]:
        """Collections whose filtered views no proof covers, so that each view has to be asked for."""
        self._fold()
        return {
            where.collection or ""
            for where in (entry.first for entry in self._open.values())
            if where.policy is Policy.VIEW and settle(where, self).fetch
        }


@dataclass(slots=True)
class Form:
    """What the links of one shape come to: worked out once, then only the numbers that make a difference are looked at.

    `settled` counts the links whose outcome is the same for every item, `alike` holds those that are decided with
    their like, `items` those to single items: the number's place, and the aim at a stand-in number.
    """

    settled: Counter[str]
    alike: list[Aim]
    items: list[tuple[int, str, Aim]]
    uses: int = 0

    @classmethod
    def of(cls, skim: Skim, root: Root) -> "Form | None":
        """The form of the shape of `skim`; None when its links aren't told by their numbers as ids of items alone."""
        numbers = probes(skim.shape)
        form = cls(Counter(), [], [])
        stand_ins = links_of({"_links": loads(written(skim.shape, numbers))})
        for link, stand_in in zip(links_of({"_links": skim.links}), stand_ins, strict=True):
            if not stands_alone(link.href):
                return None
            real, probed = aim(link, root), aim(stand_in, root)
            place = numbers.index(str(probed.item_id)) if str(probed.item_id) in numbers else None
            same_id = probed.item_id == real.item_id if place is None else str(real.item_id) == skim.numbers[place]
            same = (real.policy, real.collection, real.inherent) == (probed.policy, probed.collection, probed.inherent)
            if not same or not same_id:
                return None
            form._add(real, probed, place)
        return form

    def _add(self, real: Aim, probed: Aim, place: int | None) -> None:
        if real.inherent is not None:
            self.settled[real.inherent] += 1
        elif real.policy in _TOGETHER or place is None:
            self.alike.append(real)
        else:
            self.items.append((place, real.collection or "", probed))

    def take(self, numbers: Sequence[str], ledger: "Ledger") -> None:
        """One more item with links of this shape."""
        self.uses += 1
        for place, collection, where in self.items:
            ledger.note_id(where, collection, numbers[place])


_TOGETHER = (Policy.VIEW, Policy.HISTORY, Policy.REVISION, Policy.COLLECTION)


def _key(where: Aim) -> _Key:
    """Links that are decided alike share a key."""
    if where.policy in _TOGETHER:
        return where.policy, where.collection, None
    return where.policy, where.collection, where.item_id
