"""The stream of changes over all sites, by day, newest first; also as feeds."""

from itertools import groupby
from typing import Any

from wparchive.browse.asked import asked_of
from wparchive.browse.queries.changes import Asked, counts, newest_run, page_of
from wparchive.browse.render import look
from wparchive.browse.render.cards import Card, cards
from wparchive.browse.render.feeds import feed
from wparchive.browse.web import Room, opened

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> Any:
    """Return the stream as a page, or as the feed that the address ends with."""
    room = await opened(request, datasette, "observations", "captures", "versions")
    asked = asked_of(room)
    found = await room.ask(lambda conn: page_of(conn, asked))
    shown = await room.ask(lambda conn: cards(conn, found.rows, room.addresses, private=asked.private))
    if request.url_vars.get("format"):
        newest = await room.ask(newest_run)
        return feed(room, request.url_vars["format"], shown, newest)
    kinds = await room.ask(lambda conn: counts(conn, asked, "kind"))
    sites = await room.ask(lambda conn: counts(conn, asked, "site"))
    context = {
        "here": "changes",
        "days": _days(shown),
        "kinds": _chips(room, asked, kinds),
        "sites": sorted(sites),
        "asked": asked,
        "older": room.addresses.page("changes", **_query(asked, before=found.older)) if found.older else "",
        "feeds": {name: room.addresses.page(f"changes.{name}", **_query(asked)) for name in ("atom", "json")},
        "table": room.addresses.table("observations", _sort_desc="observed_at"),
        "total": sum(kinds.values()),
    }
    return await room.page("changes.html", context)


def _days(shown: list[Card]) -> list[tuple[str, list[Card]]]:
    return [(name, list(group)) for name, group in groupby(shown, key=lambda card: look.day(card.until))]


def _query(asked: Asked, **other: str) -> dict[str, str]:
    return {"site": asked.site, "kind": asked.kind, "type": asked.type, "run": asked.run, "since": asked.since, **other}


def _chips(room: Room, asked: Asked, kinds: dict[str, int]) -> list[tuple[str, str, bool, int]]:
    every = {**_query(asked), "kind": ""}
    chips = [("All", room.addresses.page("changes", **every), not asked.kind, sum(kinds.values()))]
    for name in sorted(kinds, key=lambda name: list(look.KINDS).index(name) if name in look.KINDS else 99):
        known = look.kind(name)
        address = room.addresses.page("changes", **{**every, "kind": name})
        chips.append((f"{known.sign} {known.label}", address, asked.kind == name, kinds[name]))
    return chips
