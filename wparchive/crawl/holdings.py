"""What a run holds so far, and what it was answered."""

from collections.abc import Iterable

from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.links.aims import Aim
from wparchive.wordpress.links.decisions import Answered, listed, walked
from wparchive.wordpress.listing import Proof
from wparchive.wordpress.relations import LinkOutcome, Policy

__all__ = ["RunHoldings"]

HELD = "held"  # a run needs to know that an item is held; which capture holds it is the index's business


class RunHoldings:
    """What a run holds, as `decisions.Holdings`: the `ids` of each collection, and what was answered.

    In the `alike` collections a refusal of one item stands for all that aren't listed.
    """

    def __init__(self, collections: Iterable[Collection]) -> None:
        self.alike = {one.route for one in collections if one.kind.alike}
        self._listings: dict[str, tuple[str, str | None]] = {
            one.route: ("skipped", None) for one in collections if one.skipped
        }
        self.ids: dict[str, set[int] | set[int | str]] = {}
        self._answers: dict[str, Answered] = {}
        self._histories: dict[str, Answered] = {}
        self._absent: dict[str, Answered] = {}
        self._read: set[str] = set()
        self._alone: dict[str, set[int]] = {}
        self.doubts: list[str] = []  # what wasn't understood

    def listing(self, collection: str) -> tuple[str, str | None] | None:
        """See `decisions.Holdings`."""
        return self._listings.get(collection)

    def item(self, collection: str, item_id: int | str) -> str | None:
        """See `decisions.Holdings`."""
        return HELD if item_id in self.ids.get(collection, ()) else None

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
        self.ids[collection] = ids

    def held(self, collection: str) -> set[int | str]:
        """The ids of `collection` that are held."""
        return set(self.ids.get(collection, ()))

    def show_alone(self, collection: str, wp_id: int) -> None:
        """An item was asked for by itself, and the site shows it."""
        self._alone.setdefault(collection, set()).add(wp_id)

    def shown_alone(self, collection: str) -> int:
        """How many items of `collection` the site showed to who asked for each by itself."""
        return len(self._alone.get(collection, ()))

    @property
    def size(self) -> int:
        """How many items are held."""
        return sum(map(len, self.ids.values()))

    def add(self, collection: str, item_id: int | str) -> None:
        """One more item is held."""
        ids: set[int | str] = self.ids.setdefault(collection, set())  # type: ignore[assignment]  # int sets take ints only
        ids.add(item_id)

    def drop(self, collection: str, ids: set[int]) -> None:
        """These items are gone."""
        self.ids.get(collection, set()).difference_update(ids)

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
        elif where.policy is Policy.ITEM and collection in self.alike:
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

    def unasked(self) -> dict[str, str]:
        """Routes that were decided without a request (robots.txt, the guard), and how their links end."""
        return {route: str(outcome) for route, (outcome, capture) in self._answers.items() if capture is None and route}
