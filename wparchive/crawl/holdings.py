"""What a run holds so far, and the outcomes of its requests."""

from collections.abc import Iterable

from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.links.aims import Aim
from wparchive.wordpress.links.decisions import Answered, listed, walked
from wparchive.wordpress.listing import Proof
from wparchive.wordpress.relations import LinkOutcome, Policy

__all__ = ["RunHoldings"]

HELD = "held"  # a run needs to know that an item is held; the index finds out by which capture


class RunHoldings:
    """What a run holds, as `decisions.Holdings`: the `ids` of each collection, and the outcomes of requests.

    A collection may have several lists, one for each language; links count what any of them holds. In the `alike`
    collections, a refusal of one item stands for all that aren't listed.
    """

    def __init__(self, collections: Iterable[Collection]) -> None:
        self.alike = {one.route for one in collections if one.kind.alike}
        self._listings: dict[str, tuple[str, str | None]] = {
            one.route: ("skipped", None) for one in collections if one.skipped
        }
        self.ids: dict[str, set[int] | set[int | str]] = {}  # by route, in all languages
        self._lists: dict[str, set[int] | set[int | str]] = {}  # by list; where a route has only one, the same sets
        self._shared: set[str] = set()  # routes with lists in several languages
        self._answers: dict[str, Answered] = {}
        self._histories: dict[str, Answered] = {}
        self._absent: dict[str, Answered] = {}
        self._read: set[str] = set()
        self._alone: dict[str, set[int]] = {}
        self.doubts: list[str] = []  # what couldn't be parsed

    def listing(self, collection: str) -> tuple[str, str | None] | None:
        return self._listings.get(collection)

    def item(self, collection: str, item_id: int | str) -> str | None:
        return HELD if item_id in self.ids.get(collection, ()) else None

    def answer(self, route: str) -> Answered | None:
        return self._answers.get(route)

    def history(self, collection: str) -> Answered | None:
        return self._histories.get(collection)

    def absent(self, collection: str) -> Answered | None:
        return self._absent.get(collection)

    def hold(self, collection: str, ids: set[int] | set[int | str]) -> None:
        """Make `ids` the held items of `collection`; the caller may continue to add to the set.

        Where the collection has other lists, what the caller adds counts for links only once it is given to `add`.
        """
        self._lists[collection] = ids
        route = collection.partition("?")[0]
        if route != collection and route not in self._shared:
            self._shared.add(route)
            self.ids[route] = set(self.ids.get(route, ()))
        if route in self._shared:
            self.ids.setdefault(route, set()).update(ids)  # type: ignore[arg-type]  # lists of one route hold ids alike
        else:
            self.ids[route] = ids

    def held(self, collection: str) -> set[int | str]:
        """Return the ids of `collection`, a list of it in one language if there are several, that are held."""
        return set(self._lists.get(collection, ()))

    def beside(self, collection: str) -> set[int | str]:
        """Return the ids that other lists of the same collection hold."""
        route = collection.partition("?")[0]
        others = (ids for key, ids in self._lists.items() if key != collection and key.partition("?")[0] == route)
        return {wp_id for ids in others for wp_id in ids}

    def show_alone(self, collection: str, wp_id: int) -> None:
        """Record that the site shows an item that was requested by itself."""
        self._alone.setdefault(collection, set()).add(wp_id)

    def shown_alone(self, collection: str) -> int:
        """Return how many items of `collection` the site showed to requests for one item."""
        return len(self._alone.get(collection, ()))

    @property
    def size(self) -> int:
        """The number of items that are held."""
        return sum(map(len, self.ids.values()))

    def add(self, collection: str, item_id: int | str) -> None:
        """Add one item to what is held."""
        if collection not in self._lists:
            self.hold(collection, set())
        for ids in (self._lists[collection], self.ids[collection.partition("?")[0]]):
            ids.add(item_id)  # type: ignore[arg-type]  # int sets take ints only

    def drop(self, collection: str, ids: set[int]) -> None:
        """Remove items that are gone, in every language."""
        route = collection.partition("?")[0]
        lists = (held for key, held in self._lists.items() if key.partition("?")[0] == route)
        for held in (*lists, self.ids.get(route, set())):
            held.difference_update(ids)

    def recall(self, collection: str, outcome: str) -> None:
        """Set the outcome of an earlier run's listing of a collection that this run doesn't walk."""
        # What this run proves itself takes precedence.
        self._listings.setdefault(collection, (outcome, None))

    def recall_answer(self, route: str, outcome: LinkOutcome, capture: str) -> None:
        """Set the outcome of an earlier run's request for `route`, which this run doesn't repeat."""
        self._answers.setdefault(route, (outcome, capture))

    def recall_refusal(self, policy: Policy, collection: str) -> None:
        """Set an earlier run's refusal that stands for all items of a collection."""
        place = self._histories if policy is Policy.HISTORY else self._absent
        place[collection] = (LinkOutcome.REFUSED, None)

    def prove(self, proof: Proof) -> None:
        """Record the proof of a listing."""
        outcome = listed(proof.outcome, proof.held, proof.reason)
        self._listings[proof.route] = (outcome, proof.capture)
        self._hold_back(proof.route.partition("?")[0])
        if "?" in proof.route:  # a link to a filtered view names this listing
            self._answers[proof.route] = (walked(outcome), proof.capture)

    def _hold_back(self, route: str) -> None:
        """Let a collection count only as complete as its lists in all languages are."""
        if route not in self._shared or self._listings.get(route, ("", None))[0] != "complete":
            return
        for key in self._lists:
            found = self._listings.get(key) if key.partition("?")[0] == route else None
            if found and found[0] != "complete":
                self._listings[route] = found
                return

    def register(self, where: Aim, outcome: LinkOutcome, capture: str | None) -> None:
        """Record the outcome of an open aim.

        A refusal of a history, or of an item that is never listed, stands for all of its collection.
        """
        self._answers[where.route] = (outcome, capture)
        collection = where.collection
        if where.policy is Policy.HISTORY and outcome is LinkOutcome.CAPTURED:
            self._read.add(collection)
        if outcome is not LinkOutcome.REFUSED:
            return
        if where.policy is Policy.HISTORY:
            self._histories[collection] = (outcome, capture)
        elif where.policy is Policy.ITEM and collection in self.alike:
            self._absent[collection] = (outcome, capture)

    def recall_histories(self, collection: str, ids: Iterable[int]) -> None:
        """Record that earlier runs read the revisions of these items."""
        for wp_id in ids:
            self._answers[f"{collection}/{wp_id}/revisions"] = (LinkOutcome.CAPTURED, HELD)
            self._read.add(collection)

    @property
    def histories_read(self) -> frozenset[str]:
        """The collections of which some items' revisions were read; nothing follows for the others."""
        return frozenset(self._read)

    def unasked(self) -> dict[str, str]:
        """Return routes that were decided without a request (robots.txt, the guard), and how links to them end."""
        return {route: str(outcome) for route, (outcome, capture) in self._answers.items() if capture is None and route}
