"""What changed between two versions of an item: the words in their prose, inline or side by side."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from wparchive.browse.queries.item import Item, VersionRef, version_at
from wparchive.browse.queries.pictures import address_of
from wparchive.browse.render.shown import texts_of
from wparchive.browse.web import Refused, Room
from wparchive.wordpress.prose import Row, as_html, changed, html_diff, tally, text_diff

__all__ = ["Block", "blocks_of", "fill"]

_AROUND = 1  # unchanged paragraphs that stay open beside a change


@dataclass(frozen=True, slots=True)
class Block:
    """A change with its number, an unchanged paragraph (number 0), or several that are folded (`folded`)."""

    number: int
    change: str
    kind: str
    both: Markup
    old: Markup
    new: Markup
    notes: tuple[str, ...]
    folded: tuple["Block", ...] = ()


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return the comparison of `from` and `to`; without them of the newest version and the one before."""
    old, new = await _asked(room, item, version)
    with_noise, side = bool(room.args.get("noise")), room.args.get("view") == "side"
    found = await room.ask(lambda conn: _compared(conn, room, old, new, with_noise=with_noise))
    made_by = next((one for one in item.noticed if one.after == new.capture and one.change != "copied"), None)
    is_next = old.number == new.number - 1
    return {
        "old": old,
        "new": new,
        "side": side,
        "with_noise": with_noise,
        "fields": made_by.fields if made_by and is_next else (),
        "is_silent": bool(made_by and is_next and made_by.change == "silently_edited"),
        **found,
        **_ways(room, item, old, new, side=side, with_noise=with_noise),
    }


async def _asked(room: Room, item: Item, version: VersionRef) -> tuple[VersionRef, VersionRef]:
    """Return the two versions that the request names, the earlier one first."""
    new = await _named(room, item, "to") if room.args.get("to") else version
    old = await _named(room, item, "from") if room.args.get("from") else _before(item, new)
    return (old, new) if old.number <= new.number else (new, old)


def _before(item: Item, new: VersionRef) -> VersionRef:
    """Return the version that a version without a named one is compared with: the one before, of the first the next."""
    return item.versions[new.number - 2] if new.number > 1 else item.versions[min(1, len(item.versions) - 1)]


def _ways(room: Room, item: Item, old: VersionRef, new: VersionRef, *, side: bool, with_noise: bool) -> dict[str, Any]:
    """Return the addresses of the other views, and of the changes before and after."""

    def address(first: str, last: str, *, side: bool = side, with_noise: bool = with_noise) -> str:
        view, noise = "side" if side else "", "1" if with_noise else ""
        return room.addresses.item(item.key, "changes", from_=first, to=last, view=view, noise=noise)

    others = {one.number: one.id for one in item.versions}
    return {
        "views": (address(old.id, new.id, side=False), address(old.id, new.id, side=True)),
        "noise_address": address(old.id, new.id, with_noise=not with_noise),
        "earlier": address("", others[new.number - 1]) if new.number > 2 else "",
        "later": address("", others[new.number + 1]) if new.number + 1 in others else "",
    }


async def _named(room: Room, item: Item, name: str) -> VersionRef:
    given = (room.args.get(name) or "").lower()
    found = await room.ask(lambda conn: version_at(conn, item, given, ""))
    if found is None:
        raise Refused(404, "This version is not in this archive.")
    return found


def _compared(
    conn: sqlite3.Connection, room: Room, old: VersionRef, new: VersionRef, *, with_noise: bool
) -> dict[str, Any]:
    """Return title and blocks of the comparison, and what it comes to."""
    before, after = (texts_of(conn, one, with_noise=with_noise) for one in (old, new))
    title = text_diff(before["title"], after["title"], time.monotonic)
    body = _body(before, after)
    rows = html_diff(before[body], after[body], time.monotonic)
    counted = tally([*(title if changed(title) else []), *rows])
    address = room.addresses.url

    def picture(url: str) -> str:
        return address_of(conn, room.addresses, url, new.last_seen, width=320)

    numbers = iter(range(1, 1 << 30))
    return {
        "title_html": [_block(row, numbers, address, picture) for row in title] if changed(title) else None,
        "blocks": blocks_of(rows, numbers, address, picture),
        "counted": counted,
        "of_excerpt": body == "excerpt" and bool(after["content"]),
        "places": sum(counted.places.values()),
    }


def _body(before: dict[str, str], after: dict[str, str]) -> str:
    """Return which field is compared: the content, the excerpt where there is none, or where only the excerpt differs."""
    has_content = bool(before["content"] or after["content"])
    only_excerpt = before["content"] == after["content"] and before["excerpt"] != after["excerpt"]
    return "content" if has_content and not only_excerpt else "excerpt"


def blocks_of(
    rows: list[Row], numbers: Iterator[int], link: Callable[[str], str], picture: Callable[[str], str]
) -> list[Block]:
    """Return the rows as blocks; unchanged ones that are not beside a change are folded."""
    shown: list[Block] = []
    groups = [(same, list(group)) for same, group in groupby(rows, key=lambda row: row.change == "same")]
    for at, (same, group) in enumerate(groups):
        blocks = [_block(row, numbers, link, picture) for row in group]
        if not same:
            shown += blocks
            continue
        first = _AROUND if at else 0
        last = _AROUND if at < len(groups) - 1 else 0
        hidden = blocks[first : len(blocks) - last]
        if len(hidden) < 2:
            shown += blocks
        else:
            fold = Block(0, "fold", "", Markup(), Markup(), Markup(), (), tuple(hidden))
            shown += [*blocks[:first], fold, *blocks[len(blocks) - last :]]
    return shown


def _block(row: Row, numbers: Iterator[int], link: Callable[[str], str], picture: Callable[[str], str]) -> Block:
    def html(side: str) -> Markup:
        return Markup(as_html(row.pieces, side, link=link, picture=picture))  # noqa: S704 - escaped text and our own tags

    number = next(numbers) if row.change not in ("same", "moved_away") else 0
    return Block(number, row.change, row.kind, html(""), html("old"), html("new"), tuple(map(str, row.notes)))
