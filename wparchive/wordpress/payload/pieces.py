"""Reads a list with broken JSON: returns the valid items, and the places of the broken ones.

A broken item costs only itself, not its page. The next item is recognised by its `id`, which core writes first. Its
`self` link, and what follows it, prove that it is an item of the list and not nested in the broken one.
"""

import re
from collections import Counter
from collections.abc import Callable
from json import JSONDecodeError
from typing import Any, NamedTuple

from wparchive.wordpress.values import href_of, integer

__all__ = ["Pieces", "take_apart"]

_START = re.compile(r'(?<=[,}\s])\{\s*+"id"\s*+:')
_BETWEEN = re.compile(r"[ \t\r\n,]*+")
_SPACE = " \t\r\n"
_TRIES = 300  # places examined in one list
_MOST_READ = 64 << 20  # characters that the search may read, beyond those of the list

Scan = Callable[[str, int], tuple[Any, int]]
# The field names of an object; None for anything else.
_Shape = frozenset[str] | None


class Pieces(NamedTuple):
    """The elements of a list in order, their spans, and which of them (None there) are broken."""

    values: list[Any]
    spans: list[tuple[int, int]]
    broken: tuple[int, ...]


class _Run(NamedTuple):
    """Consecutive elements, and where the text after them begins."""

    values: list[Any]
    spans: list[tuple[int, int]]
    next: int


def take_apart(text: str, start: int, scan: Scan) -> Pieces | None:
    """Return the pieces of the list at `start`; None if it does not end where the text ends, or contains no valid item."""
    end = len(text.rstrip(_SPACE)) - 1
    if end <= start or text[start] != "[" or text[end] != "]":
        return None
    return _Taker(text, end, scan).pieces(_past(text, start + 1))


class _Taker:
    """Reads one list that ends at `end`; `known` counts the shapes of its elements."""

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
        """Return the elements that follow the broken one at `at`."""
        for candidate in _START.finditer(self._text, at + 1, self._end):
            self._tries -= 1
            if self._tries < 0 or self._left < 0:
                return None
            first = self._one(candidate.start())
            # A value nested in the broken item ends before that item does.
            if first and self._is_item(first[0]) and self._is_outside(_past(self._text, first[1])):
                run = self._run(candidate.start())
                if self._is_outside(run.next):
                    return run
        return None

    def _is_outside(self, at: int) -> bool:
        return at == self._end or self._text[at] not in "]}"

    def _one(self, at: int) -> tuple[Any, int] | None:
        """Return the value at `at` and where it ends, if that is within the list."""
        try:
            value, after = self._scan(self._text, at)
        except JSONDecodeError as error:
            self._left -= error.pos - at + error.pos // 32  # the error counts the lines up to its position
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
        """Return the run without trailing elements that only look separate, because their item ended too early."""
        values, spans, at = run
        self._known.update(map(_shape, values))
        kept = len(values)
        while at < self._end and self._text[at] != "{" and kept:
            last = values[kept - 1]
            self._known[_shape(last)] -= 1
            if self._is_item(last):
                self._known[_shape(last)] += 1
                break
            kept -= 1
            at = spans[kept][0]
        return _Run(values[:kept], spans[:kept], at)

    def _is_item(self, value: object) -> bool:
        """Return whether `value` is an item like the others: its `self` link has its id, or it has the same fields."""
        if not isinstance(value, dict):
            return False
        wp_id = integer(value.get("id"))
        if href := href_of(value, "self"):
            return wp_id is not None and href.endswith((f"/{wp_id}", f"%2F{wp_id}"))
        return self._known[_shape(value)] > 0


def _past(text: str, at: int) -> int:
    return _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches the empty string too


def _shape(value: object) -> _Shape:
    return frozenset(value) if isinstance(value, dict) else None
