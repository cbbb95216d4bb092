"""The account of the links that a run met: how many ended how, and which are still open."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wparchive.apart import apart
from wparchive.crawl.holdings import RunHoldings
from wparchive.wordpress.links.aims import Aim
from wparchive.wordpress.links.decisions import decide, is_open
from wparchive.wordpress.links.link_shapes import ItemShape, LinkShape, LinkShapes
from wparchive.wordpress.payload.document import Skim
from wparchive.wordpress.relations import LinkOutcome, Policy
from wparchive.wordpress.routes import Root

__all__ = ["LinkAccount"]

_Key = tuple[Policy, str | None, int | str | None]
_BY_THEMSELVES = (Policy.ITEM, Policy.ABOUT, Policy.COLLECTION, Policy.HISTORY)
_NONE: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Entry:
    """How many links are decided alike, and the aim of the first of them."""

    first: Aim
    count: int = 0


class LinkAccount:
    """Counts the links of one run's items, given what the run holds.

    Memory grows with the number of distinct items, not of links: a link to a held item is counted at once, and views,
    histories and revisions are counted by collection.
    """

    def __init__(self, root: Root, holdings: RunHoldings) -> None:
        self._holdings = holdings
        self._open: dict[_Key, _Entry] = {}
        self._covered = 0
        self._decided: Counter[str] = Counter()
        self._shapes = LinkShapes(root)
        self._tallies: dict[ItemShape, _Tally] = {}

    def note(self, skims: Iterable[Skim], base: str) -> None:
        """Add the links of items in a response from `base`."""
        for skim in skims:
            shape, numbers = self._shapes.take_apart(skim.text)
            tally = self._tallies.get(shape)
            if tally is None:
                with apart(self._holdings.doubts.append, f"{base}: links of {skim.id}"):
                    self._note_first(skim, base, shape, numbers)
                continue
            # This runs for every item of a site, so it only counts; `_fold` adds up.
            tally.items += 1
            for place, collection, where in tally.single:
                self._note_id(where, collection, numbers[place])

    def _note_first(self, skim: Skim, base: str, shape: ItemShape, numbers: Sequence[str]) -> None:
        """Add the links of an item whose shape is new, or which has none."""
        read = self._shapes.read(skim.links, base)
        for _, where in read:
            self._note_aim(where)
        self._shapes.learn(shape, numbers, read)
        if shape.links is not None:
            self._tallies[shape] = _Tally.of(shape.links, [where for _, where in read])

    def note_alone(self, skim: Skim, route: str, base: str) -> None:
        """Add the links of an item that was requested by itself: its link to itself counts as captured."""
        self.note([skim], base)
        own = sum(where[:2] == (Policy.SELF, route) and self._holds(where) for where in self.aims(skim, base))
        # `note` has just counted them as covered.
        self._decided[LinkOutcome.COVERED] -= own
        self._decided[LinkOutcome.CAPTURED] += own

    def aims(self, skim: Skim, base: str) -> list[Aim]:
        """Return the aim of each link of an item in a response from `base`."""
        return [where for _, where in self._shapes.read(skim.links, base)]

    def _note_id(self, where: Aim, collection: str, number: str) -> None:
        """Add a link like `where`, but to the item `number` of `collection`."""
        wp_id = int(number)
        if wp_id in self._holdings.ids.get(collection, _NONE):
            self._covered += 1
            return
        key = (where.policy, collection, wp_id)
        entry = self._open.get(key)
        if entry is None:
            route = where.route.replace(str(where.item_id), number)
            self._open[key] = _Entry(where._replace(route=route, item_id=wp_id), 1)
        else:
            entry.count += 1

    def _note_aim(self, where: Aim) -> None:
        """Add a link with this aim."""
        if where.inherent is not None:
            self._decided[where.inherent] += 1
        elif where.item_id is not None and self._holds(where):
            self._decided[LinkOutcome.COVERED] += 1
        else:
            self._open.setdefault(_key(where), _Entry(where)).count += 1

    def _holds(self, where: Aim) -> bool:
        by_item = where.policy in (Policy.SELF, Policy.ITEM, Policy.ABOUT)
        return by_item and where.item_id in self._holdings.ids.get(where.collection, ())

    def _fold(self) -> None:
        """Add up the tallies: links that are decided alike whatever item they belong to."""
        self._decided[LinkOutcome.COVERED] += self._covered
        self._covered = 0
        for tally in self._tallies.values():
            if tally.items:
                self._decided.update({outcome: count * tally.items for outcome, count in tally.decided.items()})
                for where in tally.alike:
                    self._open.setdefault(_key(where), _Entry(where)).count += tally.items
                tally.items = 0

    def open(self) -> Iterator[Aim]:
        """Yield the undecided aims that may be requested; one for each collection where one decides for all."""
        self._fold()
        asked: set[str] = set()
        # A copy, since the caller's requests add to the account.
        for where in [entry.first for entry in self._open.values()]:
            if not self._may_be_requested(where):
                continue
            collection = where.collection
            if self._one_for_all(where):
                if collection in asked:
                    continue
                asked.add(collection)
            yield where

    def _may_be_requested(self, where: Aim) -> bool:
        # An item whose link to itself isn't covered was listed, but isn't held: a gap in the listing says why.
        if where.policy is Policy.SELF or self._holdings.answer(where.route):
            return False
        return decide(where, self._holdings).fetch

    def _one_for_all(self, where: Aim) -> bool:
        """Return whether the answer to one request decides for all of its collection."""
        alike = where.policy is Policy.ITEM and where.collection in self._holdings.alike
        return alike or where.policy is Policy.HISTORY

    def resolve(self, policy: Policy, collection: str, outcomes: Counter[str]) -> None:
        """Record how links of `policy` into `collection` ended, one by one; those not in `outcomes` failed."""
        self._fold()
        key: _Key = (policy, collection, None)
        entry = self._open.pop(key, None)
        self._decided.update(outcomes)
        self._decided[LinkOutcome.FAILED] += max(0, (entry.count if entry else 0) - sum(outcomes.values()))

    def failed(self) -> Iterator[Aim]:
        """Yield the aims that could not be fetched or requested and that no listing covers, one for those alike."""
        self._fold()
        for entry in self._open.values():
            if (
                entry.first.policy in _BY_THEMSELVES
                and decide(entry.first, self._holdings).outcome is LinkOutcome.FAILED
            ):
                yield entry.first

    def outcomes(self, *, chosen: bool = False) -> Counter[str]:
        """Return how many links ended how; with `chosen`, those that weren't requested count as skipped on purpose."""
        self._fold()
        total = Counter(self._decided)
        for entry in self._open.values():
            found = decide(entry.first, self._holdings)
            total[str(LinkOutcome.SKIPPED if chosen and is_open(found) else found.outcome)] += entry.count
        return Counter({str(outcome): count for outcome, count in sorted(total.items()) if count})

    def views_open(self) -> set[str]:
        """Return the collections whose filtered views no proof covers, so that each view has to be requested."""
        self._fold()
        return {
            where.collection
            for where in (entry.first for entry in self._open.values())
            if where.policy is Policy.VIEW and decide(where, self._holdings).fetch
        }


@dataclass(slots=True)
class _Tally:
    """What the links of one shape count for, and how many `items` were met since they were last added up.

    `decided` counts the links with the same outcome for every item. `alike` has the aims of links that are decided by
    collection. `single` has those to single items: the position of the id, the collection, and the aim at a stand-in.
    """

    decided: Counter[str]
    alike: list[Aim]
    single: list[tuple[int, str, Aim]]
    items: int = 0

    @classmethod
    def of(cls, links: Sequence[LinkShape], aims: Sequence[Aim]) -> "_Tally":
        """Return the tally of a shape, given the aims of its first item's links."""
        tally = cls(Counter(), [], [])
        for link, where in zip(links, aims, strict=True):
            if where.inherent is not None:
                tally.decided[where.inherent] += 1
            elif where.policy in _TOGETHER or link.id_at is None:
                tally.alike.append(where)
            else:
                tally.single.append((link.id_at, where.collection, link.stand_in))
        return tally


_TOGETHER = (Policy.VIEW, Policy.HISTORY, Policy.REVISION, Policy.COLLECTION)


def _key(where: Aim) -> _Key:
    """Return a key that links which are decided alike share."""
    if where.policy in _TOGETHER:
        return where.policy, where.collection, None
    return where.policy, where.collection, where.item_id
