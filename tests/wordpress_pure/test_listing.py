"""The walk over a collection, driven against a simulated one that withholds, caps, breaks, shrinks and repeats."""

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wparchive.http1.message import Head
from wparchive.model import Verdict
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.listing import Gap, ListingOutcome, Page, PageReply, Proof, Sweep, read_reply


@dataclass
class Site:
    """One collection of a WordPress that misbehaves as told. `rows` are (id, visible) in id order."""

    rows: list[tuple[int, bool]]
    poison: set[int] = field(default_factory=set)  # ids that break every page they are on
    poison_status: int = 500
    tells_metadata: bool = True
    totals: bool = True
    pages_header: bool = True
    cap: int = 100  # silent
    hard_cap: int = 100  # 400
    ends: str = "posts"  # posts, terms, search, old
    offsets: bool = True
    orderless: bool = False
    turns: bool = True  # whether `order` is heeded
    numbered: bool = True  # whether `page` is heeded
    placed: bool = True  # whether `offset` is heeded
    chooses: bool = True  # whether `include` is heeded
    window: int | None = None  # so many rows are shown from either end
    beyond: str = "empty"  # what is beyond the window: empty, or refused with 400, 404 or 500
    says: Callable[[int], int | str | None] = lambda total: total  # the total that is stated
    says_pages: Callable[[int], int | str | None] = lambda pages: pages
    links: str = ""  # what a next page is called in `Link`, {} for its number
    log: list[Page] = field(default_factory=list)
    before: Callable[["Site", Page], None] | None = None
    answer: Callable[["Site", Page], PageReply | None] | None = None

    def reply(self, page: Page) -> PageReply:
        self.log.append(page)
        assert len(self.log) < 5000, "an endless walk"
        if self.before:
            self.before(self, page)
        if self.answer and (special := self.answer(self, page)):
            return special
        params = dict(page.params)
        size = int(params.get("per_page", "10"))
        if size > self.hard_cap:
            return error(400, "rest_invalid_param", params={"per_page": "x"})
        if "offset" in params and not self.offsets:
            return error(400, "rest_invalid_param", params={"offset": "x"})
        size = min(size, self.cap)
        number = int(params.get("page", "1"))
        start = int(params["offset"]) if "offset" in params else (number - 1) * size
        start = start if (self.placed if "offset" in params else self.numbered) else 0
        rows = self.rows[::-1] if params.get("order") == "desc" and self.turns else self.rows
        if "include" in params and self.chooses:
            chosen_ids = set(map(int, params["include"].split(",")))
            rows = [row for row in rows if row[0] in chosen_ids]
        total = len(rows)
        if self.window is not None and start + size > self.window and "include" not in params:
            if start >= self.window and self.beyond != "empty":
                code = {"400": "rest_post_invalid_page_number", "404": "no_posts_found"}.get(self.beyond, "internal")
                return error(int(self.beyond), code)
            rows = rows[: self.window]
        if start >= total and start:
            if self.ends == "posts" and "offset" not in params:
                return error(400, "rest_post_invalid_page_number")
            if self.ends == "posts" or self.ends == "search":
                total = 0
        chosen = rows[start : start + size]
        if any(number in self.poison for number, _ in chosen) and not ("_fields" in params and self.tells_metadata):
            if self.poison_status == 200:
                return answer(200, b"<!DOCTYPE html><p>There has been a critical error", "text/html")
            return error(self.poison_status, "internal_server_error", verdict=Verdict.FAILED)
        listed = [item(number) for number, visible in chosen if visible]
        if self.orderless:
            random.Random(len(self.log)).shuffle(listed)
        headers = []
        if self.totals and (said := self.says(total)) is not None:
            headers.append(("X-WP-Total", str(said)))
        if self.pages_header and (said := self.says_pages(-(-total // size))) is not None:
            headers.append(("X-WP-TotalPages", str(said)))
        if self.links and start + size < len(self.rows):
            headers.append(("Link", self.links.format(number + 1)))
        return answer(200, json.dumps(listed).encode(), headers=headers)


def item(number: int) -> dict[str, object]:
    return {"id": number, "_links": {"self": [{"href": f"http://x.test/wp-json/wp/v2/posts/{number}"}]}}


def answer(
    status: int,
    body: bytes,
    mime: str = "application/json",
    headers: Iterable[tuple[str, str]] = (),
    verdict: Verdict = Verdict.ANSWERED,
) -> PageReply:
    head = Head(status, "", "HTTP/1.1", (("Content-Type", mime), *headers))
    return read_reply(head, body, capture="urn:uuid:x", verdict=verdict)


def error(status: int, code: str, verdict: Verdict = Verdict.ANSWERED, **data: object) -> PageReply:
    body = json.dumps({"code": code, "message": "Désolé", "data": {"status": status, **data}}).encode()
    return answer(status, body, verdict=verdict)


def site(count: int, withheld: Iterable[int] = (), **how: object) -> Site:
    hidden = set(withheld)
    return Site([(number * 3, number not in hidden) for number in range(1, count + 1)], **how)  # type: ignore[arg-type]


def walk(
    served: Site, *, lanes: int = 2, choose: Callable[[int], int] = lambda n: 0, per_page: int = 100, **how: object
) -> tuple[Sweep, Proof]:
    """Drive a sweep with `lanes` pages in flight; `choose` picks which of those the server answers next."""
    sweep = Sweep("/wp/v2/posts", "post", per_page=per_page, ends_empty=served.ends != "posts", **how)  # type: ignore[arg-type]
    flying: list[Page] = []
    while not sweep.done:
        flying += sweep.wanted(lanes - len(flying))
        if sweep.done:
            break
        assert flying, "neither done nor anything to ask"
        page = flying.pop(choose(len(flying)) % len(flying))
        sweep.feed(page, served.reply(page))
    return sweep, sweep.proof()


def accounted(sweep: Sweep, proof: Proof, served: Site) -> bool:
    """Whether every visible row is held or lies inside a named gap."""
    return all(
        number in sweep.ids or any(gap.first <= place and (gap.last is None or place <= gap.last) for gap in proof.gaps)
        for place, (number, visible) in enumerate(served.rows, 1)
        if visible
    )


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 250, 1882])
@pytest.mark.parametrize("ends", ["posts", "terms", "search"])
def test_sound_list_takes_the_least_requests(count: int, ends: str) -> None:
    """One page for a hundred items, and one more where the last is full: a total that is cut off at a limit looks like that."""
    served = site(count, ends=ends)
    sweep, proof = walk(served)
    assert len(served.log) == count // 100 + 1
    assert (proof.outcome, proof.stated, proof.held, proof.withheld, proof.gaps) == (
        ListingOutcome.COMPLETE,
        count,
        count,
        0,
        (),
    )
    assert proof.verified
    assert sweep.ids == {number for number, _ in served.rows}


def test_params_are_ready_to_send() -> None:
    served = site(150)
    walk(served)
    assert served.log[1].params == (("per_page", "100"), ("page", "2"), ("orderby", "id"), ("order", "asc"))
    assert served.log[1].retries is None
    assert served.log[1].key_suffix == ""


def test_first_page_is_asked_for_alone_then_as_many_as_wanted() -> None:
    sweep = Sweep("/wp/v2/posts", "post")
    (first,) = sweep.wanted(8)
    assert sweep.wanted(8) == []
    sweep.feed(first, site(1000).reply(first))
    assert len(sweep.wanted(5)) == 5
    assert sweep.stated == 1000


def test_withheld_rows_are_counted_and_are_no_gaps() -> None:
    served = site(250, withheld=[*range(3, 9), 150])
    _, proof = walk(served)
    assert (proof.outcome, proof.stated, proof.held, proof.withheld, proof.gaps) == (
        ListingOutcome.COMPLETE,
        250,
        243,
        7,
        (),
    )
    assert len(served.log) == 3


def test_empty_page_in_the_middle_is_not_the_end() -> None:
    served = site(350, withheld=range(101, 201))
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.withheld) == (ListingOutcome.COMPLETE, 250, 100)
    assert len(served.log) == 4


def test_wholly_withheld_collection_is_complete() -> None:
    _, proof = walk(site(5, withheld=range(6)))
    assert (proof.outcome, proof.stated, proof.held, proof.withheld) == (ListingOutcome.COMPLETE, 5, 0, 5)


@pytest.mark.parametrize("cap", [10, 20, 33, 50, 99])
@pytest.mark.parametrize("withheld", [(), (1, 2, 19, 60, 61)])
def test_silent_cap_is_believed(cap: int, withheld: tuple[int, ...]) -> None:
    served = site(250, withheld=withheld, cap=cap)
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.COMPLETE, 250 - len(withheld), ())
    assert len(served.log) <= -(-250 // cap) + 1


@pytest.mark.parametrize("cap", [50, 30, 20, 10])
def test_cap_by_400_shrinks_the_pages(cap: int) -> None:
    served = site(250, hard_cap=cap)
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.COMPLETE, 250, ())
    assert len(served.log) <= 250 / cap * 1.3 + 4


@pytest.mark.parametrize("ends", ["posts", "terms", "old"])
@pytest.mark.parametrize("count", [0, 5, 99, 100, 250])
def test_without_headers_the_walk_goes_to_a_proven_end(ends: str, count: int) -> None:
    served = site(count, ends=ends, totals=False, pages_header=False)
    _, proof = walk(served)
    assert (proof.outcome, proof.stated, proof.held, proof.gaps) == (ListingOutcome.COMPLETE, None, count, ())
    assert not proof.verified
    assert len(served.log) <= count // 100 + 5


@pytest.mark.parametrize("cap", [100, 20])
def test_only_total_pages_missing(cap: int) -> None:
    served = site(250, pages_header=False, cap=cap)
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.COMPLETE, 250, ())


@pytest.mark.parametrize("cap", [100, 20])
def test_only_total_missing(cap: int) -> None:
    served = site(250, totals=False, cap=cap)
    _, proof = walk(served)
    assert (proof.outcome, proof.stated, proof.held, proof.gaps) == (ListingOutcome.COMPLETE, None, 250, ())


@pytest.mark.parametrize("cap", [100, 25])
def test_headerless_silent_cap(cap: int) -> None:
    served = site(250, totals=False, pages_header=False, cap=cap)
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.COMPLETE, 250, ())


@pytest.mark.parametrize("place", [1, 2, 50, 96, 100, 101, 137, 200, 201, 250])
@pytest.mark.parametrize("status", [500, 200])
@pytest.mark.parametrize("lanes", [1, 2, 4])
def test_poisoned_item_costs_one_item_and_at_most_25_requests(place: int, status: int, lanes: int) -> None:
    served = site(250, poison={place * 3}, poison_status=status)
    _, proof = walk(served, lanes=lanes)
    assert (proof.outcome, proof.held, proof.withheld) == (ListingOutcome.SHORT, 249, 0)
    assert [(gap.first, gap.last) for gap in proof.gaps] == [(place, place)]
    assert proof.gaps[0].reason.endswith(f"; only its metadata, id {place * 3}")
    retries = sum(4 if page.retries is None else page.retries for page in served.log if broke(served, page))
    # A 200 that isn't JSON is no failure to the fetcher, so it isn't retried there.
    assert len(served.log) - 3 + (retries if status == 500 else 0) <= 25


def broke(served: Site, page: Page) -> bool:
    params = dict(page.params)
    start = int(params.get("offset", (int(params.get("page", 1)) - 1) * int(params["per_page"])))
    return "_fields" not in params and any(n in served.poison for n, _ in served.rows[start : start + page.size])


def test_poison_without_offset() -> None:
    served = site(250, poison={411}, offsets=False)
    _, proof = walk(served, offsets=False)
    assert (proof.held, [(gap.first, gap.last) for gap in proof.gaps]) == (249, [(137, 137)])
    assert all("offset" not in dict(page.params) for page in served.log)


def test_poison_that_hides_its_metadata_too() -> None:
    served = site(250, poison={411}, tells_metadata=False)
    _, proof = walk(served)
    assert proof.gaps == (Gap(137, 137, "500 internal_server_error"),)


def test_a_failing_page_of_one_item_counts_once() -> None:
    """Where only pages of one are allowed, each bad item is one failure: four in a row don't end the walk at five."""
    served = site(30, poison={9, 12, 15, 18}, hard_cap=1)
    sweep, proof = walk(served)
    assert accounted(sweep, proof, served)
    assert (proof.outcome, proof.held) == (ListingOutcome.SHORT, 26)
    metadata = [gap.first for gap in proof.gaps if "metadata" in gap.reason]
    assert metadata == [3, 4]  # after two pages of which nothing was had, no more are taken apart


def test_three_poisoned_items_cost_three_items() -> None:
    served = site(450, poison={30, 411, 420})
    _, proof = walk(served)
    assert (proof.held, [gap.first for gap in proof.gaps]) == (447, [10, 137, 140])


def test_hundred_poisoned_items_are_given_up_within_a_budget() -> None:
    served = site(450, poison={n * 3 for n in range(101, 201)})
    sweep, proof = walk(served)
    assert accounted(sweep, proof, served)
    assert proof.held == 350
    assert len(served.log) <= 80


def test_pages_too_big_for_the_server_make_smaller_pages() -> None:
    def heavy(served: Site, page: Page) -> PageReply | None:
        return error(500, "", verdict=Verdict.FAILED) if page.size > 30 else None

    served = site(1000, answer=heavy)
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.COMPLETE, 1000, ())
    assert len(served.log) <= 1000 / 25 + 20


def test_html_for_ever_fails_soon_and_says_so() -> None:
    served = site(250, answer=lambda served, page: answer(200, b"<html>home</html>", "text/html"))
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.gaps) == (
        ListingOutcome.FAILED,
        0,
        (Gap(1, None, "200 text/html, not JSON"),),
    )
    assert len(served.log) <= 11


def test_first_items_poisoned_do_not_hide_the_others() -> None:
    served = site(250, poison={3, 6, 9})
    sweep, proof = walk(served)
    assert accounted(sweep, proof, served)
    assert proof.held == 247


def test_html_twice_then_fine_loses_nothing() -> None:
    def twice(served: Site, page: Page) -> PageReply | None:
        return answer(200, b"<html>", "text/html") if len(served.log) in (2, 3) else None

    served = site(250, answer=twice)
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.COMPLETE, 250, ())
    assert {page.again for page in served.log} >= {0, 1}


def test_server_that_breaks_midway_is_left_in_peace() -> None:
    def broken(served: Site, page: Page) -> PageReply | None:
        return error(500, "", verdict=Verdict.FAILED) if page.offset >= 500 else None

    served = site(5000, answer=broken)
    sweep, proof = walk(served)
    assert (proof.outcome, proof.held) == (ListingOutcome.SHORT, 500)
    assert accounted(sweep, proof, served)
    assert len(served.log) < 180


@pytest.mark.parametrize(
    ("status", "code"), [(401, "rest_user_cannot_view"), (403, "rest_comment_disabled"), (404, "rest_no_route")]
)
def test_closed_collection_is_an_answer_not_a_gap(status: int, code: str) -> None:
    served = site(0, answer=lambda served, page: error(status, code))
    _, proof = walk(served)
    assert (proof.outcome, proof.gaps, proof.reason) == (ListingOutcome.REFUSED, (), f"{status} {code}")
    assert proof.capture == "urn:uuid:x"
    assert len(served.log) == 1


def test_refusal_in_the_middle_is_a_gap_not_the_end() -> None:
    served = site(450, answer=lambda served, page: error(403, "forbidden") if page.offset == 200 else None)
    _, proof = walk(served)
    assert (proof.outcome, proof.held) == (ListingOutcome.SHORT, 350)
    assert proof.gaps == (Gap(201, 300, "403 forbidden"),)


def test_challenge_ends_the_sweep_and_names_the_rest() -> None:
    wall = answer(403, b"<html><title>Just a moment...</title>", "text/html")
    assert wall.answer.meaning is Meaning.CHALLENGE
    served = site(450, answer=lambda served, page: wall if page.offset >= 200 else None)
    sweep, proof = walk(served, lanes=1)
    assert (proof.outcome, proof.held, proof.gaps) == (
        ListingOutcome.SHORT,
        200,
        (Gap(201, 450, "403 challenge page"),),
    )
    assert sweep.done
    assert len(served.log) == 3


def test_throttled_past_patience_ends_the_sweep() -> None:
    head = Head(429, "", "HTTP/1.1", ())
    out = read_reply(head, b"", capture="x", verdict=Verdict.THROTTLED)
    served = site(450, answer=lambda served, page: out if page.offset >= 200 else None)
    sweep, proof = walk(served, lanes=1)
    assert sweep.done
    assert proof.gaps == (Gap(201, 450, "throttled"),)


def test_robots_refuses_the_whole_listing() -> None:
    served = site(9, answer=lambda served, page: read_reply(None, None, capture=None, verdict=Verdict.ROBOTS))
    _, proof = walk(served)
    assert (proof.outcome, proof.reason, proof.gaps) == (ListingOutcome.REFUSED, "robots.txt", ())


def test_stopping_names_what_is_left() -> None:
    served = site(450)
    sweep = Sweep("/wp/v2/posts", "post")
    for _ in range(2):
        (page,) = sweep.wanted(1)
        sweep.feed(page, served.reply(page))
    sweep.wanted(2)
    sweep.abandon("max_requests")
    assert sweep.done
    proof = sweep.proof()
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.SHORT, 200, (Gap(201, 450, "max_requests"),))


def test_page_repeated_for_ever_with_absurd_totals_ends() -> None:
    first = json.dumps([item(n) for n in range(1, 101)]).encode()
    headers = (("X-WP-Total", "99999999"), ("X-WP-TotalPages", "1000000"))
    served = site(0, answer=lambda served, page: answer(200, first, headers=headers))
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.SHORT, 100, (Gap(101, 99999999, "pages repeat"),))
    assert len(served.log) <= 8


def test_stopping_after_a_removal_names_what_may_have_moved() -> None:
    def trash(served: Site, page: Page) -> None:
        if page.offset == 100:
            served.rows = served.rows[3:]

    served = site(450, before=trash)
    sweep = Sweep("/wp/v2/posts", "post")
    for _ in range(2):
        (page,) = sweep.wanted(1)
        sweep.feed(page, served.reply(page))
    sweep.abandon("stopped")
    proof = sweep.proof()
    assert proof.gaps == (Gap(98, 447, "stopped"),)
    assert accounted(sweep, proof, served)


def test_page_repeated_for_ever_without_headers_ends() -> None:
    first = json.dumps([item(n) for n in range(1, 101)]).encode()
    served = site(0, answer=lambda served, page: answer(200, first))
    _, proof = walk(served)
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.SHORT, 100, (Gap(101, None, "pages repeat"),))
    assert len(served.log) <= 7


def test_sane_total_with_absurd_total_pages_is_no_cap() -> None:
    def absurd(served: Site, page: Page) -> PageReply | None:
        body = json.dumps([item(n) for n, _ in served.rows[page.offset : page.offset + page.size]]).encode()
        return answer(200, body, headers=(("X-WP-Total", "250"), ("X-WP-TotalPages", "99999")))

    served = site(250, answer=absurd)
    _, proof = walk(served)
    assert (proof.outcome, proof.held) == (ListingOutcome.COMPLETE, 250)
    assert len(served.log) == 4  # the last shows whether there are more pages than the total fills


def test_endless_new_rows_meet_the_ceiling() -> None:
    def endless(served: Site, page: Page) -> PageReply | None:
        return answer(200, json.dumps([item(n) for n in range(page.offset + 1, page.offset + page.size + 1)]).encode())

    served = site(0, answer=endless)
    _, proof = walk(served, ceiling=300)
    assert proof.outcome is ListingOutcome.SHORT
    assert proof.gaps[0].last is None
    assert len(served.log) == 300


def test_a_collection_that_needs_a_parameter_of_its_own_is_closed_to_us() -> None:
    """An answer, not a gap in every run."""

    def needs(served: Site, page: Page) -> PageReply | None:
        return error(400, "rest_missing_callback_param", params=["calendar"])

    served = site(5, answer=needs)
    _, proof = walk(served)
    assert (proof.outcome, proof.gaps, len(served.log)) == (ListingOutcome.REFUSED, (), 1)


def test_total_that_lies_low_is_not_believed() -> None:
    def low(served: Site, page: Page) -> PageReply | None:
        reply = Site.reply(Site(served.rows), page)
        return replace(reply, total=7, total_pages=1)

    served = site(250, answer=low)
    _, proof = walk(served)
    assert (proof.held, proof.verified) == (250, False)


def test_total_that_lies_high_leaves_a_gap() -> None:
    def high(served: Site, page: Page) -> PageReply | None:
        reply = Site.reply(Site(served.rows), page)
        if not reply.answer.ok:
            return reply
        return replace(reply, total=500, total_pages=5)

    served = site(250, answer=high)
    _, proof = walk(served)
    assert (proof.outcome, proof.held) == (ListingOutcome.SHORT, 250)
    assert proof.gaps[0].last == 500
    assert len(served.log) < 15


def test_removal_between_pages_is_noticed_and_read_again() -> None:
    def trash(served: Site, page: Page) -> None:
        if page.offset == 100 and not page.again:
            served.rows = [row for row in served.rows if row[0] != 3]

    served = site(250, before=trash)
    sweep, proof = walk(served, lanes=1)
    assert accounted(sweep, proof, served)
    assert (proof.outcome, proof.stated) == (ListingOutcome.COMPLETE, 249)
    assert len(served.log) == 4
    assert served.log[-1].again == 1
    assert served.log[-1].key_suffix


def test_rows_that_appear_at_the_end_are_fetched_too() -> None:
    def publish(served: Site, page: Page) -> None:
        if page.offset == 200 and not page.again:
            served.rows += [(9000 + n, True) for n in range(120)]

    served = site(250, before=publish)
    sweep, proof = walk(served, lanes=1)
    assert accounted(sweep, proof, served)
    assert (proof.outcome, proof.held) == (ListingOutcome.COMPLETE, 370)
    assert len(served.log) == 4


def test_list_that_never_keeps_still_ends_changed() -> None:
    def churn(served: Site, page: Page) -> None:
        if len(served.rows) > 120:
            served.rows = served.rows[1:]

    served = site(4000, before=churn)
    sweep, proof = walk(served, lanes=1)
    assert accounted(sweep, proof, served)
    assert proof.outcome in (ListingOutcome.COMPLETE, ListingOutcome.CHANGED)


def test_unstable_order_is_walked_again_and_never_claimed_complete_when_rows_lack() -> None:
    def shuffled(served: Site, page: Page) -> PageReply | None:
        rows = served.rows[:]
        random.Random(len(served.log)).shuffle(rows)
        return Site(rows).reply(page)

    served = site(250, answer=shuffled)
    sweep, proof = walk(served)
    assert accounted(sweep, proof, served)
    assert proof.outcome is ListingOutcome.SHORT or proof.held == 250


def test_order_of_the_servers_own_that_is_stable_is_complete() -> None:
    served = site(250)
    random.Random(1).shuffle(served.rows)
    _, proof = walk(served)
    assert (proof.outcome, proof.held) == (ListingOutcome.COMPLETE, 250)
    assert len(served.log) == 3


def test_orderby_that_is_not_accepted_is_left_out() -> None:
    def picky(served: Site, page: Page) -> PageReply | None:
        bad = "orderby" in dict(page.params)
        return error(400, "rest_invalid_param", params={"orderby": "x"}) if bad else None

    served = site(250, answer=picky)
    _, proof = walk(served)
    assert (proof.outcome, proof.held) == (ListingOutcome.COMPLETE, 250)
    assert len(served.log) == 4


def test_unpaged_route_is_one_request_with_its_own_params() -> None:
    served = site(0, answer=lambda served, page: answer(200, json.dumps([item(n) for n in range(1, 31)]).encode()))
    _, proof = walk(served, paged=False, params=(("context", "view"),))
    assert [page.params for page in served.log] == [(("context", "view"),)]
    assert (proof.outcome, proof.held, proof.stated) == (ListingOutcome.COMPLETE, 30, None)


def test_filtered_out_rows_and_rows_without_an_id() -> None:
    rows = [item(1), [], item(2), {"title": "x"}, item(3)]
    headers = (("X-WP-Total", "5"), ("X-WP-TotalPages", "1"))
    served = site(0, answer=lambda served, page: answer(200, json.dumps(rows).encode(), headers=headers))
    _, proof = walk(served)
    assert (proof.held, proof.withheld) == (3, 1)
    assert [gap.reason for gap in proof.gaps] == ["item without a usable id"]


def test_server_that_ignores_paging_and_gives_all_at_once() -> None:
    def whole(served: Site, page: Page) -> PageReply | None:
        return answer(200, json.dumps([item(n) for n, _ in served.rows]).encode(), headers=(("X-WP-Total", "250"),))

    served = site(250, answer=whole)
    _, proof = walk(served)
    assert (proof.outcome, proof.held) == (ListingOutcome.COMPLETE, 250)
    assert len(served.log) == 1


def test_descending_walk() -> None:
    served = site(250)
    _, proof = walk(served, params=(("orderby", "id"), ("order", "desc")))
    assert (proof.outcome, proof.held, proof.verified) == (ListingOutcome.COMPLETE, 250, True)


sizes = st.integers(0, 460)
ways = {
    "ends": st.sampled_from(["posts", "terms", "search", "old"]),
    "cap": st.sampled_from([100, 100, 100, 50, 30, 20, 10]),
    "hard_cap": st.sampled_from([100, 100, 100, 60, 25]),
    "poison_status": st.sampled_from([500, 200]),
    "tells_metadata": st.booleans(),
    "offsets": st.booleans(),
}


@pytest.mark.parametrize("ends", ["posts", "terms", "search", "old"])
@pytest.mark.parametrize("count", [101, 102, 120])
def test_an_other_end_that_fails_leaves_a_gap(ends: str, count: int) -> None:
    """Without totals, pages of an odd size and both ends poisoned: what nobody could see is a hole, not the end."""
    served = site(count, {51}, ends=ends, hard_cap=60, offsets=False, totals=False, pages_header=False)
    served.poison = {3, count * 3}
    sweep, proof = walk(served)
    assert accounted(sweep, proof, served)


@settings(max_examples=150, deadline=None)
@given(st.data(), sizes, st.fixed_dictionaries(ways), st.integers(1, 4))
def test_every_visible_row_is_held_or_in_a_gap(
    data: st.DataObject, count: int, how: dict[str, object], lanes: int
) -> None:
    """Withheld rows, caps, poison, missing headers and any order of answers: nothing is lost without a name."""
    places = st.sets(st.integers(1, max(count, 1)), max_size=12)
    served = site(count, data.draw(places), **how)
    served.poison = {place * 3 for place in data.draw(st.sets(st.integers(1, max(count, 1)), max_size=4))}
    served.totals = data.draw(st.booleans()) or data.draw(st.booleans())
    served.pages_header = served.totals or data.draw(st.booleans())
    sweep, proof = walk(served, lanes=lanes, choose=lambda n: data.draw(st.integers(0, n)))
    assert accounted(sweep, proof, served)
    assert len(served.log) < 900
    if proof.outcome is ListingOutcome.COMPLETE:
        assert sweep.ids == {number for number, visible in served.rows if visible}


@settings(max_examples=150, deadline=None)
@given(st.data(), sizes, st.integers(1, 3), st.sampled_from(["posts", "terms", "search"]))
def test_removals_and_returns_at_any_moment_lose_nothing(
    data: st.DataObject, count: int, lanes: int, ends: str
) -> None:
    """Rows vanish (or only vanish and new ones are added at the end) while two pages are in flight."""
    moments = data.draw(st.dictionaries(st.integers(1, 8), st.integers(1, 130), max_size=3))

    def churn(served: Site, page: Page) -> None:
        for _ in range(min(moments.get(len(served.log), 0), len(served.rows))):
            place = data.draw(st.integers(0, len(served.rows) - 1))
            served.rows.pop(place)

    served = site(count, ends=ends, before=churn)
    sweep, proof = walk(served, lanes=lanes, choose=lambda n: data.draw(st.integers(0, n)))
    assert accounted(sweep, proof, served)
    assert len(served.log) < 60


@settings(max_examples=120, deadline=None)
@given(st.data(), sizes, st.integers(1, 3))
def test_rows_that_return_in_the_middle_lose_nothing(data: st.DataObject, count: int, lanes: int) -> None:
    """Untrashed posts come back with their old ids and move what follows to the right."""
    moments = data.draw(st.dictionaries(st.integers(1, 8), st.integers(1, 40), max_size=3))
    back: set[int] = set()

    def untrash(served: Site, page: Page) -> None:
        for _ in range(moments.get(len(served.log), 0)):
            number = data.draw(st.integers(1, 3 * count + 3))
            if number not in back and number % 3:
                back.add(number)
                served.rows = sorted([*served.rows, (number, True)])

    served = site(count, before=untrash)
    initial = list(served.rows)
    sweep, proof = walk(served, lanes=lanes, choose=lambda n: data.draw(st.integers(0, n)))
    assert accounted(sweep, proof, Site(initial))
    if proof.outcome is ListingOutcome.COMPLETE:
        assert sweep.ids == {number for number, _ in served.rows}
    assert len(served.log) < 60


@pytest.mark.parametrize("lanes", [1, 2, 3])
@pytest.mark.parametrize("count", [100, 200, 300])
def test_a_list_that_grew_isnt_one_whose_total_is_wrong(count: int, lanes: int) -> None:
    """Full pages have the place beyond the total looked at: what shows there is counted by then, and so is what it moved."""
    for asked in range(1, count // 100 + 2):

        def untrash(served: Site, page: Page, asked: int = asked) -> None:
            if len(served.log) == asked:
                places = (*range(9), count - 1)  # where the walk has been, and where it will be
                served.rows = sorted([*served.rows, *((3 * place + 1, True) for place in places)])

        served = site(count, before=untrash)
        sweep, proof = walk(served, lanes=lanes)
        assert sweep.ids == {number for number, _ in served.rows}
        assert (proof.outcome, proof.stated) == (ListingOutcome.COMPLETE, count + 10)


def test_rows_that_come_back_where_the_walk_has_been_are_read() -> None:
    """The server counts more than is held and withheld: the list is read again, and nothing is complete before that adds up."""

    def untrash(served: Site, page: Page) -> None:
        if len(served.log) == 3:
            served.rows = sorted([*served.rows, (1, True), (2, True)])

    served = site(250, before=untrash)
    sweep, proof = walk(served, lanes=1)
    assert sweep.ids == {number for number, _ in served.rows}
    assert (proof.outcome, proof.stated, proof.held, proof.withheld) == (ListingOutcome.COMPLETE, 252, 252, 0)
    assert len(served.log) == 6


def test_rows_that_come_back_in_every_pass_end_in_a_gap() -> None:
    """What is counted, not withheld and not held is never part of a complete list."""

    def untrash(served: Site, page: Page) -> None:
        if page.offset == 200:
            served.rows = sorted([*served.rows, (-len(served.log), True)])

    served = site(250, before=untrash)
    sweep, proof = walk(served, lanes=1)
    assert accounted(sweep, proof, served)
    assert (proof.outcome, proof.verified) == (ListingOutcome.SHORT, False)
    assert [gap.reason for gap in proof.gaps] == ["the list kept changing"]


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_page_that_moved_is_no_page_that_repeats(lanes: int) -> None:
    """Where rows came back, the last page shows what the one before it had shown: no sign that pages don't turn."""
    served = site(387)
    back = iter([(1, 3), (2, 1), (4, 10)])

    def untrash(served: Site, page: Page) -> None:
        if len(served.log) in (1, 2, 4):
            _, count = next(back)
            free = (n for n in range(1, 999) if n % 3 and (n, True) not in served.rows)
            served.rows = sorted([*served.rows, *((next(free), True) for _ in range(count))])

    served.before = untrash
    sweep, proof = walk(served, lanes=lanes, choose=lambda n: n)
    assert sweep.ids == {number for number, _ in served.rows}
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.COMPLETE, 401, ())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_sequence_of_answers_ends_within_the_ceiling(data: st.DataObject) -> None:
    """Answers drawn at random, as if from a server gone mad: the walk ends, and claims complete only without gaps."""

    def mad(served: Site, page: Page) -> PageReply | None:
        kind = data.draw(
            st.sampled_from(["ok", "ok", "empty", "html", "500", "past", "cap", "order", "refused", "dead"])
        )
        rows = data.draw(st.integers(0, 120))
        start = data.draw(st.sampled_from([0, page.offset, 5000]))
        headers = [
            (name, str(data.draw(st.integers(-1, 700))))
            for name in ("X-WP-Total", "X-WP-TotalPages")
            if data.draw(st.booleans())
        ]
        return {
            "ok": lambda: answer(
                200, json.dumps([item(n) for n in range(start, start + rows)]).encode(), headers=headers
            ),
            "empty": lambda: answer(200, b"[]", headers=headers),
            "html": lambda: answer(200, b"<html>", "text/html"),
            "500": lambda: error(500, "x", verdict=Verdict.FAILED),
            "past": lambda: error(400, "rest_post_invalid_page_number"),
            "cap": lambda: error(400, "rest_invalid_param", params={"per_page": "x", "offset": "y"}),
            "order": lambda: error(400, "rest_invalid_param", params={"orderby": "x"}),
            "refused": lambda: error(401, "rest_forbidden"),
            "dead": lambda: read_reply(None, None, capture=None, verdict=Verdict.FAILED, reason="circuit open"),
        }[kind]()

    served = site(0, answer=mad)
    _, proof = walk(served, ceiling=60, choose=lambda n: data.draw(st.integers(0, n)))
    assert len(served.log) <= 60
    if proof.outcome is ListingOutcome.COMPLETE:
        assert not proof.gaps


class Heavy(Site):
    """One whose items come to `weight` characters each."""

    weight = 0

    def reply(self, page: Page) -> PageReply:
        came = super().reply(page)
        return replace(came, size=self.weight * len(came.items))


@pytest.mark.parametrize("offsets", [True, False])
@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("count", [430, 400, 1999])
@pytest.mark.parametrize("weight", [10_000, 60_000, 600_000, 9_000_000])
def test_pages_of_megabytes_are_asked_for_in_smaller_ones(
    *, offsets: bool, totals: bool, lanes: int, count: int, weight: int
) -> None:
    """One answer may cost no more than so much; nothing is missed for it, and light pages stay as they are."""
    served = Heavy(site(count).rows, offsets=offsets, totals=totals, pages_header=totals)
    served.weight = weight
    sweep, proof = walk(served, lanes=lanes, offsets=offsets)
    assert (proof.outcome, proof.held, proof.gaps) == (ListingOutcome.COMPLETE, count, ())
    assert sweep.ids == {number for number, _ in served.rows}
    sizes = [page.size for page in served.log]
    assert all(size == 100 for size in sizes) == (weight == 10_000)
    fits = {10_000: 100, 60_000: 50, 600_000: 5, 9_000_000: 1}[weight]
    assert sum(size > fits for size in sizes) <= 4 * lanes
