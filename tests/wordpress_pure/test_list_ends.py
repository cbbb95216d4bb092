"""A list is over when it is proven to be over: totals that lie, tails that nobody shows, pages that don't turn."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_listing import Site, accounted, answer, error, item, site, walk

from wparchive.wordpress.links.decisions import listed
from wparchive.wordpress.listing import ListingOutcome, Page, PageReply

COMPLETE, SHORT, FAILED = ListingOutcome.COMPLETE, ListingOutcome.SHORT, ListingOutcome.FAILED


def counted(served: Site) -> int:
    """Requests that the walk cost."""
    return len(served.log)


# ---- totals


@pytest.mark.parametrize("said", [1, 7, 99, 100, 101, 150, 200, 249])
@pytest.mark.parametrize("pages_header", [True, False])
def test_a_total_that_is_too_low_ends_nothing(said: int, pages_header: bool) -> None:
    """More rows than it counts, or a full page where it ends: the walk goes on, and doesn't call itself verified."""
    served = site(250, says=lambda total: said, says_pages=lambda pages: -(-said // 100), pages_header=pages_header)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome, proof.verified, proof.withheld) == (250, COMPLETE, False, 0)
    assert counted(served) <= 6


NEXT = [
    '<https://example.org/wp-json/wp/v2/posts?per_page=100&page={}>; rel="next"',
    "<https://other.example/wp-json/wp/v2/posts?page={}>;rel=next",
    "<https://x.test/?a=1>; rel=\"prev\", <https://x.test/?rest_route=%2Fwp%2Fv2&#038;x=1&amp;page={}>; REL = 'Next'",
    '<https://x.test/cursor/abc>; title="a, b"; rel="nofollow next"',
]


def cut_off(stop: int, **headers: str) -> Callable[[Site, Page], PageReply | None]:
    """A server that breaks the list at `stop`, where its total ends, though there is another page after it."""

    def special(served: Site, page: Page) -> PageReply | None:
        params = dict(page.params)
        number = int(params.get("page", "0"))
        spans = {1: (0, 100), 2: (100, stop), 3: (stop, stop + 100)}
        if number not in spans or "desc" in params.values():
            return None
        start, end = spans[number]
        rows = [item(wp_id) for wp_id, _ in served.rows[start:end]]
        more = [(name, value.format(number + 1)) for name, value in headers.items() if end < len(served.rows)]
        return answer(200, json.dumps(rows).encode(), headers=[("X-WP-Total", str(stop)), *more])

    return special


@pytest.mark.parametrize("link", NEXT)
def test_a_next_page_contradicts_the_total(link: str) -> None:
    """Wherever the link leads: it is never followed, only believed to say that there is more."""
    served = site(150, answer=cut_off(120, Link=link))
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome, proof.verified) == (150, COMPLETE, False)


def test_a_number_of_pages_contradicts_the_total() -> None:
    served = site(150, answer=cut_off(120, **{"X-WP-TotalPages": "3"}))
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome) == (150, COMPLETE)


@pytest.mark.parametrize(
    "link",
    ['<https://x.test/?page=2>; rel="next"', '<https://x.test/?page=1>; rel="next"', "<>; rel=next", "next", "<"],
)
def test_a_next_page_that_leads_nowhere_costs_a_request_at_the_most(link: str) -> None:
    """A link to the page itself, an empty one, or one that can't be read."""
    served = site(120, links="")
    served.answer = lambda served, page: with_header(Site(served.rows), page, "Link", link)
    _, proof = walk(served)
    assert (proof.held, proof.outcome, proof.verified) == (120, COMPLETE, True)
    assert counted(served) <= 3


def with_header(plain: Site, page: Page, name: str, value: str) -> PageReply:
    """What `plain` says, with one more header."""
    plain.links = value if name == "Link" else ""
    reply = plain.reply(page)
    if not reply.answer.ok:
        return reply
    rows = json.dumps([item(one.id or 0) for one in reply.items]).encode()
    return answer(200, rows, headers=[("X-WP-Total", str(reply.total)), (name, value)])


def test_a_next_page_that_fails_is_a_gap() -> None:
    """The server says that there is more, and doesn't give it: that isn't complete."""

    def broken(served: Site, page: Page) -> PageReply | None:
        return error(500, "x") if page.offset >= 200 else cut_off(120, Link=NEXT[0])(served, page)

    _, proof = walk(site(150, answer=broken))
    assert (proof.outcome, proof.held) == (SHORT, 120)
    assert [gap.last for gap in proof.gaps] == [None]


@pytest.mark.parametrize("said", ["-1", "abc", "", "1e3", "99999999999999999999", "250, 250", " 250 ", "0250"])
@pytest.mark.parametrize("pages", ["3", "-3", "abc", "1000000"])
def test_totals_may_be_anything(said: str, pages: str) -> None:
    """Whatever stands there, the walk ends soon, and holds all."""
    served = site(250, says=lambda total: said, says_pages=lambda _: pages)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome) == (250, COMPLETE)
    assert counted(served) <= 7


@pytest.mark.parametrize("ends", ["posts", "terms", "search"])
@pytest.mark.parametrize("pages", ["2", "3", "4", "1000000"])
def test_a_number_of_pages_without_a_total(pages: str, ends: str) -> None:
    """It may be wrong too: neither a walk without end nor one that stops early."""
    served = site(250, totals=False, says_pages=lambda _: pages, ends=ends)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome, proof.verified, proof.withheld) == (250, COMPLETE, False, 0)
    assert counted(served) <= 18


def test_a_total_on_the_first_page_only() -> None:
    served = site(250)
    served.says = lambda total: total if len(served.log) == 1 else None
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.stated, proof.verified) == (COMPLETE, 250, 250, False)


@pytest.mark.parametrize("step", [-3, 3])
def test_a_total_that_moves_while_the_rows_do_not(step: int) -> None:
    served = site(450)
    served.says = lambda total: total + step * len(served.log)
    sweep, _ = walk(served)
    assert len(sweep.ids) == 450
    assert counted(served) < 40


# ---- what is withheld


@pytest.mark.parametrize("count", [0, 1, 50, 250])
def test_nothing_is_withheld_that_nobody_counted(count: int) -> None:
    """Without totals an empty list withholds nothing, nor does a last page that isn't full."""
    _, proof = walk(site(count, totals=False, pages_header=False))
    assert (proof.held, proof.withheld) == (count, 0)


@pytest.mark.parametrize("count", [450, 1000, 1234])
@pytest.mark.parametrize("beyond", ["empty", "400", "404"])
def test_a_window_over_the_beginning_is_met_from_the_other_end(count: int, beyond: str) -> None:
    """A search engine behind the list shows only its first rows; the others stand at the beginning of the reverse order."""
    served = site(count, window=count * 3 // 4, beyond=beyond)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome, proof.withheld, proof.gaps) == (count, COMPLETE, 0, ())
    assert counted(served) <= count // 100 + 14


def test_a_tail_that_both_ends_keep_to_themselves_is_withheld() -> None:
    served = site(450, withheld=range(251, 451))
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.withheld) == (COMPLETE, 250, 200)
    assert counted(served) == 5 + 3


@pytest.mark.parametrize(
    "how", [{"turns": False}, {"window": 200}, {"says": lambda total: total + 700, "ends": "terms"}]
)
def test_a_tail_that_cannot_be_had_is_a_gap(how: dict[str, object]) -> None:
    """The order isn't heeded, the two windows don't meet, or the total is no such thing."""
    served = site(900, **({"window": 300} | how))  # type: ignore[arg-type]
    served.chooses = False
    sweep, proof = walk(served)
    assert proof.outcome is SHORT
    assert accounted(sweep, proof, served)
    assert counted(served) <= 40


def test_what_lies_between_two_windows_is_asked_for_by_id() -> None:
    served = site(900, window=300)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome) == (900, COMPLETE)
    assert counted(served) <= 40


# ---- pages that don't turn


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("count", [1, 20, 50, 99, 100, 150, 200, 250, 777])
def test_pages_that_do_not_turn_are_asked_for_by_offset(count: int, lanes: int, totals: bool) -> None:
    served = site(count, numbered=False, totals=totals, pages_header=totals)
    sweep, proof = walk(served, lanes=lanes)
    assert (len(sweep.ids), proof.outcome, proof.withheld) == (count, COMPLETE, 0)
    assert counted(served) <= count // 100 + 12


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("count", [1, 50, 100, 150, 250, 777])
def test_lists_of_one_page_only_are_read_by_id(count: int, totals: bool) -> None:
    """Neither `page` nor `offset` is heeded: both ends, and the ids in between, one by one."""
    served = site(count, numbered=False, placed=False, totals=totals, pages_header=totals)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome) == (count, COMPLETE)
    assert counted(served) <= 3 * count // 100 + 14


@pytest.mark.parametrize("count", [20, 100, 250])
def test_a_list_that_always_shows_the_same_is_no_proof_of_its_end(count: int) -> None:
    """Nothing but its first page can be had, and that may have been cut: a gap, unless a total says that it is whole."""
    served = site(count, numbered=False, placed=False, turns=False, totals=False, pages_header=False, cap=20)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome) == (20, SHORT)
    served = site(37, numbered=False, placed=False, turns=False, totals=False, pages_header=False)
    assert walk(served)[1].outcome is COMPLETE


def test_a_last_page_that_repeats_for_ever_is_the_end() -> None:
    """Where a number past the end gives the last page again."""

    def clamped(served: Site, page: Page) -> PageReply | None:
        number = int(dict(page.params).get("page", "0"))
        return (
            Site(served.rows, totals=False, pages_header=False).reply(
                Page(page.offset, page.size, params=tuple((k, "3" if k == "page" else v) for k, v in page.params))
            )
            if number > 3
            else None
        )

    served = site(250, answer=clamped, totals=False, pages_header=False)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome, proof.withheld) == (250, COMPLETE, 0)


# ---- empty collections


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("rest_no_posts", COMPLETE),
        ("no_posts_found", COMPLETE),
        ("rest_posts_not_found", COMPLETE),
        ("empty", COMPLETE),
        ("rest_no_route", ListingOutcome.REFUSED),
        ("route_not_found", FAILED),
        ("internal", FAILED),
    ],
)
def test_a_404_that_says_so_is_an_empty_collection(code: str, outcome: ListingOutcome) -> None:
    served = site(0, answer=lambda served, page: error(404, code))
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.withheld) == (outcome, 0, 0)
    there = listed(proof.outcome, proof.held, proof.reason) != "missing"
    assert outcome is not COMPLETE or (there and not proof.gaps and counted(served) == 1)


def test_a_404_that_says_so_is_the_end_of_a_longer_one() -> None:
    def ended(served: Site, page: Page) -> PageReply | None:
        return error(404, "no_posts") if page.offset >= len(served.rows) else None

    for totals in (True, False):
        _, proof = walk(site(200, answer=ended, totals=totals, pages_header=totals))
        assert (proof.outcome, proof.held, proof.withheld) == (COMPLETE, 200, 0)


@pytest.mark.parametrize(("total", "outcome"), [("0", COMPLETE), ("250", FAILED), (None, FAILED)])
def test_no_body_is_an_empty_collection_where_the_total_says_so(total: str | None, outcome: ListingOutcome) -> None:
    headers = [] if total is None else [("X-WP-Total", total)]
    served = site(0, answer=lambda served, page: answer(200, b"", headers=headers))
    sweep, proof = walk(served)
    assert (proof.outcome, proof.held) == (outcome, 0)
    assert sweep.silent is (total is None)
    assert counted(served) <= 11


@pytest.mark.parametrize(("total", "outcome"), [("0", COMPLETE), ("250", FAILED), (None, COMPLETE)])
def test_a_204_that_counts_items_shows_none_of_them(total: str | None, outcome: ListingOutcome) -> None:
    headers = [] if total is None else [("X-WP-Total", total)]
    _, proof = walk(site(0, answer=lambda served, page: answer(204, b"", headers=headers)))
    assert (proof.outcome, proof.held, bool(proof.gaps)) == (outcome, 0, outcome is FAILED)


def test_silence_beside_collections_that_speak_is_emptiness() -> None:
    served = site(0, answer=lambda served, page: answer(200, b""))
    sweep, proof = walk(served)
    assert (proof.outcome, counted(served)) == (FAILED, 3)
    sweep.take_for_empty()
    proof = sweep.proof()
    assert (proof.outcome, proof.held, proof.verified, proof.gaps) == (COMPLETE, 0, False, ())


# ---- all of it together

faults = st.fixed_dictionaries(
    {
        "turns": st.booleans(),
        "numbered": st.sampled_from([True, True, False]),
        "placed": st.booleans(),
        "chooses": st.booleans(),
        "window": st.sampled_from([None, None, 100, 130, 200, 300]),
        "beyond": st.sampled_from(["empty", "400", "404", "500"]),
        "totals": st.booleans(),
        "pages_header": st.booleans(),
        "cap": st.sampled_from([100, 100, 100, 50, 30, 20, 10]),
        "hard_cap": st.sampled_from([100, 100, 100, 50, 30]),
        "ends": st.sampled_from(["posts", "terms", "search"]),
        "links": st.sampled_from(["", *NEXT]),
        "offsets": st.booleans(),
    }
)


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(0, 460), faults, st.integers(1, 3))
def test_complete_is_never_claimed_of_what_is_not(
    data: st.DataObject, count: int, how: dict[str, object], lanes: int
) -> None:
    """Any mixture: the walk ends, nothing is withheld that isn't counted, and what is complete is whole.

    Where no true total tells of what a window hides, or of a page that isn't full for what it withholds, nobody can know.
    """
    lies = data.draw(st.booleans())
    hidden = set() if lies else data.draw(st.sets(st.integers(1, max(count, 1)), max_size=9))
    served = site(count, hidden, **how)
    if lies:
        said = data.draw(st.sampled_from([0, 100, 200, 300, 5000, 99_999_999]))
        served.says = lambda total: said
        pages = data.draw(st.sampled_from([-(-said // 100), -(-said // 100), 0, 1, 3]))
        served.says_pages = lambda _: pages
    sweep, proof = walk(served, lanes=lanes, choose=lambda n: data.draw(st.integers(0, n)))
    assert counted(served) < 500
    visible = {number for number, shown in served.rows if shown}
    cap = min(served.cap, served.hard_cap)
    full = min(hidden, default=count) > cap  # a first page that isn't full tells of no page size
    known = served.window is None or (served.totals and not lies and served.window % cap == 0 and full)
    told = served.totals or served.pages_header or served.links
    known = known and (
        bool(told) or served.numbered or not hidden
    )  # a page that repeats and isn't full is taken for all
    if proof.outcome is COMPLETE and known:
        assert sweep.ids == visible
    assert proof.withheld == 0 or (served.totals and proof.withheld <= (proof.stated or 0) - proof.held)
    assert proof.gaps or proof.outcome is COMPLETE


@pytest.mark.parametrize("hidden", [10, 20])
def test_without_a_total_an_empty_first_page_is_no_end(hidden: int) -> None:
    """All its rows may be withheld: what the next pages show is held."""
    served = site(hidden + 1, set(range(1, hidden + 1)), cap=10, totals=False, pages_header=False)
    sweep, proof = walk(served)
    assert (len(sweep.ids), proof.outcome, proof.verified) == (1, COMPLETE, False)


def test_without_a_total_an_empty_list_costs_a_request_more() -> None:
    served = site(0, totals=False, pages_header=False)
    _, proof = walk(served)
    assert (proof.held, proof.outcome) == (0, COMPLETE)
    assert counted(served) <= 2
