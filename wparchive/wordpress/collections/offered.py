"""Which lists a site's REST index offers beyond the types that WordPress lists, and which of them aren't asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from wparchive.wordpress.collections.acting import acting_word
from wparchive.wordpress.collections.plugins import (
    ASIDE,
    CLOSED,
    SEARCH,
    known_at,
    pages,
    plug_in_collection,
    unversioned,
    version,
)
from wparchive.wordpress.collections.versions import Shown, same_list
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.judgement import Judgement, Meaning, says_none
from wparchive.wordpress.kinds import PLUG_IN_TABLES, Collection, can_be_asked
from wparchive.wordpress.listing import PageReply
from wparchive.wordpress.payload.document import Item
from wparchive.wordpress.type_names import slug_of
from wparchive.wordpress.unlisted import recognised

__all__ = ["FAILED", "TRANSIENT", "failure_of", "judged", "kept", "narrowed", "offered"]

_MOST = 200  # lists of plug-ins that are looked at; a real site has some dozens
_MOST_NAMED = 1_000  # that get a row
TRANSIENT = "no list came: "
"""How the reason begins for which a list is skipped only until the next look."""
FAILED = "failed: "
"""How the reason begins for which a list isn't walked now, although strangers may be meant to read it: a gap."""
_FOR_NOW = (408, 425, 429)  # of the statuses below 500, those that say nothing of what strangers may read


def offered(index: RestIndex, listed: Sequence[Collection]) -> list[Collection]:
    """Return every paginated list that `index` offers beyond those `listed`: to be looked at, or skipped for a reason.

    Each route occurs once; of several versions of a route that is known, only the newest is walked.
    """
    taken = {one.route for one in listed}
    terms = {slug_of(one.type): one.route for one in listed if one.kind.table == "terms" and not one.skipped}
    found: dict[str, Collection] = {}
    left_out = 0
    for route in _paginated(index, taken):
        if len(found) >= _MOST_NAMED:
            left_out += 1
        else:
            found[route] = _offer(route, index, terms, listed)
    return _limited(_newest(found.values()), left_out)


def _newest(found: Iterable[Collection]) -> list[Collection]:
    """Skip older versions of known lists, which are documented as the same."""
    newest: dict[str, str] = {}
    lists = list(found)
    for one in lists:
        place = unversioned(one.route)
        if not one.skipped and version(one.route) >= version(newest.get(place, "")):
            newest[place] = one.route
    return [
        replace(one, skipped=f"an older version of {best}")
        if not one.skipped and known_at(one.route) and (best := newest[unversioned(one.route)]) != one.route
        else one
        for one in lists
    ]


def _limited(found: list[Collection], left_out: int) -> list[Collection]:
    """Skip what is beyond the number of lists that a real site has."""
    more = f" and {left_out:,} more that have no row here" if left_out else ""
    reason = f"the site names more than {_MOST} lists of plug-ins{more}"
    walked = 0
    for place, one in enumerate(found):
        walked += not one.skipped
        if walked > _MOST and not one.skipped:
            found[place] = replace(one, skipped=reason)
    return found


def _paginated(index: RestIndex, taken: Iterable[str]) -> Iterator[str]:
    """Yield the routes that list items page by page, for any method, and known ones that come at once."""
    known = set(taken)
    for route in index.routes:
        plain = "(" not in route and route not in known
        if not plain:
            continue
        methods = index.methods(route)
        # What is written may have a size among its fields.
        listed = (pages(args, surely=method != "GET") for method, args in methods.items())
        if any(listed) or known_at(route):
            yield route
    for route in index.below_items():
        # Those of WordPress's own types, revisions and the like, are reached by links.
        own = route.startswith("/wp/v2/") or route.partition("/*")[0] in known
        if not own and pages(index.methods(route).get("GET", {}), surely=True):
            yield route


def _offer(route: str, index: RestIndex, terms: Mapping[str, str], listed: Sequence[Collection]) -> Collection:
    one = plug_in_collection(route, index)
    return replace(one, skipped=_why_not(route, index, terms, listed))


def _why_not(route: str, index: RestIndex, terms: Mapping[str, str], listed: Sequence[Collection]) -> str | None:
    """Return why a route isn't even looked at; None if it is."""
    known, readable = known_at(route), index.methods(route).get("GET")
    if not can_be_asked(route):
        return "never asked for: it may have effects"
    if readable is None:
        return f"it is not read by GET but by {', '.join(sorted(index.methods(route)))}"
    if route == SEARCH and _found_only(index, listed):
        return None
    if route in ASIDE:
        return ASIDE[route]
    if f"{route}/".startswith(CLOSED):
        return "readable only with a login"
    if "*" in route:
        return f"a list for each item of {route.partition('/*')[0]}, not read item by item"
    if not known and (word := acting_word(index.spelled(route))):
        return f"never asked for: by its name, `{word}`, it may have effects"
    if known and known.twin and known.twin[0] == "terms" and known.twin[1] in terms:
        return f"its terms are those of {terms[known.twin[1]]}"
    if needs := sorted(name for name, schema in readable.items() if schema.get("required")):
        return f"it needs {', '.join(needs[:5])}"
    if known or pages(readable, surely=True) or (pages(readable) and index.has(f"{route}/1")):
        return None
    return (
        "it is not paginated for sure: it takes no page, or no size"
        if pages(readable)
        else "it is not paginated when read"
    )


def _found_only(index: RestIndex, listed: Sequence[Collection]) -> list[str]:
    """Return the types that the search names and no list is of."""
    types = {slug_of(one.type) for one in listed}
    return sorted(set(index.choices(SEARCH, "subtype")) - types - {"any"})


def narrowed(one: Collection, index: RestIndex, listed: Sequence[Collection]) -> Collection:
    """Return the collection `one`; the search is limited to the types that no list of `listed` is of."""
    if one.route != SEARCH:
        return one
    types = ("subtype", ",".join(_found_only(index, listed)))
    return replace(one, kind=replace(one.kind, params=(types, ("type", "post"))))


def kept(rows: Iterable[Mapping[str, object]], index: RestIndex) -> Iterator[Collection]:
    """Yield the plug-ins' collections that an earlier run recorded, as that run walked or skipped them."""
    for row in rows:
        route, kind, table, skipped = (row.get(name) for name in ("route", "type", "table", "skipped"))
        if not isinstance(route, str) or table not in PLUG_IN_TABLES or not isinstance(kind, str):
            continue
        if can_be_asked(route) and (known_at(route) or not acting_word(index.spelled(route))):
            found = plug_in_collection(route, index)
            name = found.type if known_at(route) else kind
            yield replace(found, type=name, skipped=skipped if isinstance(skipped, str) else None)


def judged(
    one: Collection,
    index: RestIndex,
    page: PageReply,
    shown: Sequence[Item],
    listed: Sequence[Collection],
    others: Sequence[Shown] = (),
) -> Collection:
    """Return the collection `one` after a look at its first page, which has shown these items: walked or skipped.

    Lists of posts or terms that no document lists are walked like those. `others` are lists that are walked already.
    """
    if reason := _trouble(page.answer):
        return replace(one, skipped=reason)
    if page.answer.ok and any(item.id is None for item in page.items):
        return replace(one, skipped="its items have no number called id")
    if not page.items and not index.has(f"{one.route}/1"):
        return replace(one, skipped="it is empty, and nothing says what it would list")
    if other_version := same_list(one.route, page, others):
        return replace(
            one, skipped=f"the same list as {other_version.route}: as many items, and the same on its first page"
        )
    same = recognised(index, one.route, [item.value for item in shown]) if shown else None
    if same is None:
        return one
    other = next(
        (have for have in listed if not have.skipped and slug_of(have.type) == same.type and have.kind is same.kind),
        None,
    )
    if other:
        return replace(one, skipped=f"its items are those of {other.route}")
    plainly = index.supports(one.route, "include") and "id" in index.choices(one.route, "orderby")
    return same if plainly else one


def _trouble(answer: Judgement) -> str:
    """Return why nothing can be walked, by the answer to the first look; "" if it can."""
    if answer.ok or says_none(answer) or answer.meaning is Meaning.PAST_END:
        return ""
    if answer.meaning in (Meaning.REFUSED, Meaning.NO_ROUTE, Meaning.MISSING):
        return f"refused: {answer.reason}"
    if answer.meaning is Meaning.BAD_PARAM:
        return f"it takes other parameters: {answer.reason}"
    if answer.meaning is Meaning.NOT_JSON and answer.status == 200:
        return "it answers with no list, nor with one list in an envelope that says how it goes on"
    for_now = answer.status is None or answer.status >= 500 or answer.status in _FOR_NOW
    return f"{FAILED if for_now else TRANSIENT}{answer.reason}"


def failure_of(one: Collection) -> str:
    """Return why the look at a list that may be content failed; "" if it didn't."""
    reason = one.skipped or ""
    return reason.removeprefix(FAILED) if reason.startswith(FAILED) else ""
