"""How each link ends in the account of every link, given what is held: the crawl and the index both decide by this alone."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from wparchive.model import Verdict
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.links.aims import Aim
from wparchive.wordpress.relations import LinkOutcome, Policy

__all__ = ["Answered", "Decision", "Holdings", "answered", "decide", "links_answered_by", "listed", "walked"]


class Decision(NamedTuple):
    """A link's outcome with its evidence; `fetch` when nothing decides it yet and its route may be asked for."""

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
    """How a link ends whose route was asked: the fetching's verdict, what the answer means, and why it is cut, if it is.

    Only what came whole is captured. Both the crawl and the index decide by this alone.
    """
    # A redirect that our guard didn't let us follow is a refusal; any other as the last word is a failure.
    if verdict in (Verdict.ROBOTS, Verdict.GUARDED):
        return LinkOutcome.REFUSED
    whole = verdict == Verdict.ANSWERED and not truncated
    return _MEANT.get(meaning or "", LinkOutcome.FAILED) if whole else LinkOutcome.FAILED


def walked(outcome: str) -> LinkOutcome:
    """How a link to a filtered view ends that was walked by itself: `outcome` is its proof's, or `missing`."""
    return _WALKED.get(outcome, LinkOutcome.FAILED)


def listed(outcome: str, held: int | None, reason: str | None) -> str:
    """What a listing counts for with links into it: how its proof ended, or `missing` where there is no such list.

    Nothing is held of that, and the server answered 404.
    """
    return "missing" if not held and (reason or "").startswith("404") else outcome


_WITH_CREDENTIALS = "?context=edit"


def links_answered_by(route: str) -> str:
    """The route of the links that an answer to `route` is the answer to: revisions are the same whatever of them is shown."""
    plain = route.removesuffix(_WITH_CREDENTIALS)
    return plain if plain.endswith("/revisions") else route


class Holdings(Protocol):
    """What a run, or an archive, holds; ids of captures are its evidence."""

    def listing(self, collection: str) -> tuple[str, str | None] | None:
        """The listing's proof outcome (or `skipped`, `missing`) and its last capture; None when it isn't walked."""

    def item(self, collection: str, item_id: int | str) -> str | None:
        """The capture that holds the item; documents hold theirs by slug."""

    def answer(self, route: str) -> Answered | None:
        """What a capture of exactly that route said."""

    def history(self, collection: str) -> Answered | None:
        """The answer that stands for the version history of every item of the collection; None: each is asked for."""

    def absent(self, collection: str) -> Answered | None:
        """The answer that stands for every item that the complete listing leaves out; None: each is asked for."""


def decide(aim: Aim, holdings: Holdings) -> Decision:
    """How the link that `aim` describes ends, given what is held; both the crawl and the index decide by this alone.

    With `fetch`, ask for `root.url_for(aim.route)`, let `holdings.answer` know, and decide again; if that isn't done
    the outcome stands as given. A revision is decided by its item's history: decide it after that.
    """
    if aim.inherent is not None:
        return _INHERENT[aim.inherent]
    return _DECIDERS[aim.policy](aim, holdings)


_INHERENT: Mapping[LinkOutcome, Decision] = {outcome: Decision(outcome, None, False) for outcome in LinkOutcome}
_UNDECIDED = Decision(LinkOutcome.FAILED, None, True)
_BY_PROOF: Mapping[str, LinkOutcome] = {
    "complete": LinkOutcome.COVERED,
    "refused": LinkOutcome.REFUSED,
    "skipped": LinkOutcome.SKIPPED,
    "missing": LinkOutcome.MISSING,
}


def _decide_item(aim: Aim, holdings: Holdings) -> Decision:
    collection, item_id, route = aim.collection or "", aim.item_id or 0, aim.route or ""
    held = holdings.item(collection, item_id)
    answered = holdings.answer(route)
    if answered and (not held or answered[0] is LinkOutcome.CAPTURED):
        return Decision(*answered, False)
    if held:
        return Decision(LinkOutcome.COVERED, held, False)
    proof = holdings.listing(collection)
    # A complete listing that lacks the item says nothing: drafts' media and authors without posts are never listed.
    if proof and proof[0] != "complete" and proof[0] in _BY_PROOF:
        return Decision(_BY_PROOF[proof[0]], proof[1], False)
    absent = holdings.absent(collection) if proof and proof[0] == "complete" else None
    return Decision(*absent, False) if absent else _UNDECIDED


def _decide_view(aim: Aim, holdings: Holdings) -> Decision:
    proof = holdings.listing(aim.collection or "")
    if proof and proof[0] in _BY_PROOF:
        return Decision(_BY_PROOF[proof[0]], proof[1], False)
    if answered := holdings.answer(aim.route or ""):
        return Decision(*answered, False)
    if not aim.fetch:
        return Decision(LinkOutcome.FAILED, proof[1], False) if proof else _INHERENT[LinkOutcome.SKIPPED]
    return Decision(LinkOutcome.FAILED, proof[1] if proof else None, True)


def _decide_collection(aim: Aim, holdings: Holdings) -> Decision:
    proof = holdings.listing(aim.collection or "")
    if proof:
        return Decision(_BY_PROOF.get(proof[0], LinkOutcome.FAILED), proof[1], False)
    answered = holdings.answer(aim.route or "")
    return Decision(*answered, False) if answered else _UNDECIDED


def _decide_history(aim: Aim, holdings: Holdings) -> Decision:
    answered = holdings.answer(aim.route or "") or holdings.history(aim.collection or "")
    return Decision(*answered, False) if answered else _UNDECIDED


def _decide_revision(aim: Aim, holdings: Holdings) -> Decision:
    own = holdings.answer(aim.route or "")
    if own:
        return Decision(*own, False)
    history = (aim.route or "").rpartition("/")[0]
    answered = holdings.answer(history) or holdings.history(aim.collection or "")
    if answered is None:
        return _INHERENT[LinkOutcome.FAILED]
    return Decision(*answered, False)


_DECIDERS: Mapping[Policy, Callable[[Aim, Holdings], Decision]] = {
    Policy.SELF: _decide_item,
    Policy.ITEM: _decide_item,
    Policy.ABOUT: _decide_item,
    Policy.COLLECTION: _decide_collection,
    Policy.VIEW: _decide_view,
    Policy.HISTORY: _decide_history,
    Policy.REVISION: _decide_revision,
}
