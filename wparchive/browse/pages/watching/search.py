"""Search in everything that is held: articles, what they said before, comments and media; a pasted address leads to its page."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from datasette.utils.asgi import Response

from wparchive.ask.finding.typed import Term, terms_of
from wparchive.browse.paging import offset_of
from wparchive.browse.queries.search import COUNTED, FACETS, RANKED, Filters, elsewhere, former, others, search
from wparchive.browse.web import Room, opened
from wparchive.errors import UsageError

__all__ = ["page"]

_SIZE = 20
_PLACES = {"": "Articles", "past": "Removed text", "comments": "Comments", "media": "Media"}
_SORTS = {"best": "Best match", "newest": "Newest", "oldest": "Oldest"}


async def page(request: Any, datasette: Any) -> Any:
    """Return what was found, or the form alone. Whatever is typed is an answer, never an error."""
    room = await opened(request, datasette, "posts", "versions", "observations")
    typed = (room.args.get("q") or "").strip()[:2000]
    if typed.lower().startswith(("https://", "http://")):
        return Response.redirect(room.addresses.url(typed))
    place = room.args.get("in") if room.args.get("in") in _PLACES else ""
    filters = _filters(room)
    context: dict[str, Any] = {
        "here": None,
        "q": typed,
        "place": place or "",
        "filters": filters,
        "found": None,
        "trouble": "",
    }
    if typed:
        try:
            terms = terms_of(typed)
        except UsageError as error:
            context["trouble"] = str(error).partition("; write it as")[0]
        else:
            context |= await _found(room, terms, typed, place or "", filters)
    return await room.page("search.html", context)


def _filters(room: Room) -> Filters:
    given = {name: (room.args.get(name) or "")[:500] for name in ("site", "type", "year", "author", "gone", "changed")}
    sort = room.args.get("sort")
    return Filters(**given, sort=sort if sort in _SORTS else "best")


async def _found(room: Room, terms: list[Term], typed: str, place: str, filters: Filters) -> dict[str, Any]:
    offset = offset_of(room)
    numbers = await room.ask(lambda conn: elsewhere(conn, terms))
    for name in ("comments", "media"):
        if not room.sees(name):
            numbers[name] = 0
    found = await room.ask(lambda conn: search(conn, terms, filters, size=_SIZE + 1, offset=0 if place else offset))
    hits = found.hits
    if place == "past":
        hits = await room.ask(lambda conn: former(conn, terms, size=_SIZE + 1, offset=offset, closed=room.closed_items))
    elif place and room.sees(place):
        hits = await room.ask(lambda conn: others(conn, place, terms, size=_SIZE + 1, offset=offset))

    def address(place: str = place, offset: int = 0, **changes: str) -> str:
        query = asdict(replace(filters, **changes))
        query["sort"] = "" if query["sort"] == "best" else query["sort"]
        return room.addresses.page("search", q=typed, in_=place, offset=offset or None, **query)

    counts = {"": found.total, **numbers}
    return {
        "found": found,
        "hits": hits[:_SIZE],
        "counted": COUNTED,
        "ranked": RANKED,
        "sort": filters.sort,
        "here_count": counts[place],
        "more": address(offset=offset + _SIZE) if hits[_SIZE:] else "",
        "places": [(label, address(place=name), name == place, counts[name]) for name, label in _PLACES.items()],
        "sorts": [(label, address(sort=name), filters.sort == name, None) for name, label in _SORTS.items()],
        "facets": {
            name: [_facet(address, filters, name, *one) for one in found.facets.get(name, [])] for name in FACETS
        },
        "switches": [
            ("Vanished", address(gone="" if filters.gone else "1"), bool(filters.gone), None),
            ("Changed silently", address(changed="" if filters.changed else "1"), bool(filters.changed), None),
        ],
    }


def _facet(
    address: Callable[..., str], filters: Filters, name: str, value: str, label: str, count: int
) -> tuple[str, str, bool, int]:
    """Return a value of a facet as a chip; choosing it again takes the filter away."""
    chosen = getattr(filters, name) == value
    return label, address(**{name: "" if chosen else value}), chosen, count
