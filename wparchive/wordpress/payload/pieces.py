"""Taking a list apart whose JSON is broken somewhere: the items that are sound, and the places of those that aren't.

A broken item costs itself, not its page. Where the next item begins is seen from its `id`, which core writes first; that it is
an item of the list and not something inside the broken one, from its `self` link, and from what stands behind it.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from json import JSONDecodeError
from typing import Any, NamedTuple

from wparchive.wordpress.values import integer

__all__ = ["Pieces", "take_apart"]

_START = re.compile(r'(?<=[,}\s])\{\s*+"id"\s*+:')
_BETWEEN = re.compile(r"[ \t\r\n,]*+")
_SPACE = " \t\r\n"
_TRIES = 300  # places looked at in one list
_MOST_READ = 64 << 20  # characters that looking may cost, beyond those of the list

Scan = Callable[[str, int], tuple[Any, int]]
# The names of an object's fields, None of anything else.
_Shape = frozenset[str] | None


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
    return _Taker(text, end, scan).pieces(_past(text, start + 1))


class _Taker:
    """Takes one list apart that ends at `end`; `known` counts the shapes of the elements that it has."""

    def __init__(self, text: str, end: int, scan: Scan) -> None:
        self._text = text
        self._end = end
        self._scan = scan
        self._known: Counter[_Shape] = Counter()
        self._tries = _TRIES
        self._left = len(text) + _MOST_READ

    def pieces(self, at: int) -> Pieces | None:
        values, spans, at = self._sure(self._run(at))
        broken: list[int] = []
        while at < self._end:
            found = self._next(at)
            if self._tries < 0 or self._left < 0:
                return None
            broken.append(len(values))
            values.append(None)
            spans.append((at, found.spans[0][0] if found else self._end))
            if found is None:
                break
            run = self._sure(found)
            values += run.values
            spans += run.spans
            at = run.next
        return Pieces(values, spans, tuple(broken)) if any(isinstance(one, dict) for one in values) else None

    def _next(self, at: int) -> _Run | None:
        """The elements that follow what is broken at `at`."""
        for candidate in _START.finditer(self._text, at + 1, self._end):
            self._tries -= 1
            if self._tries < 0 or self._left < 0:
                return None
            first = self._one(candidate.start())
            # What is nested in the broken item ends before that does.
            if first and self._is_item(first[0]) and self._is_outside(_past(self._text, first[1])):
                run = self._run(candidate.start())
                if self._is_outside(run.next):
                    return run
        return None

    def _is_outside(self, at: int) -> bool:
        return at == self._end or self._text[at] not in "]}"

    def _one(self, at: int) -> tuple[Any, int] | None:
        """The value at `at` and where it ends, if that is in the list."""
        try:
            value, after = self._scan(self._text, at)
        except JSONDecodeError as error:
            self._left -= error.pos - at + error.pos // 32  # it counts the lines up to there
            return None
        except (ValueError, RecursionError):
            self._left -= self._end - at
            return None
        self._left -= after - at
        return (value, after) if after <= self._end else None

    def _run(self, at: int) -> _Run:
        values: list[Any] = []
        spans: list[tuple[int, int]] = []
        while at < self._end and (found := self._one(at)):
            values.append(found[0])
            spans.append((at, found[1]))
            at = _past(self._text, found[1])
        return _Run(values, spans, at)

    def _sure(self, run: _Run) -> _Run:
        """The run without what only seems to stand by itself, because the item that it belongs to ended too early."""
        values, spans, at = run
        self._known.update(map(_shape, values))
        kept = len(values)
        while at < self._end and self._text[at] != "{" and kept:
            self._known[_shape(values[kept - 1])] -= 1
            if self._is_item(values[kept - 1]):
                self._known[_shape(values[kept - 1])] += 1
                break
            kept -= 1
            at = spans[kept][0]
        return _Run(values[:kept], spans[:kept], at)

    def _is_item(self, value: object) -> bool:
        """Whether `value` is an item like the others: its `self` link names its id, or it has the fields that they have."""
        if not isinstance(value, dict):
            return False
        wp_id, links = integer(value.get("id")), value.get("_links")
        own = links.get("self") if isinstance(links, Mapping) else None
        first = own[0] if isinstance(own, list) and own else None
        href = first.get("href") if isinstance(first, Mapping) else None
        if isinstance(href, str):
            return wp_id is not None and href.endswith((f"/{wp_id}", f"%2F{wp_id}"))
        return self._known[_shape(value)] > 0


def _past(text: str, at: int) -> int:
    return _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches the empty string too


def _shape(value: object) -> _Shape:
    return frozenset(value) if isinstance(value, dict) else None
