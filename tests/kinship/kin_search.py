"""Runs the search of an archive over the test set: sketches, phrases that stand everywhere, candidates, comparison."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from kin_pairs import Case

from wparchive.kinship.candidates import Postings, Sketches, candidates
from wparchive.kinship.comparison import Kin, Noise, Text, compare
from wparchive.kinship.sketch import numbers, sketches

__all__ = ["Found", "of_cases", "search"]


@dataclass(frozen=True)
class Found:
    """What was found between texts, by their numbers."""

    pairs: dict[tuple[int, int], Kin]
    frequent: frozenset[int]


def search(texts: Iterable[str]) -> Found:
    """Find all pairs among `texts`, as an indexing does."""
    read = [Text(text) for text in texts]
    made = [numbers(data) for _, data in sketches(one.text for one in read)]
    all_sketches = Sketches(np.concatenate(made), np.array([len(one) for one in made]), np.arange(len(made)))
    held = Postings(all_sketches)
    frequent = frozenset(phrase for phrase, _ in held.frequent())
    pairs = {}
    for pair in candidates(all_sketches, held, frequent, range(len(read))):
        one, other = sorted(pair[:2])
        both = set(made[one].tolist()) & set(made[other].tolist())
        if found := compare(read[one], read[other], Noise(frequent & both, both)):
            pairs[one, other] = found
    return Found(pairs, frequent)


def of_cases(cases: Iterable[Case], around: Iterable[str]) -> Found:
    """Find what is kin among the texts of `cases` (each case's two stand side by side) and those `around` them."""
    return search([text for case in cases for text in (case.one, case.other)] + list(around))
