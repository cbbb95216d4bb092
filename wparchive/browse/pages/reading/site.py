"""One site: its state, its articles, its newest changes, and what the last run proved of it."""

from typing import Any

from wparchive.browse.asked import moment
from wparchive.browse.paging import offset_of
from wparchive.browse.queries.changes import Asked, page_of
from wparchive.browse.queries.runs import latest_gaps
from wparchive.browse.queries.site import articles, plug_ins, site_of, things
from wparchive.browse.queries.url import has_uncovered
from wparchive.browse.render.cards import Card, cards
from wparchive.browse.web import Room, not_found, opened

__all__ = ["page"]

_SIZE = 30
_OTHERS = ("attachment", "comment", "user")


async def page(request: Any, datasette: Any) -> Any:
    """Return the page of the site that the address names; `type` chooses what is listed."""
    room = await opened(request, datasette, "sites", "posts")
    name = room.var("site")
    site = await room.ask(lambda conn: site_of(conn, name))
    if site is None:
        not_found("This site")
    posts = await room.ask(lambda conn: {row[0] for row in conn.execute(_POST_TYPES, (name,))})
    kinds = [(kind, held, gone) for kind, held, gone in site.held if kind in posts]
    standing = [(kind, held - gone) for kind, held, gone in site.held]
    may_see = room.sees("observations") and room.sees("captures")
    context = {
        "here": None,
        "site": site,
        "counts": dict(standing),
        "others": [one for one in standing if one[0] in _OTHERS],
        "vanished": sum(gone for _, _, gone in kinds),
        "cards": await _newest(room, name) if may_see else [],
        "may_see": may_see,
        "uncovered": await _has_uncovered(room, name),
        "gaps": await room.ask(lambda conn: latest_gaps(conn, name)) if room.sees("gaps") else [],
        **await _articles(room, name, [(kind, held - gone) for kind, held, gone in kinds]),
    }
    return await room.page("site.html", context)


async def _has_uncovered(room: Room, name: str) -> bool:
    """Whether something of the site is in no list of its REST API, and the actor may see it."""
    if not (room.sees("inventory") and room.sees("inventory_documents") and room.sees("captures")):
        return False
    return await room.ask(lambda conn: has_uncovered(conn, name))


async def _newest(room: Room, name: str) -> list[Card]:
    asked = Asked(site=name, private=room.with_private, closed=room.closed_items, hidden=room.closed_kinds)
    rows = (await room.ask(lambda conn: page_of(conn, asked, 4))).rows[:4]
    return await room.ask(lambda conn: cards(conn, rows, room.addresses, private=asked.private))


async def _articles(room: Room, name: str, kinds: list[tuple[str, int]]) -> dict[str, Any]:
    """Return the articles of the type that is asked for, else of posts, and the types to choose from."""
    others = await room.ask(lambda conn: plug_ins(conn, name, room.closed_items))
    known = [kind for kind, _ in kinds] or [one.type for one in others]
    kind = room.args.get("type") or next((one for one in ("post", *known) if one in known), "post")
    chips = [*kinds, *((one.type, one.standing) for one in others)]
    shown = {
        "kind": kind,
        "kinds": [(one, room.addresses.site(name, type=one), one == kind, count) for one, count in chips],
    }
    if of := next((one for one in others if one.type == kind), None):
        offset = offset_of(room)
        found = await room.ask(
            lambda conn: things(conn, name, of, size=_SIZE, offset=offset, private=room.with_private)
        )
        more = room.addresses.site(name, type=kind, offset=offset + _SIZE) if found[_SIZE:] else ""
        return {**shown, "articles": found[:_SIZE], "more": more, "of_plug_in": True}
    before = moment(room.args.get("before"), "before").replace("Z", "")
    found = await room.ask(
        lambda conn: articles(conn, name, kind, size=_SIZE, before=before, private=room.with_private)
    )
    return {
        **shown,
        "articles": found[:_SIZE],
        "more": room.addresses.site(name, type=kind, before=found[_SIZE - 1]["date_gmt"]) if found[_SIZE:] else "",
    }


_POST_TYPES = "SELECT DISTINCT type FROM posts WHERE site = ?"
