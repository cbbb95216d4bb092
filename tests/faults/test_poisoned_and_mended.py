"""What one broken post costs, what was got before a failure, and how the next run goes on at the gap."""

import json
from typing import Any

import pytest
from crawling import POSTS, Crawling, fake
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.faults_base import error
from fakewp.simulator.http import Answer


def crawl_costs(crawling: Crawling, site: FakeWordPress) -> int:
    """The requests of a crawl from scratch."""
    before = len(site.requests)
    crawling(site.url)
    return len(site.requests) - before


@pytest.mark.parametrize(("fault", "position"), [("poisoned", 137), ("poisoned", 250), ("poisoned-deep", 1)])
def test_one_poisoned_item_costs_one_item(fault: str, position: int, tmp_path: Any, hurry: Any) -> None:
    """249 full items, that one's metadata if the site gives it, one gap that names it, exit 3, at most 25 requests more."""
    with fake(brief=True) as site:
        usual = crawl_costs(Crawling(tmp_path / "sound", hurry), site)
        item = site.ids("post")[position - 1]
        site.fault(fault, item=item)
        ended = Crawling(tmp_path / "poisoned", hurry)(site.url)
    assert (ended.posts, ended.code, ended.state) == (249, 3, "partial")
    assert ended.gaps() == [(position, position)]
    assert ended.requests <= usual + 25
    (reason,) = ended.rows("SELECT reason FROM gaps")[0]
    metadata = ended.rows("SELECT slug, title, modified_gmt, content, raw FROM posts WHERE wp_id = ?", item)
    if fault == "poisoned":
        assert reason == f"500 internal_server_error; only its metadata, id {item}"
        (slug, title, modified, content, raw) = metadata[0]
        assert (bool(slug), bool(title), bool(modified), bool(content)) == (True, True, True, False)
        assert json.loads(raw)["id"] == item
    else:
        assert (reason, metadata) == ("500 internal_server_error", [])


def test_a_hundred_poisoned_items_are_not_asked_for_one_by_one(
    crawling: Crawling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a few in a row what is left of the page is given up in large parts, and its metadata taken the same way."""

    def after(site: Any, options: Any, request: Any, route: Any, answer: Answer) -> Answer | None:
        chosen = "content" not in str(request.params.get("_fields", "content"))
        hit = isinstance(answer.document, list) and {one.get("id") for one in answer.document} & options["ids"]
        return error(500, "internal_server_error", "") if route == POSTS and hit and not chosen else None

    monkeypatch.setitem(FAULTS, "poisoned-range", Fault(says="", after=after))
    with fake(brief=True, comments=0) as site:
        site.fault("poisoned-range", ids=set(site.ids("post")[100:200]))
        ended = crawling(site.url)
    assert (ended.posts, ended.code) == (150, 3)
    assert ended.rows("SELECT count(*), count(content) FROM posts WHERE type = 'post'") == [(250, 150)]
    assert (ended.gaps()[0][0], ended.gaps()[-1][1]) == (101, 200)
    reasons = {reason for (reason,) in ended.rows("SELECT reason FROM gaps")}
    assert all("only its metadata, id " in reason or "only their metadata" in reason for reason in reasons)
    assert ended.requests <= 65


@pytest.mark.parametrize(
    ("fault", "options", "kept"),
    [("poisoned", {}, 249), ("errors-forever", {}, 150), ("truncated-forever", {}, 150), ("not-http", {}, 150)],
)
def test_the_next_run_heals_the_gap(fault: str, options: dict[str, Any], kept: int, crawling: Crawling) -> None:
    """While the page fails the gap stays; mended, the next run asks for what is missing, and for little else."""
    with fake(brief=True, comments=0) as site:
        site.fault(fault, **options)
        first = crawling(site.url)
        assert (first.posts, first.code) == (kept, 3)
        assert first.gaps()
        second = crawling(site.url)
        assert (second.posts >= kept, second.code, second.report.mode) == (True, 3, "incremental")
        assert second.gaps()
        assert second.outcome() == "short"
        site.mend()
        healed = crawling(site.url)
        assert (healed.posts, healed.code, healed.state, healed.gaps()) == (250, 0, "ok", [])
        assert "failed" not in healed.links
        unchanged = crawling(site.url)
        assert healed.requests <= unchanged.requests + 5
        assert unchanged.rows("SELECT count(*) FROM observations") == [(0,)]


@pytest.mark.parametrize(("fault", "options"), [("challenge", {}), ("block", {}), ("throttle-forever", {})])
def test_a_wall_in_the_middle_ends_the_run_and_the_next_goes_on_behind_it(
    fault: str, options: dict[str, Any], crawling: Crawling
) -> None:
    """Exit 6, state blocked, no retry; what was got stays, and isn't asked for again."""
    with fake(brief=True) as site:
        site.fault(fault, since=12, **options)
        first = crawling(site.url)
        assert (first.code, first.state) == (6, "blocked")
        kept = first.posts
        assert 0 < kept < 250
        assert first.requests <= 16
        asked = {request.target for request in site.requests[:11]}
        again = crawling(site.url)
        assert (again.code, again.posts) == (6, kept)
        site.mend()
        before = len(site.requests)
        last = crawling(site.url)
        assert (last.code, last.state, last.posts, last.report.mode) == (0, "ok", 250, "full")
        assert not asked & {request.target for request in site.requests[before:]}


def test_a_blocked_front_door_is_tried_anew(crawling: Crawling) -> None:
    """What a wall said is no answer to go on from."""
    with fake(posts=12) as site:
        site.fault("form-blocked")
        assert (crawling(site.url).code, crawling(site.url).code) == (6, 6)
        site.mend()
        ended = crawling(site.url)
        assert (ended.code, ended.state, ended.posts) == (0, "ok", 12)


def test_a_host_that_dies_is_left_alone(crawling: Crawling) -> None:
    """The circuit opens after a few targets in a row; everything else is a gap at once, and the next run makes it good."""
    with fake(brief=True) as site:
        site.fault("hang-up", route=None, times=None, since=10)
        ended = crawling(site.url)
        assert (ended.code, ended.state) == (3, "partial")
        assert ended.requests <= 200
        gaps = {reason for (reason,) in ended.rows("SELECT reason FROM gaps")} | set(ended.report.failures)
        assert any("circuit open" in reason for reason in gaps)
        kept = ended.posts
        site.mend()
        ended = crawling(site.url)
        assert (ended.code, ended.state, ended.posts) == (0, "ok", 250)
        assert ended.posts > kept


def test_a_page_without_an_answer_does_not_close_the_rest(crawling: Crawling) -> None:
    """Many failures in a row that are one page's own say nothing of the host."""
    with fake(comments=30) as site:
        site.fault("endless-headers")
        ended = crawling(site.url)
    outcomes = dict(ended.rows("SELECT outcome, count(*) FROM listings GROUP BY outcome"))
    assert outcomes.keys() == {"complete", "refused", "short"}
    assert outcomes["short"] == 1
    assert ended.report.failures == ()


def test_nothing_works_is_found_out_soon(crawling: Crawling) -> None:
    """Every listing answers 500: each says failed after a few requests; the post of one link is held all the same."""
    with fake(posts=30, comments=5, media=3) as site:
        site.fault("errors-forever", rows=None, route=None)
        ended = crawling(site.url)
        assert ended.code == 3
        assert ended.posts == 0
        assert ended.requests <= 25
        site.mend()
        site.fault("errors-forever", rows=None, route=POSTS)
        ended = crawling(site.url)
        assert (ended.code, ended.outcome(), ended.gaps()) == (3, "failed", [(1, None)])
        site.mend()
        ended = crawling(site.url)
        assert (ended.code, ended.state, ended.posts) == (0, "ok", 30)
