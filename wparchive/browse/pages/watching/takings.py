"""Who takes from whom: a matrix and a graph of sites; of two sites, pairs of articles, or pictures, with their proofs."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from wparchive.ask.kinship.flows import Edge, Pair, Shares, edges, pairs_of_sites, shares
from wparchive.ask.kinship.picture_flows import SharedGroup, are_too_many, everywhere, groups, placed, shared_counts
from wparchive.ask.kinship.pictures import HOW
from wparchive.ask.kinship.sides import TABLES
from wparchive.browse.paging import offset_of
from wparchive.browse.render.graph import drawn
from wparchive.browse.web import Refused, Room, opened
from wparchive.kinship.precedence import Standing

__all__ = ["page"]

_SIZE = 20
_MOST_PAIRS = 120  # whose order is worked out for the matrix
_UNDECIDED = "undecidable"
_MOST_SITES = 24  # in the matrix and the graph
_FILES = ("media_files", "pictures", "media", "outbound")
_PICTURES = "pictures"


async def page(request: Any, datasette: Any) -> Any:
    """Return the page of all sites, or of the two that the address names."""
    room = await opened(request, datasette, *TABLES)
    one, two = room.args.get("one") or "", room.args.get("two") or ""
    if one and two:
        return await (_pictures_of_two if room.args.get("what") == _PICTURES else _of_two)(room, one, two)
    return await _of_all(room)


async def _of_two(room: Room, one: str, two: str) -> Any:
    """Pairs by standing, as far as orders are worked out, then the others; or only those of one direction, by `first`."""
    offset, first = offset_of(room), room.args.get("first") or ""
    judged = sorted(await _judged(room, (one, two)), key=_rank)
    found = [pair for pair in judged if not first or _first(pair) == first][offset : offset + _SIZE + 1]
    is_cut = len(judged) >= _MOST_PAIRS
    if is_cut and not first and len(found) <= _SIZE:
        behind = max(offset, _MOST_PAIRS)
        most = _SIZE + 1 - len(found)
        found += await room.ask(lambda conn: pairs_of_sites(conn, (one, two), most=most, offset=behind))
    address = partial(room.addresses.page, "kinship", one=one, two=two)
    shared = _between(await _groups(room), one, two)
    about = {"first": first} if first else {}
    more = address(**about, offset=offset + _SIZE) if found[_SIZE:] else ""
    ways = [("All", len(judged), address(), not first)]
    for name, way in ((f"{one} first", one), (f"{two} first", two), ("Undecided", _UNDECIDED)):
        ways.append((name, sum(_first(pair) == way for pair in judged), address(first=way), first == way))
    context = {"here": "kinship", "one": one, "two": two, "pairs": found[:_SIZE], "more": more, "span": _span}
    context |= {"most": _MOST_PAIRS if is_cut else 0, "ways": [*ways, *_way_of_pictures(room, one, two, shared)]}
    return await room.page("kinship_pairs.html", context)


async def _pictures_of_two(room: Room, one: str, two: str) -> Any:
    """The pictures that both have, each with what holds it on either side."""
    offset = offset_of(room)
    shared = _between(await _groups(room), one, two)
    found = [(group.between(one, two), everywhere(group)) for group in shared[offset : offset + _SIZE]]
    cards = await room.ask(
        lambda conn: [
            {"how": HOW[how], "everywhere": everybody, "sides": [placed(conn, side) for side in sides]}
            for (*sides, how), everybody in found
        ]
    )
    address = partial(room.addresses.page, "kinship", one=one, two=two)
    context = {
        "here": "kinship",
        "one": one,
        "two": two,
        "cards": cards,
        "ways": [("Texts", None, address(), False), *_way_of_pictures(room, one, two, shared, here=True)],
        "more": address(what=_PICTURES, offset=offset + _SIZE) if shared[offset + _SIZE :] else "",
    }
    return await room.page("kinship_pictures.html", context)


async def _groups(room: Room) -> list[SharedGroup]:
    """The pictures on several sites; none where the actor may not see files, or that takes too long."""
    try:
        return await room.ask(groups) if all(map(room.sees, _FILES)) else []
    except Refused:  # texts are shown all the same
        return []


def _between(found: Sequence[SharedGroup], one: str, two: str) -> list[SharedGroup]:
    """Those of two sites; what everybody has comes last."""
    return sorted((group for group in found if {one, two} <= group.places.keys()), key=everywhere)


def _way_of_pictures(
    room: Room, one: str, two: str, shared: Sequence[SharedGroup], *, here: bool = False
) -> list[tuple[str, int, str, bool]]:
    if not shared:
        return []
    return [("Pictures", len(shared), room.addresses.page("kinship", one=one, two=two, what=_PICTURES), here)]


def _first(pair: Pair) -> str:
    return pair.source.site if pair.source else _UNDECIDED


def _rank(pair: Pair) -> tuple[bool, int]:
    """Proven, indicated, undecided; what both have from an agency is of no direction."""
    return pair.source is None, [*Standing].index(pair.order.standing)


async def _of_all(room: Room) -> Any:
    shared = await room.ask(shares)
    pictures = await _groups(room)
    counts = shared_counts(pictures)
    sites = _most_active([*shared, *(Shares(*key, count, 0) for key, count in counts.items())])
    texts = {(each.one, each.other) for each in shared}
    every = [*shared, *(Shares(*key, 0, 0) for key in counts if key not in texts)]
    shown = [one for one in every if one.one in sites and one.other in sites]
    found = edges(pair for pair in await _judged(room) if pair.one.site in sites and pair.other.site in sites)
    page = partial(room.addresses.page, "kinship")
    links = {edge: page(one=edge.sites[0], two=edge.sites[1], first=edge.source or _UNDECIDED) for edge in found}
    context = {
        "here": "kinship",
        "sites": sites,
        "left_out": len({site for each in (*shared, *counts) for site in each[:2]}) - len(sites),
        "cells": _cells(found),
        "shares": shown,
        "links": links,
        "addresses": {(each.one, each.other): page(one=each.one, two=each.other) for each in shown},
        "graph": drawn(sites, found, links) if found else "",
        "pairs": sum(one.pairs for one in shared),
        "judged": sum(edge.pairs for edge in found),
        "span": _span,
        "pictures": counts,
        "picture_links": {key: page(one=key[0], two=key[1], what=_PICTURES) for key in counts},
        "everywhere": sum(map(everywhere, pictures)),
        "too_many": bool(pictures) and await room.ask(are_too_many),
    }
    return await room.page("kinship.html", context)


async def _judged(room: Room, between: tuple[str, str] | None = None) -> list[Pair]:
    """The pairs with most text, of two sites or of all; asked for in pieces, as each question may take two seconds."""
    found: list[Pair] = []
    for offset in range(0, _MOST_PAIRS, _SIZE):
        found += await room.ask(partial(pairs_of_sites, sites=between, most=_SIZE, offset=offset))
        if len(found) < offset + _SIZE:
            break
    return found


def _most_active(shared: Sequence[Shares]) -> list[str]:
    counts: dict[str, int] = {}
    for one in shared:
        for site in one[:2]:
            counts[site] = counts.get(site, 0) + one.pairs
    return sorted(sorted(counts, key=lambda site: (-counts[site], site))[:_MOST_SITES])


def _cells(found: Sequence[Edge]) -> dict[tuple[str, str], tuple[Edge | None, Edge | None]]:
    """By source and taker: what has that direction, and what is undecidable between these two."""
    directed = {(edge.source, edge.taker): edge for edge in found if edge.source}
    open_ = {key: edge for edge in found if not edge.source for key in (edge.sites, edge.sites[::-1])}
    return {key: (directed.get(key), open_.get(key)) for key in directed | open_}


def _span(delay: timedelta | None) -> str:
    """How much time that is, in words that stay on one line; "" without one."""
    if delay is None:
        return ""
    hours = delay.total_seconds() / 3600
    return (
        f"{hours / 24:,.0f}\N{NO-BREAK SPACE}days"
        if hours >= 48
        else f"{hours:,.0f}\N{NO-BREAK SPACE}h"
        if hours >= 1
        else f"{hours * 60:,.0f}\N{NO-BREAK SPACE}min"
    )
