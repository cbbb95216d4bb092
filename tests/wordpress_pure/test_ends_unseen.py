"""Servers that ignore `page` or `offset`, cap pages silently and count wrongly: what wasn't read is never called complete."""

import pytest
from test_list_ends import NEXT, counted
from test_listing import Site, site, walk

from wparchive.wordpress.listing import ListingOutcome

COMPLETE, SHORT = ListingOutcome.COMPLETE, ListingOutcome.SHORT
STILL = {"turns": False, "numbered": False, "placed": False, "chooses": False}  # one page, whatever is requested


def lying(count: int, said: int, pages: int | None = None, **how: object) -> Site:
    """A list of which the server says that it has `said` rows, on `pages` pages."""
    number = -(-said // 100) if pages is None else pages
    return site(count, says=lambda _: said, says_pages=lambda _: number, **how)


def honest(served: Site) -> bool:
    """Whether the walk ends soon, and claims nothing that it doesn't hold."""
    sweep, proof = walk(served)
    whole = sweep.ids == {number for number, shown in served.rows if shown}
    return counted(served) < 100 and (whole or (proof.outcome is not COMPLETE and not proof.verified))


@pytest.mark.parametrize("offsets", [True, False])
@pytest.mark.parametrize("count", [101, 151, 460])
def test_one_full_page_that_its_total_calls_all_is_a_gap(count: int, offsets: bool) -> None:
    """Neither number nor offset gets another page, and the order isn't heeded: nobody saw an end."""
    served = lying(count, 100, offsets=offsets, **STILL)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome, proof.verified, bool(proof.gaps)) == (100, SHORT, False, True)
    assert counted(served) <= 10


@pytest.mark.parametrize("offsets", [True, False])
def test_a_full_page_that_stands_still_is_whole_where_the_other_end_shows_the_same(offsets: bool) -> None:
    served = site(100, numbered=False, placed=False, offsets=offsets)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome) == (100, COMPLETE)


@pytest.mark.parametrize("count", [50, 151, 250])
@pytest.mark.parametrize("totals", [True, False])
def test_pages_that_do_not_turn_end_where_offsets_are_refused(count: int, totals: bool) -> None:
    """The same page isn't requested again and again by numbers that are known to be ignored."""
    served = site(count, numbered=False, offsets=False, turns=False, totals=totals, cap=24)
    assert honest(served)
    assert counted(served) <= 20


@pytest.mark.parametrize("cap", [30, 50])
@pytest.mark.parametrize(("said", "pages"), [(100, 1), (200, 2), (300, 3)])
@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("placed", [True, False])
def test_what_wrong_totals_explained_is_read_again(
    cap: int, said: int, pages: int, numbered: bool, placed: bool
) -> None:
    """Pages that aren't full show all but what is withheld, or were capped: once a total is wrong, either may be so."""
    for offsets in (True, False):
        for count in (151, 176, 299, 460):
            how = {"numbered": numbered, "placed": placed, "offsets": offsets, "cap": cap}
            assert honest(lying(count, said, pages, **how)), (count, offsets)


@pytest.mark.parametrize("count", [151, 282])
@pytest.mark.parametrize("offsets", [True, False])
def test_pages_that_turned_out_smaller_began_elsewhere(count: int, offsets: bool) -> None:
    """The second page by number of a list capped at 30 begins at the 31st row, whatever size was requested."""
    served = lying(count, 30, 1, cap=30, links=NEXT[0], offsets=offsets)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome, proof.verified) == (count, COMPLETE, False)


def test_ids_that_a_capped_page_has_no_room_for_are_requested_again() -> None:
    """What lies between two ends is requested a hundred ids at a time: of these, the server shows thirty."""
    served = lying(299, 300, 3, numbered=False, placed=False, offsets=False, cap=30, ends="terms")
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome) == (299, COMPLETE)


@pytest.mark.parametrize("how", [{"links": NEXT[0]}, {"links": NEXT[3]}, {"pages_header": True}])
def test_without_a_total_a_page_that_is_not_full_is_no_end_where_more_is_announced(how: dict[str, object]) -> None:
    """A `next` link or a number of pages says so, though a few rows of the first page are withheld."""
    given = {"totals": False, "pages_header": False} | STILL | how
    sweep, proof = walk(site(216, {34, 45, 59}, **given))
    assert (len(sweep.ids), proof.outcome) == (97, SHORT)


def test_a_part_of_a_failing_page_that_shows_other_rows_is_no_part_of_it() -> None:
    """The page fails, and offsets are ignored: the rows of its parts are those of the first page."""
    served = site(131, placed=False, chooses=False, window=100, beyond="500", pages_header=False)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome) == (100, SHORT)


def test_capped_pages_are_distinguished_from_withheld_rows() -> None:
    """Of 99 rows three are withheld, the pages are capped at 30 and don't turn: the 70 others are a gap."""
    served = site(99, {6, 39, 66}, turns=False, numbered=False, pages_header=False, cap=30, offsets=False)
    sweep, proof = walk(served, lanes=3)
    assert (len(sweep.ids), proof.outcome) == (29, SHORT)


@pytest.mark.parametrize("ends", ["posts", "terms", "search"])
@pytest.mark.parametrize("count", [101, 215])
def test_a_list_that_empties_as_it_is_read_ends(count: int, ends: str) -> None:
    """Positions that were read before the rows went don't become negative."""
    served = site(count, ends=ends)
    served.before = lambda served, page: served.rows.clear() if len(served.log) == 2 else None
    _, proof = walk(served)
    assert proof.held == 100
    assert counted(served) < 20
    assert all(page.offset >= 0 for page in served.log)
