"""Gaps as a proof names them."""

import pytest

from wparchive.wordpress.listing import Gap


@pytest.mark.parametrize(
    ("gaps", "wanted"),
    [
        ([], []),
        ([Gap(3, 3, "a"), Gap(1, 2, "a"), Gap(4, None, "a")], [Gap(1, None, "a")]),
        ([Gap(1, 2, "a"), Gap(3, 3, "b")], [Gap(1, 2, "a"), Gap(3, 3, "b")]),
        ([Gap(301, 750, "a"), Gap(601, 750, "b")], [Gap(301, 750, "a")]),
        ([Gap(1, 5, "a"), Gap(3, 9, "b")], [Gap(1, 5, "a"), Gap(6, 9, "b")]),
        ([Gap(1, None, "a"), Gap(7, 9, "b")], [Gap(1, None, "a")]),
    ],
)
def test_gaps_are_in_order_and_name_each_position_once(gaps: list[Gap], wanted: list[Gap]) -> None:
    assert list(Gap.merged(gaps)) == wanted
