"""`_links`: where each link aims, and how it ends in the account of every link.

Only relations in `RELATIONS` are ever followed, and of these only hrefs that name a content route of this very root.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from wparchive.model import Verdict
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.php_urls import is_template, stands_alone
from wparchive.wordpress.relations import RELATIONS, LinkOutcome, Policy, Rule, denied, rule_of
from wparchive.wordpress.routes import Root, Route

__all__ = [
    "RELATIONS",
    "Aim",
    "Holdings",
    "Link",
    "LinkOutcome",
    "Policy",
    "Rule",
    "Settled",
    "aim",
    "aim_at",
    "answered",
    "denied",
    "links_of",
    "listed",
    "settle",
    "settles",
    "walked",
]


class Link(NamedTuple):
    """One entry of `_links`; `href` is empty when it isn't a string."""

    relation: str
    href: str
    attributes: Mapping[str, object]


class Aim(NamedTuple):
    """Where a link points, worked out from the link and the root alone.

    `route` is canonical text. `item_id` is a number, or a slug for documents; of a revision it is the parent's, and
    `collection` is the parent's too. `inherent` is the outcome of a link that is never fetched, whatever is held.
    """

    policy: Policy
    route: str | None
    collection: str | None
    item_id: int | str | None
    inherent: LinkOutcome | None
    fetch: bool


class Settled(NamedTuple):
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


def settles(route: str) -> str:
    """The route of the links that an answer to `route` settles: revisions are the same whatever of them is shown."""
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


def links_of(item: Mapping[str, object]) -> Iterator[Link]:
    """Every entry of the item's `_links`, relations as the response spells them; no href, or one not text, is empty."""
    links = item.get("_links")
    if not isinstance(links, dict):
        return
    for relation, entries in links.items():
        for entry in entries if isinstance(entries, list) else (entries,):
            if isinstance(entry, dict):
                href = entry.get("href")
                yield Link(relation, href if isinstance(href, str) else "", entry)
            elif entry is not None:
                yield Link(relation, entry if isinstance(entry, str) else "", {})


_DIGITS = "0123456789"
_PROBES = ("918273645", "564738291")
_MEMO_LIMIT = 8192
_LONGEST_HREF = 4096
_LONGEST_ID = 18  # digits; every one fits 64 bits
_DOCUMENTS = frozenset({"/wp/v2/types", "/wp/v2/taxonomies", "/wp/v2/statuses", "/wp/v2/menu-locations"})
_TEMPLATED = Aim(Policy.TEMPLATE, None, None, None, LinkOutcome.TEMPLATE, False)


class _Shape(NamedTuple):
    """All links that differ from one another only in their numbers: `pieces` of the route go around these."""

    aim: Aim
    pieces: tuple[str, ...]
    id_at: int | None  # which of the numbers is the item's id


def aim(link: Link, root: Root, base: str = "") -> Aim:
    """Where `link` points in an answer from `base`; pure, and cheap because it is worked out once for each shape of URL."""
    relation, href, attributes = link
    if attributes.get("templated"):
        return _TEMPLATED
    # The commonest by far, an id at the end, is told without a call: this runs for every link of every item.
    stem = href.rstrip(_DIGITS)
    if len(stem) == len(href) or stem[-11:] == "/revisions/":
        stem, middle, numbers = _numbers(href)
    else:
        middle, numbers = "", (href[len(stem) :],)
    key = (relation, stem, middle)
    known = root.memo.get(key)
    if known is None:
        known = _learn(key, numbers, root)
    if isinstance(known, Aim):
        return known
    if not isinstance(known, _Shape):
        return _work_out(relation, href, root, base)
    for number in numbers:
        if number[0] == "0" or len(number) > _LONGEST_ID:
            return _work_out(relation, href, root, base)
    (policy, _, collection, item_id, inherent, fetch), pieces, id_at = known
    text = pieces[0] + numbers[0] + pieces[1]
    if middle == "/revisions/":
        text += numbers[1] + pieces[2]
    return Aim(policy, text, collection, item_id if id_at is None else int(numbers[id_at]), inherent, fetch)


def aim_at(policy: object, route: object) -> Aim | None:
    """The aim of a link that is asked for by itself, as it was put on record or named; None for what is none, or never asked."""
    try:
        known, parsed = Policy(str(policy)), Route.parse(route) if isinstance(route, str) else None
    except ValueError:
        return None
    find = _PLACES.get(known)
    place = find(parsed) if find and parsed and not denied(parsed) else None
    return Aim(known, str(route), place[0], place[1], None, True) if place else None


def _numbers(href: str) -> tuple[str, str, tuple[str, ...]]:
    """`href` as stem, middle and numbers: stem 5; stem 5 /revisions; stem 5 /revisions/ 7."""
    if href.endswith("/revisions"):
        stem = href[:-10].rstrip(_DIGITS)
        number = href[len(stem) : -10]
        return (stem, "/revisions", (number,)) if number else (href, "", ())
    stem = href.rstrip(_DIGITS)
    if stem == href:
        return href, "", ()
    last = href[len(stem) :]
    if stem.endswith("/revisions/"):
        outer = stem[:-11].rstrip(_DIGITS)
        if first := stem[len(outer) : -11]:
            return outer, "/revisions/", (first, last)
    return stem, "", (last,)


def _learn(key: tuple[str, str, str], numbers: tuple[str, ...], root: Root) -> Aim | _Shape | bool:
    """What `root.memo` keeps for a shape: its aim, or how that depends on the numbers, or False when it has no rule."""
    relation, stem, middle = key
    if len(stem) > _LONGEST_HREF or not stands_alone(stem):
        return False
    learnt: Aim | _Shape | bool
    if not numbers:
        learnt = _work_out(relation, stem, root)
    else:
        probes = _PROBES[: len(numbers)]
        probed = _work_out(relation, stem + probes[0] + middle + "".join(probes[1:]), root)
        learnt = _shape(probed, probes) or False
    if len(root.memo) >= _MEMO_LIMIT:
        root.memo.clear()
    root.memo[key] = learnt
    return learnt


def _shape(probed: Aim, probes: tuple[str, ...]) -> _Shape | None:
    pieces, rest = [], probed.route or ""
    for probe in probes:
        before, found, rest = rest.partition(probe)
        # A parameter that is left out at its default value has no shape.
        if not found or probe in rest or before.endswith("page="):
            return None
        pieces.append(before)
    if isinstance(probed.item_id, str) or any(probe in (probed.collection or "") for probe in probes):
        return None
    id_at = probes.index(str(probed.item_id)) if str(probed.item_id) in probes else None
    return _Shape(probed, (*pieces, rest), id_at)


def _work_out(relation: str, href: str, root: Root, base: str = "") -> Aim:
    rule = rule_of(relation)
    if rule.policy is Policy.TEMPLATE or is_template(href):
        return _TEMPLATED
    route = root.route_to(href, base) if len(href) <= _LONGEST_HREF else None
    if route is None:
        return Aim(rule.policy, None, None, None, LinkOutcome.OUTSIDE, False)
    place = None if denied(route) else _PLACES[rule.policy](route)
    if place is None:
        return Aim(rule.policy, str(route), None, None, LinkOutcome.SKIPPED, False)
    policy = Policy.COLLECTION if rule.policy is Policy.VIEW and not route.params else rule.policy
    return Aim(policy, str(route), *place, None, rule.fetch)


_Place = tuple[str, int | str | None]


def _object_place(route: Route) -> _Place | None:
    collection, _, last = route.path.rpartition("/")
    if collection in _DOCUMENTS:
        return collection, last
    is_id = last.isascii() and last.isdigit() and len(last) <= _LONGEST_ID
    return (collection, int(last)) if is_id and len(route.segments) > 2 else None


def _collection_place(route: Route) -> _Place | None:
    last = route.segments[-1] if len(route.segments) > 1 else ""
    return (route.path, None) if last and not last.isdigit() else None


def _history_place(route: Route) -> _Place | None:
    parent, _, last = route.path.rpartition("/")
    return _object_place(Route(parent)) if last == "revisions" else None


def _revision_place(route: Route) -> _Place | None:
    return _history_place(Route(route.path.rpartition("/")[0]))


_PLACES: Mapping[Policy, Callable[[Route], _Place | None]] = {
    Policy.SELF: _object_place,
    Policy.ITEM: _object_place,
    Policy.ABOUT: _object_place,
    Policy.COLLECTION: _collection_place,
    Policy.VIEW: _collection_place,
    Policy.HISTORY: _history_place,
    Policy.REVISION: _revision_place,
    Policy.SKIP: lambda _: None,
}


def settle(aim: Aim, holdings: Holdings) -> Settled:
    """How the link that `aim` describes ends, given what is held; both the crawl and the index decide by this alone.

    With `fetch`, ask for `root.url_for(aim.route)`, let `holdings.answer` know, and settle again; if that isn't done
    the outcome stands as given. A revision is decided by its item's history: settle it after that.
    """
    if aim.inherent is not None:
        return _INHERENT[aim.inherent]
    return _SETTLERS[aim.policy](aim, holdings)


_INHERENT: Mapping[LinkOutcome, Settled] = {outcome: Settled(outcome, None, False) for outcome in LinkOutcome}
_UNDECIDED = Settled(LinkOutcome.FAILED, None, True)
_BY_PROOF: Mapping[str, LinkOutcome] = {
    "complete": LinkOutcome.COVERED,
    "refused": LinkOutcome.REFUSED,
    "skipped": LinkOutcome.SKIPPED,
    "missing": LinkOutcome.MISSING,
}


def _settle_item(aim: Aim, holdings: Holdings) -> Settled:
    collection, item_id, route = aim.collection or "", aim.item_id or 0, aim.route or ""
    held = holdings.item(collection, item_id)
    answered = holdings.answer(route)
    if answered and (not held or answered[0] is LinkOutcome.CAPTURED):
        return Settled(*answered, False)
    if held:
        return Settled(LinkOutcome.COVERED, held, False)
    proof = holdings.listing(collection)
    # A complete listing that lacks the item says nothing: drafts' media and authors without posts are never listed.
    if proof and proof[0] != "complete" and proof[0] in _BY_PROOF:
        return Settled(_BY_PROOF[proof[0]], proof[1], False)
    absent = holdings.absent(collection) if proof and proof[0] == "complete" else None
    return Settled(*absent, False) if absent else _UNDECIDED


def _settle_view(aim: Aim, holdings: Holdings) -> Settled:
    proof = holdings.listing(aim.collection or "")
    if proof and proof[0] in _BY_PROOF:
        return Settled(_BY_PROOF[proof[0]], proof[1], False)
    if answered := holdings.answer(aim.route or ""):
        return Settled(*answered, False)
    if not aim.fetch:
        return Settled(LinkOutcome.FAILED, proof[1], False) if proof else _INHERENT[LinkOutcome.SKIPPED]
    return Settled(LinkOutcome.FAILED, proof[1] if proof else None, True)


def _settle_collection(aim: Aim, holdings: Holdings) -> Settled:
    proof = holdings.listing(aim.collection or "")
    if proof:
        return Settled(_BY_PROOF.get(proof[0], LinkOutcome.FAILED), proof[1], False)
    answered = holdings.answer(aim.route or "")
    return Settled(*answered, False) if answered else _UNDECIDED


def _settle_history(aim: Aim, holdings: Holdings) -> Settled:
    answered = holdings.answer(aim.route or "") or holdings.history(aim.collection or "")
    return Settled(*answered, False) if answered else _UNDECIDED


def _settle_revision(aim: Aim, holdings: Holdings) -> Settled:
    own = holdings.answer(aim.route or "")
    if own:
        return Settled(*own, False)
    history = (aim.route or "").rpartition("/")[0]
    answered = holdings.answer(history) or holdings.history(aim.collection or "")
    if answered is None:
        return _INHERENT[LinkOutcome.FAILED]
    return Settled(*answered, False)


_SETTLERS: Mapping[Policy, Callable[[Aim, Holdings], Settled]] = {
    Policy.SELF: _settle_item,
    Policy.ITEM: _settle_item,
    Policy.ABOUT: _settle_item,
    Policy.COLLECTION: _settle_collection,
    Policy.VIEW: _settle_view,
    Policy.HISTORY: _settle_history,
    Policy.REVISION: _settle_revision,
}
