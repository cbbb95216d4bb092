"""Whether two texts can be kin at all: a look at their phrases that takes a fraction of a comparison."""

import numpy as np
from numpy.typing import NDArray

from wparchive.kinship.overlap import SHORT
from wparchive.kinship.phrases import Numbers, phrases

__all__ = ["may_be_kin"]

_RUN, _RUN_OF_SIGNS = 5, 3  # phrases one behind the other in a passage that is no chance; of signs there may be fewer
# Phrases of several passages that are no chance together, and in how many places they stand: the least where each passage is
# one phrase, and two words are changed behind each.
_FEW, _WITHIN, _WITHIN_OF_SIGNS = 4, 16, 29
_FEW_IN_LONG, _WITHIN_LONG, _WITHIN_LONG_OF_SIGNS = 8, 36, 64


def may_be_kin(one: Numbers, other: Numbers) -> bool:
    """Return whether phrases that stand together in one text stand in the other, both as words; else none is found kin."""
    known = np.isin(phrases(other), phrases(one))
    has_signs = bool((other & 1).any())
    run = _RUN_OF_SIGNS if has_signs else _RUN
    if _stand(known, run, run):
        return True
    if min(len(one), len(other)) < SHORT:
        return _stand(known, _FEW, _WITHIN_OF_SIGNS if has_signs else _WITHIN)
    return _stand(known, _FEW_IN_LONG, _WITHIN_LONG_OF_SIGNS if has_signs else _WITHIN_LONG)


def _stand(known: NDArray[np.bool_], least: int, within: int) -> bool:
    """Whether so many known phrases stand in so many places that follow each other."""
    counts = np.concatenate(([0], np.cumsum(known)))
    return bool((counts[within:] - counts[:-within] >= least).any() if len(known) > within else counts[-1] >= least)
