"""Sets of ids written as ranges: `1-250,300`. Ranges are never expanded, so their span costs nothing."""

import re
from collections.abc import Iterable, Sequence

__all__ = ["Ranges", "parsed", "ranges", "size", "spelled", "without"]

Ranges = Sequence[tuple[int, int]]

_RANGE = re.compile(r"(-?\d{1,19})(?:-(-?\d{1,19}))?")


def ranges(ids: Iterable[int]) -> list[tuple[int, int]]:
    """Return `ids` as sorted ranges, both ends included."""
    found: list[tuple[int, int]] = []
    first = last = None
    for one in sorted(set(ids)):
        if first is None or last is None or one != last + 1:
            if first is not None and last is not None:
                found.append((first, last))
            first = one
        last = one
    if first is not None and last is not None:
        found.append((first, last))
    return found


def spelled(given: Ranges) -> str:
    """Return ranges as text."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in given)


def parsed(text: str) -> list[tuple[int, int]]:
    """Parse `text` into sorted ranges without overlaps; parts that are not ranges are ignored."""
    read = (_RANGE.fullmatch(part) for part in text.split(","))
    pairs = sorted((int(one[1]), int(one[2] or one[1])) for one in read if one)
    found: list[tuple[int, int]] = []
    for first, last in pairs:
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        elif first <= last:
            found.append((first, last))
    return found


def size(given: Ranges) -> int:
    """Return how many ids the ranges contain."""
    return sum(last - first + 1 for first, last in given)


def without(given: Ranges, taken: Ranges) -> list[tuple[int, int]]:
    """Return the part of `given` that is not in `taken`; both must be sorted."""
    left: list[tuple[int, int]] = []
    at = 0
    for first, last in given:
        while at < len(taken) and taken[at][1] < first:
            at += 1
        next_ = at
        while next_ < len(taken) and taken[next_][0] <= last:
            if taken[next_][0] > first:
                left.append((first, taken[next_][0] - 1))
            first = max(first, taken[next_][1] + 1)
            next_ += 1
        if first <= last:
            left.append((first, last))
    return left
