"""Taking a list apart whose JSON is broken somewhere: the items that are sound, and the places of those that aren't.

A broken item costs itself, not its page. Where the next item begins is seen from its `id`, which core writes first; that it is
an item of the list and not something inside the broken one, from its `self` link, and from what stands behind it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from wparchive.wordpress.values import integer

__all__ = ["Pieces", "take_apart"]

_START = re.compile(r'(?<=[,}\s])\{\s*+"id"\s*+:')
_BETWEEN = re.compile(r"[ \t\r\n,]*+")
_SPACE = " \t\r\n"
_TRIES = 300  # places looked at in one list

Scan = Callable[[str, int], tuple[Any, int]]


class Pieces(NamedTuple):
    """The elements of a list in order, where each stands, and which of them (None there) are broken."""

    values: list[Any]
    spans: list[tuple[int, int]]
    broken: tuple[int, ...]


class _Run(NamedTuple):
    """Elements that follow each other, and where what comes next begins."""

    values: list[Any]
    spans: list[tuple[int, int]]
    next: int


def take_apart(text: str, start: int, scan: Scan) -> Pieces | None:
    """The pieces of the list at `start`, which ends where the text ends; None when it does not, or nothing in it is sound."""
    end = len(text.rstrip(_SPACE)) - 1
    if end <= start or text[start] != "[" or text[end] != "]":
        return None
    values, spans, at = _sure(text, _run(text, _past(text, start + 1), end, scan), end, [])
    broken: list[int] = []
    tries = 0
    while at < end:
        found = None
        for candidate in _START.finditer(text, at + 1, end):
            tries += 1
            if tries > _TRIES:
                return None
            run = _run(text, candidate.start(), end, scan)
            # What is nested in the broken item ends before that does.
            if run.values and _is_item(run.values[0], values) and (run.next == end or text[run.next] not in "]}"):
                found = candidate.start(), _sure(text, run, end, values)
                break
        broken.append(len(values))
        values.append(None)
        spans.append((at, found[0] if found else end))
        if found is None:
            break
        values += found[1].values
        spans += found[1].spans
        at = found[1].next
    return Pieces(values, spans, tuple(broken)) if any(isinstance(one, dict) for one in values) else None


def _run(text: str, at: int, end: int, scan: Scan) -> _Run:
    values: list[Any] = []
    spans: list[tuple[int, int]] = []
    while at < end:
        try:
            value, after = scan(text, at)
        except (ValueError, RecursionError):
            break
        if after > end:
            break
        values.append(value)
        spans.append((at, after))
        at = _past(text, after)
    return _Run(values, spans, at)


def _sure(text: str, run: _Run, end: int, others: list[Any]) -> _Run:
    """The run without what only seems to stand by itself, because the item that it belongs to ended too early."""
    values, spans, at = run
    while at < end and text[at] != "{" and values and not _is_item(values[-1], [*others, *values[:-1]]):
        at = spans[-1][0]
        values, spans = values[:-1], spans[:-1]
    return _Run(values, spans, at)


def _past(text: str, at: int) -> int:
    return _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches the empty string too


def _is_item(value: object, others: list[Any]) -> bool:
    """Whether `value` is an item like `others`: its `self` link names its id, or it has the fields that they have."""
    if not isinstance(value, dict):
        return False
    wp_id, links = integer(value.get("id")), value.get("_links")
    own = links.get("self") if isinstance(links, Mapping) else None
    first = own[0] if isinstance(own, list) and own else None
    href = first.get("href") if isinstance(first, Mapping) else None
    if isinstance(href, str):
        return wp_id is not None and re.search(rf"(?:/|%2F){wp_id}$", href) is not None
    return any(isinstance(one, dict) and one.keys() == value.keys() for one in others)
