"""Whether a list differs by language, judged by ids: those of the list without a language, and of pages of it in one."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Held", "Sight", "Usual", "compare", "pages_of", "some_pages_of"]

_ALL, _PARTS = 5, 4  # a list of so many pages is looked at whole; of a longer one, the ends and what lies at each part


class Held(StrEnum):
    """What a list in one language shows, compared with the list without a language."""

    SAME = "same"  # the very list: the parameter is ignored, or this is the language that is shown without it
    MORE = "more"  # items that the list lacks
    PART = "part"  # fewer items, all of them in the list: that holds more than one language
    OTHER = "other"  # the same items in other words: they are translated where they stand
    NONE = "none"  # nothing, though the list shows items
    UNSURE = "unsure"  # what was looked at is in the list, but that doesn't show that all of it is
    REJECTED = "rejected"  # the site refuses to show the list in this language
    UNKNOWN = "unknown"  # no answer


@dataclass(frozen=True, slots=True)
class Usual:
    """A list without a language: its ids, the total that it states, the texts of some items, whether ids order it."""

    ids: Set[int]
    total: int | None = None
    texts: Mapping[int, str] = field(default_factory=dict)
    ordered: bool = True

    @property
    def count(self) -> int:
        """How many items it states."""
        return len(self.ids) if self.total is None else self.total


@dataclass(frozen=True, slots=True)
class Sight:
    """Pages of a list in one language, in the order of ids: the ids of each by its number, the total, items' texts."""

    pages: Mapping[int, tuple[int, ...]]
    total: int | None
    texts: Mapping[int, str] = field(default_factory=dict)
    asked: int = 100  # rows that were asked for with each page
    rejected: bool = False

    @property
    def ids(self) -> set[int]:
        """The ids of all pages that were looked at."""
        return {one for ids in self.pages.values() for one in ids}

    @property
    def size(self) -> int:
        """The rows on a page: as asked for, or fewer where the site allows fewer."""
        first = len(self.pages.get(1, ()))
        return first if first and self.total is not None and self.total > first else self.asked

    @property
    def whole(self) -> bool:
        """Whether every page was looked at."""
        if self.total is None:
            return bool(self.pages) and len(self.pages[max(self.pages)]) < self.asked
        return all(number in self.pages for number in pages_of(self.total, self.size))


def pages_of(total: int, size: int) -> range:
    """Return the numbers of the pages of a list; the first one always exists."""
    return range(1, max(1, -(-total // size)) + 1)


def some_pages_of(total: int, size: int) -> list[int]:
    """Return the numbers of the pages that tell a list of `total` items from another: both ends, and some in between."""
    every = pages_of(total, size)
    last = len(every)
    return (
        list(every) if last <= _ALL else sorted({1, *(max(1, last * part // _PARTS) for part in range(1, _PARTS + 1))})
    )


def compare(usual: Usual, seen: Sight | None) -> Held:
    """Return how what was `seen` of a list in one language differs from the `usual` list.

    Equal totals and equal pages at both ends and in between are taken as the same list; anything short of that is UNSURE
    until each page was seen.
    """
    if seen is None:
        return Held.UNKNOWN
    if seen.rejected:
        return Held.REJECTED
    ids = seen.ids
    if not ids:
        return Held.NONE if usual.ids else Held.SAME
    if not ids <= usual.ids:
        return Held.MORE
    if seen.whole and ids < usual.ids and (seen.total is None or seen.total < usual.count):
        return Held.PART
    if seen.total is not None and seen.total != usual.count:
        return Held.UNSURE
    if not (seen.whole and ids == usual.ids) and not _agrees(usual, seen):
        return Held.UNSURE
    both = usual.texts.keys() & seen.texts.keys()
    return Held.OTHER if any(usual.texts[one] != seen.texts[one] for one in both) else Held.SAME


def _agrees(usual: Usual, seen: Sight) -> bool:
    """Return whether the pages that tell lists apart were looked at, and show what such pages of the usual list show."""
    if seen.total is None or any(number not in seen.pages for number in some_pages_of(seen.total, seen.size)):
        return False
    if not usual.ordered or len(usual.ids) != usual.count:
        return False
    known, size = sorted(usual.ids), seen.size
    return all(set(ids) == set(known[(number - 1) * size : number * size]) for number, ids in seen.pages.items())
