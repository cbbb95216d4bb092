"""When two items came to share text, and when much more of it: which of their versions a change is told of.

A pair is told of anew where half of what both share now isn't what they shared when they were told of before, or where the one
becomes a copy of the other. What was told once and is taken out, and put in again, isn't told again.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from wparchive.index.kinship.repeated import Repeated, Sketched
from wparchive.kinship.comparison import Kin, Kind

__all__ = ["Dated", "Reader", "Telling", "tellings"]

_MOST_VERSIONS = 400  # of one item
_MOST_BEFORE = 20  # versions of the other with which one is compared, the newest
_MOST = 60  # comparisons of one pair
_PERHAPS = 2  # numbers that two sketches share at least
_FRESH, _FRESH_COPY = 0.5, 0.2  # of the phrases that both share
_WORDS = 40  # that are new, at least


class Dated(NamedTuple):
    """A version of an item, when it was first and last held, and the capture that showed it first."""

    item: str
    version: str
    first_seen: str
    last_seen: str
    capture: str


class Telling(NamedTuple):
    """A version of each item, and how they are kin: what the first is to the other, percent of each in the other."""

    version: str
    other_version: str
    kind: str
    share: int
    other_share: int


class Reader(NamedTuple):
    """How the sketch of a version of an item is read, and how its text."""

    sketch: Callable[[str, str], frozenset[int]]
    text: Callable[[str, str], Sketched]


def tellings(own: Sequence[Dated], others: Sequence[Dated], reader: Reader, noise: Repeated) -> list[Telling]:
    """Return the first two versions that are kin, then those that share much that none before did; quotations aside."""
    found: list[Telling] = []
    told: set[int] = set()  # phrases that both shared
    hints: set[int] = set()  # the same of sketches, of all that was compared
    for one, other in islice(_perhaps(own, others, reader, hints), _MOST):
        first, second = reader.text(one.item, one.version), reader.text(other.item, other.version)
        hints |= first.sketch & second.sketch
        kin = noise.kin(first, second)
        if kin is None or kin.kind == Kind.QUOTATION:
            continue
        shared = set(first.text.phrased.phrases).intersection(second.text.phrased.phrases)
        if not found or _is_much(kin, shared, told, found):
            found.append(Telling(one.version, other.version, str(kin.kind), kin.share, kin.other_share))
            told |= shared
    return found


def _is_much(kin: Kin, shared: set[int], told: set[int], found: Sequence[Telling]) -> bool:
    fresh = len(shared - told) / max(len(shared), 1)
    becomes_copy = kin.kind == Kind.COPY and all(one.kind != Kind.COPY for one in found)
    return kin.shared * fresh >= _WORDS and fresh >= (_FRESH_COPY if becomes_copy else _FRESH)


def _perhaps(
    own: Sequence[Dated], others: Sequence[Dated], reader: Reader, hints: set[int]
) -> Iterator[tuple[Dated, Dated]]:
    """Yield of each version as it came the pair with that of the other, held by then, with which it seems to share most.

    Only if it seems to share what those before, whose numbers the caller adds to `hints`, didn't.
    """
    came: tuple[list[Dated], list[Dated]] = ([], [])
    versions = [(one, 0) for one in own[:_MOST_VERSIONS]] + [(one, 1) for one in others[:_MOST_VERSIONS]]
    for new, side in sorted(versions, key=lambda each: _moment(each[0])):
        sketch = reader.sketch(new.item, new.version)
        best: tuple[int, Dated] | None = None
        for held in came[1 - side][-_MOST_BEFORE:]:
            both = sketch & reader.sketch(held.item, held.version)
            if len(both) >= _PERHAPS and not both <= hints and (best is None or len(both) > best[0]):
                best = len(both), held
        if best:
            yield (best[1], new) if side else (new, best[1])
        came[side].append(new)


def _moment(one: Dated) -> tuple[str, str, str]:
    return one.first_seen, one.item, one.version
