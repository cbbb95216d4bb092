"""Whether two texts can be kin at all: a look at their phrases that takes a fraction of a comparison."""

import numpy as np

from wparchive.kinship.phrases import Numbers, phrases

__all__ = ["may_be_kin"]

_RUN, _RUN_OF_SIGNS = 5, 3  # phrases one behind the other in a passage that is no chance; of signs there may be fewer


def may_be_kin(one: Numbers, other: Numbers) -> bool:
    """Return whether phrases that follow each other in one text stand in the other, both as words; else none is found kin."""
    known = np.isin(phrases(other), phrases(one))
    run = _RUN_OF_SIGNS if (other & 1).any() else _RUN
    follow = known[: max(len(known) - run + 1, 0)].copy()
    for step in range(1, run):
        follow &= known[step : step + len(follow)]
    return bool(follow.any())
