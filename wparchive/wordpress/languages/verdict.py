"""Whether a list differs by language, judged by what it shows: a first page without a language, and one with it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Held", "Sight", "compare"]


class Held(StrEnum):
    """What a list in one language shows, compared with the list without a language."""

    SAME = "same"  # the very list: the parameter is ignored, or this is the language that is shown without it
    MORE = "more"  # items that the list lacks
    PART = "part"  # fewer items, all of them in the list: that holds more than one language
    OTHER = "other"  # the same items in other words: they are translated where they stand
    NONE = "none"  # nothing, though the list shows items
    UNKNOWN = "unknown"  # no answer


@dataclass(frozen=True, slots=True)
class Sight:
    """The first page of a list in id order: the ids, the stated total, and the text of each item; None: no answer."""

    ids: tuple[int, ...]
    total: int | None
    texts: Mapping[int, str]


def compare(default: Collection[int | str], total: int | None, texts: Mapping[int, str], seen: Sight | None) -> Held:
    """Return how `seen` differs from a list of the ids `default`, which states `total`; `texts` are some of its items'."""
    if seen is None:
        return Held.UNKNOWN
    if not seen.ids:
        return Held.NONE if default else Held.SAME
    if any(one not in default for one in seen.ids):
        return Held.MORE
    count = len(default) if total is None else total
    if seen.total is not None and seen.total < count:
        return Held.PART
    both = texts.keys() & seen.texts.keys()
    return Held.OTHER if any(texts[one] != seen.texts[one] for one in both) else Held.SAME
