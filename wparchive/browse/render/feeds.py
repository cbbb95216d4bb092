"""The changes as feeds that a reader program follows: Atom (RFC 4287) and JSON Feed 1.1, the changed words in each entry."""

import json

from datasette.utils.asgi import Response
from markupsafe import Markup

from wparchive.ask.presenting.pages import FEED_END, feed_entry, feed_head
from wparchive.browse.render import look
from wparchive.browse.render.cards import Card
from wparchive.browse.web import SAFE, Room
from wparchive.events import clean

__all__ = ["feed"]

_NEVER = "1970-01-01T00:00:00Z"
_LINKS = Markup('<link rel="self" href="{}"/>\n<link rel="alternate" href="{}"/>\n')
_ABOUT = Markup('<link rel="alternate" href="{}"/>\n<author><name>{}</name></author>\n')


def feed(room: Room, ending: str, shown: list[Card], newest: str) -> Response:
    """Return the cards as a feed; `ending` is `.atom` or `.json`. `newest` is when the archive was last brought up to date."""
    here = room.datasette.absolute_url(room.request, room.addresses.page(f"changes{ending}"))
    home = room.datasette.absolute_url(room.request, room.addresses.page("changes"))
    entries = [_entry(room, card) for card in shown]
    updated = shown[0].until if shown and shown[0].until else newest or _NEVER
    if ending == ".json":
        kind, body = "application/feed+json", _json(here, home, entries)
    else:
        kind, body = "application/atom+xml", _atom(here, home, entries, updated)
    headers = {**SAFE, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(body=body, status=200, headers=headers, content_type=f"{kind}; charset=utf-8")


def _entry(room: Room, card: Card) -> dict[str, str]:
    words = Markup("<p>{}</p>").format(card.snippet or card.note)
    about = Markup("<p>{} · {} · {}</p>").format(look.kind(card.change).label, card.site, card.type)
    if card.since:
        between = "last seen {}, again {}" if card.change == "restored" else "between {} and {}"
        about += Markup("<p>{}</p>").format(between.format(card.since, card.until))
    return {
        "id": card.id,
        "title": clean(f"{look.kind(card.change).sign} {card.title or card.item}"),
        "url": room.datasette.absolute_url(room.request, card.address),
        "time": card.until or _NEVER,
        "html": clean(str(words + about)),
        "site": card.site,
        "kind": card.change,
    }


def _json(here: str, home: str, entries: list[dict[str, str]]) -> str:
    items = [
        {
            "id": one["id"],
            "url": one["url"],
            "title": one["title"],
            "content_html": one["html"],
            "date_published": one["time"],
            "tags": [one["site"]],
        }
        for one in entries
    ]
    version = "https://jsonfeed.org/version/1.1"
    value = {"version": version, "title": "Changes", "home_page_url": home, "feed_url": here, "items": items}
    return json.dumps(value, ensure_ascii=False, indent=1)


def _atom(here: str, home: str, entries: list[dict[str, str]], updated: str) -> str:
    shown = (
        feed_entry(
            one["id"],
            one["title"],
            one["time"],
            one["kind"],
            one["html"],
            _ABOUT.format(one["url"], one["site"]),
        )
        for one in entries
    )
    return "".join([feed_head(here, updated, _LINKS.format(here, home)), *shown, FEED_END])
