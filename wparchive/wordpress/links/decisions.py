"""Decides the outcome of each link, given what is held. Crawl and index both use only this."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from wparchive.model import Verdict
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.links.aims import Aim
from wparchive.wordpress.relations import LinkOutcome, Policy

__all__ = ["Answered", "Decision", "Holdings", "answered", "decide", "is_open", "links_answered_by", "listed", "walked"]


class Decision(NamedTuple):
    """A link's outcome with its evidence; `fetch` is True if nothing decides it yet and its route may be requested."""

    outcome: LinkOutcome
    capture: str | None
    fetch: bool


Answered = tuple[LinkOutcome, str | None]


_MEANT: Mapping[str, LinkOutcome] = {
    Meaning.OK: LinkOutcome.CAPTURED,
    Meaning.REFUSED: LinkOutcome.REFUSED,
    Meaning.MISSING: LinkOutcome.MISSING,
    Meaning.NO_ROUTE: LinkOutcome.MISSING,
    Meaning.BAD_PARAM: LinkOutcome.REFUSED,
}
_WALKED: Mapping[str, LinkOutcome] = {
    "complete": LinkOutcome.CAPTURED,
    "refused": LinkOutcome.REFUSED,
    "missing": LinkOutcome.MISSING,
}


def answered(verdict: str, meaning: str | None, truncated: str | None = None) -> LinkOutcome:
    """Return the outcome of a link whose route was requested.

    It follows from the fetch's verdict, the response's meaning, and why it was truncated, if it was.
    Only a complete response counts as captured.
    """
    # A redirect that our guard did not follow is a refusal; any other final redirect is a failure.
    if verdict in (Verdict.ROBOTS, Verdict.GUARDED):
        return LinkOutcome.REFUSED
    whole = verdict == Verdict.ANSWERED and not truncated
    return _MEANT.get(meaning or "", LinkOutcome.FAILED) if whole else LinkOutcome.FAILED


def walked(outcome: str) -> LinkOutcome:
    """Return the outcome of a link to a filtered view that was walked; `outcome` is its proof's, or `missing`."""
    return _WALKED.get(outcome, LinkOutcome.FAILED)


def listed(outcome: str, held: int | None, reason: str | None) -> str:
    """Return what a listing counts as for links into it: its proof's outcome, or `missing` if there is no such list.

    A listing is missing if the server answered 404 and nothing of it is held.
    """
    return "missing" if not held and (reason or "").startswith("404") else outcome


_WITH_CREDENTIALS = "?context=edit"


def links_answered_by(route: str) -> str:
    """Return the route of the links that a response to `route` answers: revisions are the same in every context."""
    plain = route.removesuffix(_WITH_CREDENTIALS)
    return plain if plain.endswith("/revisions") else route


class Holdings(Protocol):
    """What a run, or an archive, holds. Ids of captures are its evidence."""

    def listing(self, collection: str) -> tuple[str, str | None] | None:
        """Return the listing's outcome (or `skipped`, `missing`) and its last capture; None if it is not walked."""

    def item(self, collection: str, item_id: int | str) -> str | None:
        """Return the capture that holds the item; items of documents are identified by slug."""

    def answer(self, route: str) -> Answered | None:
        """Return the answer in a capture of exactly this route."""

    def history(self, collection: str) -> Answered | None:
        """Return the answer that applies to every version history of the collection; None if each is requested."""

    def absent(self, collection: str) -> Answered | None:
        """Return the answer that applies to every item that a complete listing omits; None if each is requested."""


def decide(aim: Aim, holdings: Holdings) -> Decision:
    """Return the outcome of the link that `aim` describes, given what is held.

    With `fetch`, request `root.url_for(aim.route)`, make the answer known to `holdings.answer`, and decide again;
    otherwise the outcome stands. Decide a revision after its item's history, on which it depends.
    """
    if aim.inherent is not None:
        return _INHERENT[aim.inherent]
    return _DECIDERS[aim.policy](aim, holdings)


def is_open(found: Decision) -> bool:
    """Return whether nothing decides a link: neither its own route was asked for, nor the one on which it depends."""
    return found.fetch or found is _NO_HISTORY


_INHERENT: Mapping[LinkOutcome, Decision] = {outcome: Decision(outcome, None, False) for outcome in LinkOutcome}
_UNDECIDED = Decision(LinkOutcome.FAILED, None, True)
# A revision isn't asked for by itself; this one, and no equal of it, says that nobody asked for its item's history either.
_NO_HISTORY = Decision(LinkOutcome.FAILED, None, False)
_BY_PROOF: Mapping[str, LinkOutcome] = {
    "complete": LinkOutcome.COVERED,
    "refused": LinkOutcome.REFUSED,
    "skipped": LinkOutcome.SKIPPED,
    "missing": LinkOutcome.MISSING,
}


def _decide_item(aim: Aim, holdings: Holdings) -> Decision:
    held = holdings.item(aim.collection, aim.item_id or 0)
    answered = holdings.answer(aim.route)
    if answered and (not held or answered[0] is LinkOutcome.CAPTURED):
        return Decision(*answered, False)
    if held:
        return Decision(LinkOutcome.COVERED, held, False)
    outcome, capture = holdings.listing(aim.collection) or ("", None)
    # A complete listing does not prove that an item is missing: it omits drafts' media and authors without posts.
    if outcome == "complete":
        return _decided(holdings.absent(aim.collection), _UNDECIDED)
    return Decision(_BY_PROOF[outcome], capture, False) if outcome in _BY_PROOF else _UNDECIDED


def _decide_view(aim: Aim, holdings: Holdings) -> Decision:
    proof = holdings.listing(aim.collection)
    if proof and proof[0] in _BY_PROOF:
        return Decision(_BY_PROOF[proof[0]], proof[1], False)
    if answered := holdings.answer(aim.route):
        return Decision(*answered, False)
    if not aim.fetch:
        return Decision(LinkOutcome.FAILED, proof[1], False) if proof else _INHERENT[LinkOutcome.SKIPPED]
    return Decision(LinkOutcome.FAILED, proof[1] if proof else None, True)


def _decide_collection(aim: Aim, holdings: Holdings) -> Decision:
    proof = holdings.listing(aim.collection)
    if proof:
        return Decision(_BY_PROOF.get(proof[0], LinkOutcome.FAILED), proof[1], False)
    return _decided(holdings.answer(aim.route), _UNDECIDED)


def _decide_history(aim: Aim, holdings: Holdings) -> Decision:
    return _decided(holdings.answer(aim.route) or holdings.history(aim.collection), _UNDECIDED)


def _decide_revision(aim: Aim, holdings: Holdings) -> Decision:
    own = holdings.answer(aim.route) or holdings.answer(aim.route.rpartition("/")[0])
    return _decided(own or holdings.history(aim.collection), _NO_HISTORY)


def _decided(answered: Answered | None, otherwise: Decision) -> Decision:
    return Decision(*answered, False) if answered else otherwise


_DECIDERS: Mapping[Policy, Callable[[Aim, Holdings], Decision]] = {
    Policy.SELF: _decide_item,
    Policy.ITEM: _decide_item,
    Policy.ABOUT: _decide_item,
    Policy.COLLECTION: _decide_collection,
    Policy.VIEW: _decide_view,
    Policy.HISTORY: _decide_history,
    Policy.REVISION: _decide_revision,
}
