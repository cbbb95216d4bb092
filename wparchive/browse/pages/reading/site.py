"""One site: its state, its articles, its newest changes, and what the last run proved of it."""

from typing import Any

from wparchive.browse.asked import moment
from wparchive.browse.queries.changes import Asked, page_of
from wparchive.browse.queries.runs import latest_gaps
from wparchive.browse.queries.site import articles, site_of
from wparchive.browse.render.cards import cards
from wparchive.browse.web import not_found, opened

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
    kind = room.args.get("type") or ("post" if "post" in posts else kinds[0][0] if kinds else "post")
    before = moment(room.args.get("before"), "before").replace("Z", "") if room.args.get("before") else ""
    found = await room.ask(
        lambda conn: articles(conn, name, kind, size=_SIZE, before=before, private=room.with_private)
    )
    asked = Asked(site=name, private=room.with_private, closed=room.closed_items)
    shown = []
    if room.sees("observations") and room.sees("captures"):
        rows = (await room.ask(lambda conn: page_of(conn, asked, 4))).rows[:4]
        shown = await room.ask(lambda conn: cards(conn, rows, room.addresses, private=asked.private))
    context = {
        "here": None,
        "site": site,
        "kind": kind,
        "kinds": [(one, room.addresses.site(name, type=one), one == kind, held - gone) for one, held, gone in kinds],
        "counts": {one: held - gone for one, held, gone in site.held},
        "others": [(one, held - gone) for one, held, gone in site.held if one in _OTHERS],
        "vanished": sum(gone for _, _, gone in kinds),
        "articles": found[:_SIZE],
        "more": room.addresses.site(name, type=kind, before=found[_SIZE - 1]["date_gmt"]) if found[_SIZE:] else "",
        "cards": shown,
        "may_see": room.sees("observations") and room.sees("captures"),
        "gaps": await room.ask(lambda conn: latest_gaps(conn, name)) if room.sees("gaps") else [],
    }
    return await room.page("site.html", context)


_POST_TYPES = "SELECT DISTINCT type FROM posts WHERE site = ?"
