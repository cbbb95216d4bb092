"""Runs the search of an archive over the test set: sketches, phrases that stand everywhere, candidates, comparison."""

from collections.abc import Iterable
from dataclasses import dataclass

from kin_pairs import Case

from wparchive.kinship.candidates import candidates, postings
from wparchive.kinship.comparison import Kin, Text, compare
from wparchive.kinship.phrases import LEAST, anchored, weight
from wparchive.kinship.sketch import numbers, sketch

__all__ = ["Found", "of_cases", "search"]


@dataclass(frozen=True)
class Found:
    """What was found between texts, by their numbers."""

    pairs: dict[tuple[int, int], Kin]
    frequent: frozenset[int]


def search(texts: Iterable[str]) -> Found:
    """Find all pairs among `texts`, as an indexing does."""
    read = [Text(text) for text in texts]
    made = list(enumerate(sketch(anchored(one.words)) if weight(one.words) >= LEAST else b"" for one in read))
    items = range(len(read))
    held = postings(lambda: made, items)
    frequent = frozenset(phrase for phrase, _ in held.frequent())
    pairs = {}
    for pair in candidates(made, held, items, frequent, set(items)):
        one, other = sorted(pair[:2])
        common = frequent & set(numbers(made[one][1])) & set(numbers(made[other][1]))
        if found := compare(read[one], read[other], common):
            pairs[one, other] = found
    return Found(pairs, frequent)


def of_cases(cases: Iterable[Case], around: Iterable[str]) -> Found:
    """Find what is kin among the texts of `cases` (each case's two stand side by side) and those `around` them."""
    return search([text for case in cases for text in (case.one, case.other)] + list(around))
