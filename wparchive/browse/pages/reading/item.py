"""One item: its head and the rail of its versions, and below them the tab that the address names."""

import sqlite3
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from markupsafe import Markup

from wparchive.browse.asked_version import asked_item, moment_of, version_of
from wparchive.browse.queries.item import Item, VersionRef, number_of, translations_of
from wparchive.browse.render import look
from wparchive.browse.render.page_notice import PageNotice, page_notice
from wparchive.browse.web import Room

__all__ = ["page"]

_TABS = {
    "": ("Article", "article"),
    "timeline": ("Timeline", "timeline"),
    "changes": ("Changes", "compare"),
    "kin": ("Kin", "kin"),
    "json": ("Raw JSON", "json"),
    "links": ("Links", "links"),
    "pictures": ("Pictures", "pictures"),
    "comments": ("Comments", "comments"),
    "evidence": ("Evidence", "evidence"),
}
_FIRST = {"media": "File", "comments": "Comment", "users": "About", "terms": "About"}  # what the first tab is called
Fill = Callable[[Room, Item, VersionRef], Awaitable[dict[str, Any]]]


async def page(request: Any, datasette: Any) -> Any:
    """Return the tab of the item that the address names."""
    room, item = await asked_item(request, datasette)
    tab = room.var("tab")
    version = await version_of(room, item)
    fill: Fill = import_module(f"wparchive.browse.tabs.{_TABS[tab][1]}").fill
    shown = await fill(room, item, version)
    of_page = await room.ask(lambda conn: _of_page(conn, room, item))
    told = room.sees("translations")
    others = await room.ask(lambda conn: translations_of(conn, item, private=room.with_private)) if told else []
    context = {
        "here": None,
        "translations": others,
        "item": item,
        "version": version,
        "newest": version is item.current,
        "asked_at": _asked_at(room, version),
        "tab": tab,
        "tabs": _tabs(room, item, version),
        "rail": _rail(room, item, shown.get("new", version), tab),
        "notices": _notices(room, item),
        "of_page": of_page,
        **shown,
    }
    return await room.page(f"item_{_TABS[tab][1]}.html", context)


def _asked_at(room: Room, version: VersionRef) -> Markup | None:
    """Return what must be said of a version that stands for a time: nobody knows what stood between two readings."""
    at = room.args.get("at") or ""
    if not at or room.args.get("v"):
        return None
    moment = moment_of(at)
    if version.texts is not None:
        return Markup("Only one reading of it is held, of {} UTC: what it said at other times is not known.").format(
            look.when(version.first_seen)
        )
    if moment < version.first_seen:
        return Markup(
            "It was first read {} UTC: what it said before that is not known. This is the first version."
        ).format(look.when(version.first_seen))
    if moment > version.last_seen:
        return Markup(
            "This is what was read last before the time that was asked for: {} UTC. Whether it still said so then is not known."
        ).format(look.when(version.last_seen))
    return None


def _tabs(room: Room, item: Item, version: VersionRef) -> list[tuple[str, str, str, int | None]]:
    """Return name, label, address and count of each tab; all keep the version that is looked at."""
    counts = {"changes": max(len(item.versions) - 1, 0), **item.counts}
    v = "" if version is item.current else version.id
    without = () if item.table.name in ("posts", "media") else ("pictures", "comments")
    without = without if item.table.name == "posts" else (*without, "kin")
    return [
        (
            name,
            label if name else _FIRST.get(item.table.name, label),
            room.addresses.item(item.key, name, v=v),
            counts.get(name),
        )
        for name, (label, _) in _TABS.items()
        if name not in without
    ]


def _rail(room: Room, item: Item, version: VersionRef, tab: str) -> list[dict[str, Any]]:
    """Return the versions as stations; on the tab of changes each leads to what changed in it.

    `key` is what a key calls a station: the tab of changes has buttons of its own for that.
    """
    rail = []
    keys = {} if tab == "changes" else {version.number - 1: "earlier", version.number + 1: "later"}
    for one in item.versions:
        query = {"to": one.id} if tab == "changes" else {"v": one.id}
        rail.append(
            {
                "version": one,
                "address": room.addresses.item(item.key, tab, **query),
                "current": one is version,
                "key": keys.get(one.number, ""),
                "change": one.change or ("first" if one.number == 1 else "edited"),
            }
        )
    return rail


def _of_page(conn: sqlite3.Connection, room: Room, item: Item) -> PageNotice | None:
    seen = room.sees("pages") and room.sees("page_differences")
    return page_notice(conn, item, private=room.with_private) if seen else None


def _notices(room: Room, item: Item) -> list[dict[str, Any]]:
    """Return what a reader must know before reading: that it changed silently, that it is gone."""
    found = []
    silent = [one for one in item.noticed if one.change == "silently_edited"]
    if silent:
        last = silent[-1]
        before = next((one for one in item.versions if one.capture == last.before), None)
        ends = {"from_": number_of(last.before) if last.before else "", "to": number_of(last.after or "")}
        address = room.addresses.item(item.key, "changes", **ends)
        found.append(
            {
                "kind": "silent",
                "since": before.last_seen if before and before.last_seen < last.observed_at else None,
                "until": last.observed_at,
                "address": address,
            }
        )
    if item.row.get("gone"):
        proofs = [one.after for one in item.noticed if one.change in ("deleted", "unpublished") and one.after]
        address = room.addresses.capture(proofs[-1]) if proofs else room.addresses.item(item.key, "evidence")
        found.append(
            {
                "kind": item.row["gone"],
                "since": item.row["last_seen"],
                "until": item.row["gone_since"],
                "address": address,
            }
        )
    return found
