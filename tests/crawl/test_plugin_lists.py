"""Lists of plug-ins that lie, repeat or never end cost a bounded number of requests, and claim nothing that isn't held."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from crawlkit import SMALL, Crawled, crawl, sound
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.simulator.http import Answer, Request

from wparchive.ask.beyond_items import plug_ins_of

ROUTE = "/deals/v1/offers"
NEWER = "/deals/v2/offers"
ONE = ROUTE + "/(?P<id>[\\d]+)"
PAGES: dict[str, Any] = {"page": {"type": "integer"}, "per_page": {"type": "integer", "maximum": 10}}
Show = Callable[..., Any]  # page and size (and the route, as `path`, or `offset`) → what is answered
LISTED = "SELECT stated, held, outcome FROM listings WHERE route = ? ORDER BY run DESC LIMIT 1"


def offers(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": n, "title": f"Offer {n}", "url": f"https://elsewhere.example/{n}"} for n in numbers]


def numbered(page: int, size: int, count: int) -> list[dict[str, Any]]:
    return offers(*range(1, count + 1)[(page - 1) * size : page * size])


@contextmanager
def site_with(
    monkeypatch: pytest.MonkeyPatch, show: Show, routes: dict[str, Any] | None = None
) -> Iterator[FakeWordPress]:
    """A site whose index names a list of offers, which `show` answers."""
    named = {ROUTE: PAGES, ONE: {"id": {}}} if routes is None else routes

    def answer(_site: Any, _options: Any, request: Request, route: str | None) -> Answer | None:
        if route is None or route not in named:
            return None
        params = request.params
        place = int(str(params.get("page", 1))), int(str(params.get("per_page", 10)))
        more = {"path": route, "offset": int(str(params.get("offset", 0)))}
        value = show(*place, **{name: more[name] for name in more if name in signature(show).parameters})
        status = value["data"]["status"] if isinstance(value, dict) and "code" in value else 200
        return Answer(status, [("Content-Type", "application/json")], json.dumps(value).encode(), value)

    def add(site: FakeWordPress, _options: Any, _request: Request, route: str | None, given: Answer) -> Answer:
        if isinstance(given.document, dict) and "namespaces" in given.document:
            more = {
                path: {"methods": ["GET"], "endpoints": [{"methods": ["GET"], "args": args}]}
                for path, args in named.items()
            }
            given.document["routes"] = {**given.document["routes"], **more}
            given.body = site.core.encode(given.document)
        return given

    monkeypatch.setitem(FAULTS, "offers", Fault(says="", before=answer, after=add))
    with FakeWordPress(faults=["offers"], **SMALL) as site:
        yield site


def asked(site: FakeWordPress) -> int:
    return sum("/deals/" in one.target or "%2Fdeals%2F" in one.target for one in site.requests)


def held(done: Crawled) -> int:
    return done.number("SELECT count(*) FROM entries WHERE type = 'deals.offers'")


NOT_FOUND = {"code": "no_such_page", "message": "", "data": {"status": 404}}
# What a list of 25 offers does: held at the end, most requests that it costs.
LISTS: dict[str, tuple[Show, int, int]] = {
    "honest": (lambda page, size: {"offers": numbered(page, size, 25), "total": 25}, 25, 8),
    "without a total": (lambda page, size: numbered(page, size, 25), 25, 12),
    "a total too large": (lambda page, size: {"offers": numbered(page, size, 25), "total": 10**9}, 25, 60),
    "a total too small": (lambda page, size: {"offers": numbered(page, size, 25), "total": 3}, 25, 20),
    "an error at the end": (lambda page, size: numbered(page, size, 25) or NOT_FOUND, 25, 12),
    "one page for ever": (lambda page, size: {"offers": offers(*range(1, 11)), "total": 25}, 10, 60),
    "the next page is elsewhere": (
        lambda page, size: {"offers": offers(1, 2), "next_rest_url": "https://elsewhere.example/?page=2"},
        2,
        40,
    ),
    "ids of any kind": (
        lambda page, size: [{"id": 1}, {"id": "2"}, {"id": None}, {"id": 10**30}, {"id": -4}, {"id": [1]}, 5],
        0,
        4,
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_ends_whatever_it_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came is held; a listing is complete only where what was stated is what is held."""
    show, count, most = LISTS[name]
    with site_with(monkeypatch, show) as site:
        done = crawl(tmp_path, site.url)
        assert asked(site) <= most
    assert held(done) == count
    for stated, here, outcome in done.rows(LISTED, ROUTE):
        assert outcome != "complete" or (stated or 0) <= here
    assert list(sound(tmp_path)) == []


def test_an_endless_list_ends_with_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New items for ever: the run stops at its limit, says so, and what came is held."""
    with site_with(monkeypatch, lambda page, size: offers(*range(page * size, page * size + size))) as site:
        done = crawl(tmp_path, site.url, changes={"max_requests": 80})
        assert len(site.requests) <= 80
    assert done.code == 3
    assert held(done) > 0
    assert [outcome for _, _, outcome in done.rows(LISTED, ROUTE)] != ["complete"]


def test_robots_txt_holds_for_plug_ins_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that robots.txt asks not to read is not asked for, not even once."""
    monkeypatch.setitem(FAULTS, "robots", Fault(says="", before=_robots))
    with site_with(monkeypatch, lambda page, size: numbered(page, size, 25)) as site:
        site.fault("robots")
        done = crawl(tmp_path, site.url)
        assert asked(site) == 0
    ((skipped,),) = done.rows("SELECT skipped FROM collections WHERE route = ?", ROUTE)
    assert "robots.txt" in skipped
    assert done.code == 0


def _robots(_site: Any, _options: Any, request: Request, _route: str | None) -> Answer | None:
    if not request.target.startswith("/robots.txt"):
        return None
    return Answer(200, [("Content-Type", "text/plain")], b"User-agent: *\nDisallow: /wp-json/deals/\n")


def test_a_second_run_finds_nothing_and_is_cheap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No look, no observation, at most two requests a collection and six more."""
    with site_with(monkeypatch, lambda page, size: {"offers": numbered(page, size, 25), "total": 25}) as site:
        crawl(tmp_path, site.url)
        before, costs = asked(site), len(site.requests)
        done = crawl(tmp_path, site.url)
        assert asked(site) - before <= 4
        costs = len(site.requests) - costs
    assert costs <= 2 * done.number("SELECT count(*) FROM collections WHERE skipped IS NULL") + 6
    assert done.rows("SELECT change FROM observations") == []
    assert held(done) == 25


def test_a_plug_in_that_is_switched_off_is_no_deletion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its list is asked for once more and reported; nothing is called gone, by either kind of run."""
    shown: list[Any] = [None]

    def show(page: int, size: int) -> Any:
        gone = {"code": "rest_no_route", "message": "", "data": {"status": 404}}
        return gone if shown[0] else {"offers": numbered(page, size, 25), "total": 25}

    routes: dict[str, Any] = {ROUTE: PAGES, ONE: {"id": {}}}
    with site_with(monkeypatch, show, routes) as site:
        crawl(tmp_path, site.url)
        shown[0] = True
        routes.clear()
        for full in (False, True):
            done = crawl(tmp_path, site.url, full=full)
            assert done.rows(LISTED, ROUTE)[0][2] == "refused"
            assert done.result.report.plug_ins == "0 walked, 1 skipped (1 refused when last asked for)"
    assert done.rows("SELECT change FROM observations") == []
    assert held(done) == 25
    with closing(sqlite3.connect(tmp_path / "archive.db")) as db:
        (site_id,) = db.execute("SELECT site FROM sites").fetchone()
        assert plug_ins_of(db, site_id) == {"walked": 0, "skipped": {"refused when last asked for": 1}}


PRODUCTS = "/wc/store/v1/products"
GAPS = "SELECT count(*) FROM gaps WHERE run = (SELECT max(run) FROM runs) AND route LIKE ?"


@pytest.mark.parametrize("fails_first", [True, False], ids=["from the start", "later"])
def test_a_known_list_that_fails_is_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fails_first: bool
) -> None:
    """What a known plug-in lists is content: exit 3 from every run until it came, whatever came before; nothing is gone."""
    failing = [fails_first]
    said = {"code": "internal_error", "message": "", "data": {"status": 404}}

    def show(page: int, size: int) -> Any:
        return said if failing[0] else numbered(page, size, 5)

    with site_with(monkeypatch, show, {PRODUCTS: PAGES}) as site:
        if not fails_first:
            assert crawl(tmp_path, site.url).code == 0
            failing[0] = True
        for full in (False, True, False):
            done = crawl(tmp_path, site.url, full=full)
            assert done.code == 3
            assert done.rows("SELECT skipped FROM collections WHERE route = ?", PRODUCTS) == [(None,)]
            assert done.number(GAPS, f"{PRODUCTS}%")
        failing[0] = False
        done = crawl(tmp_path, site.url)
    assert done.code == 0
    assert done.number("SELECT count(*) FROM products WHERE gone IS NULL") == 5
    assert done.rows("SELECT change FROM observations") == []


EVENTS = "/tribe/events/v1/events"


@pytest.mark.parametrize(
    ("route", "code", "gone", "change"),
    [
        (PRODUCTS, "rest_invalid_id", "missing", []),
        (PRODUCTS, "woocommerce_rest_product_invalid_id", "missing", []),
        (ROUTE, "rest_post_invalid_id", "missing", []),
        (ROUTE, "rest_forbidden", "missing", []),
        (EVENTS, "event-not-found", "deleted", [("deleted",)]),
        (EVENTS, "event-not-accessible", "unpublished", [("unpublished",)]),
    ],
)
def test_an_answer_says_only_what_its_plug_in_tells_apart(
    route: str, code: str, gone: str, change: list[tuple[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many plug-ins answer 404 for what is deleted and for what is hidden; an unknown one may answer so to anything."""
    there = [1, 2, 3, 4, 5, 6]
    status = 404 if "not_found" in code.replace("-", "_") or "invalid" in code else 403

    def show(page: int, size: int, path: str) -> Any:
        if path != route:
            return {"code": code, "message": "", "data": {"status": status}}
        return {"offers": offers(*there[(page - 1) * size : page * size]), "total": len(there)}

    single = f"{route}/(?P<id>[\\d]+)"
    with site_with(monkeypatch, show, {route: PAGES, single: {"id": {}}, f"{route}/3": {}}) as site:
        crawl(tmp_path, site.url)
        there.remove(3)
        for full in (False, False, True):
            done = crawl(tmp_path, site.url, full=full)
            assert done.code == 0
    (table,) = {row[0] for row in done.rows('SELECT "table" FROM collections WHERE route = ?', route)}
    assert done.rows(f"SELECT wp_id, gone FROM {table} WHERE gone IS NOT NULL") == [(3, gone)]
    assert done.rows("SELECT change FROM observations") == change
    assert list(sound(tmp_path)) == []


@pytest.mark.parametrize("counted", [True, False], ids=["counted", "not counted"])
@pytest.mark.parametrize("count", [4, 25])
def test_an_item_twice_on_a_page_is_no_gap(
    count: int, counted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row was shown, whether or not the total counts those that come again: exit 0, by each kind of run."""
    numbers = [*range(1, count + 1)]
    rows = [*numbers[:2], 2, *numbers[2:]] if counted else numbers

    def show(page: int, size: int) -> Any:
        shown = rows[(page - 1) * size : page * size]
        return {"offers": offers(*shown, *(shown[:1] if not counted else ())), "total": len(rows)}

    with site_with(monkeypatch, show) as site:
        for full in (False, False, True):
            done = crawl(tmp_path, site.url, full=full)
            assert (done.code, held(done)) == (0, count)
            assert done.rows(LISTED, ROUTE) == [(len(rows), count, "complete")]
    assert done.rows("SELECT change FROM observations") == []
    assert list(sound(tmp_path)) == []


@pytest.mark.parametrize("declared", [True, False])
def test_one_short_page_for_ever_is_the_list_if_the_server_takes_that_size(
    declared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`page` is ignored, and no total stated: 30 rows of 100 are all there are, unless 30 may be all that it gives."""
    args = {"page": {}, "per_page": {"maximum": 100} if declared else {}}
    with site_with(monkeypatch, lambda page, size: offers(*range(1, 31)[:size]), {ROUTE: args}) as site:
        for full in (False, False, True):
            done = crawl(tmp_path, site.url, full=full)
            assert (done.code, held(done)) == (0 if declared else 3, 30)
    assert done.rows("SELECT change FROM observations") == []


CUT = 7  # the most that the server puts on a page, whatever is asked for


@pytest.mark.parametrize("alone", [True, False], ids=["items have routes", "only the list"])
def test_a_page_that_the_server_cut_is_not_the_whole_list(
    alone: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing states a total: in a second run what is held is counted, and nothing is missed or found missing."""
    there = list(range(1, 26))

    def show(page: int, size: int) -> Any:
        return offers(*there[(page - 1) * CUT : page * CUT])

    with site_with(monkeypatch, show, {ROUTE: PAGES} | ({ONE: {"id": {}}} if alone else {})) as site:
        crawl(tmp_path, site.url)
        done = crawl(tmp_path, site.url)
        assert (done.code, done.rows(LISTED, ROUTE), held(done)) == (0, [(None, 25, "complete")], 25)
        there[:0] = range(26, 46)  # new ones on the first pages
        done = crawl(tmp_path, site.url)
        assert (done.code, done.rows(LISTED, ROUTE), held(done)) == (0, [(None, 45, "complete")], 45)
    assert done.rows("SELECT change, count(*) FROM observations GROUP BY 1") == [("appeared", 20)]
    assert done.number("SELECT count(*) FROM entries WHERE gone IS NOT NULL") == 0
    assert list(sound(tmp_path)) == []


@pytest.mark.parametrize("ordered", [False, True], ids=["in any order", "by id"])
def test_a_cut_page_of_a_list_by_offset_is_followed_by_what_comes_next(
    ordered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next request begins where the page ended, not where it should have: nothing unchanged is called missing."""
    there = list(range(1, 131))

    def show(page: int, size: int, offset: int) -> Any:
        del page
        return offers(*there[offset : offset + min(CUT, size)])

    args: dict[str, Any] = {"offset": {}, "limit": {}}
    order = {"orderby": {"enum": ["id"]}, "order": {"enum": ["asc"]}} if ordered else {}
    with site_with(monkeypatch, show, {ROUTE: {**args, **order}}) as site:
        for number in (130, 130, 131):
            if number > len(there):
                there.append(number)
            done = crawl(tmp_path, site.url)
            assert (done.code, held(done)) == (0, number)
            assert done.rows(LISTED, ROUTE)[0][1:] == (number, "complete")
    assert done.number("SELECT count(*) FROM entries WHERE gone IS NOT NULL") == 0
    assert done.rows("SELECT change, count(*) FROM observations GROUP BY 1") == [("appeared", 1)]


def test_what_went_from_a_short_list_without_totals_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next page shows that the short one was the last."""
    there = [1, 2, 3, 4, 5]
    with site_with(monkeypatch, lambda page, size: offers(*there) if page == 1 else [], {ROUTE: PAGES}) as site:
        crawl(tmp_path, site.url)
        there.remove(2)
        before = asked(site)
        done = crawl(tmp_path, site.url)
        assert asked(site) - before == 2
    assert done.rows(LISTED, ROUTE) == [(None, 4, "complete")]
    assert done.rows("SELECT wp_id FROM entries WHERE gone IS NOT NULL") == [(2,)]


@pytest.mark.parametrize("others", [0, 4], ids=["one", "several"])
def test_an_unknown_list_whose_first_look_fails_is_a_gap(
    others: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every run says so, whether or not it looks again; a light one looks at a few. What came later is held, and isn't new."""
    status = [500]
    broken = {"code": "internal_error", "message": "", "data": {"status": 500}}

    def show(page: int, size: int) -> Any:
        return {**broken, "data": {"status": status[0]}} if status[0] != 200 else numbered(page, size, 5)

    more = {f"/deals{n}/v1/offers": PAGES for n in range(others)}
    with site_with(monkeypatch, show, {ROUTE: PAGES, ONE: {"id": {}}, **more}) as site:
        for full in (False, False, True):
            done = crawl(tmp_path, site.url, full=full, changes={"retries": 0})
            assert done.code == 3
            assert done.rows("SELECT skipped FROM collections WHERE route = ?", ROUTE) == [(None,)]
            assert done.rows(LISTED, ROUTE) == [(None, 0, "failed")]
            assert done.number(GAPS, "/deals%") == 1 + others
            line = done.result.report.plug_ins
            assert line.startswith(f"{1 + others} walked"), line
        status[0] = 200
        done = crawl(tmp_path, site.url, full=bool(others))
    assert done.code == 0
    assert held(done) == 5
    assert done.rows("SELECT change FROM observations") == []
    assert list(sound(tmp_path)) == []


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_an_unknown_list_that_strangers_may_not_read_is_none(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is an answer, with its reason."""
    said = {"code": "rest_forbidden", "message": "", "data": {"status": status}}
    with site_with(monkeypatch, lambda page, size: said) as site:
        done = crawl(tmp_path, site.url)
    assert done.code == 0
    ((skipped,),) = done.rows("SELECT skipped FROM collections WHERE route = ?", ROUTE)
    assert str(status) in skipped


@pytest.mark.parametrize("newer", ["closed", "other", "same"])
def test_an_older_version_is_left_out_only_where_the_newer_one_shows_the_same(
    newer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where strangers may not read it, or it lists something else, the older one is walked, in every run."""
    closed = {"code": "rest_forbidden", "message": "", "data": {"status": 401}}
    second = {"closed": closed, "other": {"offers": offers(7, 100), "total": 2}}

    def show(page: int, size: int, path: str = "") -> Any:
        old = {"offers": numbered(page, size, 12), "total": 12}
        return second.get(newer, old) if path == NEWER and page == 1 else old

    with site_with(monkeypatch, show, {ROUTE: PAGES, NEWER: PAGES}) as site:
        for _ in range(2):
            done = crawl(tmp_path, site.url)
            assert done.code == 0
            rows = dict(done.rows("SELECT route, skipped FROM collections WHERE route LIKE '/deals/%'"))
            counts = dict(done.rows("SELECT type, count(*) FROM entries WHERE gone IS NULL GROUP BY 1"))
            if newer == "same":
                assert rows[NEWER] is None
                assert str(rows[ROUTE]).startswith(f"the same list as {NEWER}")
                assert counts == {"deals.offers": 12}
            elif newer == "other":
                assert rows == {ROUTE: None, NEWER: None}
                assert counts == {"deals.v1.offers": 12, "deals.offers": 2}
            else:
                assert rows == {ROUTE: None, NEWER: "refused: 401 rest_forbidden"}
                assert counts == {"deals.offers": 12}
    assert done.rows("SELECT change FROM observations") == []
    assert list(sound(tmp_path)) == []
