"""One exit code for many sites: the first of 8, 1, 2, 6, 3, 5, 130 that occurred."""

from itertools import permutations

import pytest

from wparchive.errors import ExitCode, worst

ORDER = (
    ExitCode.STORAGE,
    ExitCode.ERROR,
    ExitCode.USAGE,
    ExitCode.REFUSED,
    ExitCode.INCOMPLETE,
    ExitCode.LOCKED,
    ExitCode.INTERRUPTED,
    ExitCode.COMPLETE,
)
CONTRACT = (8, 1, 6, 3, 5, 130)


def test_the_contract_names_the_order() -> None:
    """Its own list, as it stands there; a usage error of one site is our addition to it."""
    assert tuple(code for code in ORDER if code not in (ExitCode.USAGE, ExitCode.COMPLETE)) == CONTRACT


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_the_worse_one_wins(first: int) -> None:
    """In whatever order the sites were crawled, and however many ended well."""
    codes = ORDER[first:]
    for pair in permutations(codes, 2):
        assert worst(list(pair)) is min(pair, key=ORDER.index)
    assert worst([*reversed(codes), ExitCode.COMPLETE]) is codes[0]


def test_no_api_counts_only_alone() -> None:
    """A site without an API is a normal answer in a list, and the answer when it was the only target."""
    assert worst([ExitCode.NO_API]) is ExitCode.NO_API
    assert worst([ExitCode.NO_API, ExitCode.COMPLETE]) is ExitCode.COMPLETE
    assert worst([ExitCode.NO_API, ExitCode.NO_API]) is ExitCode.COMPLETE
    assert worst([ExitCode.NO_API, ExitCode.INCOMPLETE]) is ExitCode.INCOMPLETE


def test_nothing_to_do_is_complete() -> None:
    """As when every site was skipped because another run holds it."""
    assert worst([]) is ExitCode.COMPLETE
