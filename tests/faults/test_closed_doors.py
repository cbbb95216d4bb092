"""What a site closes costs what it closed: its lists of types, its index, one collection, one branch by robots.txt."""

import pytest
from crawling import Crawling, Ended, Hurry, fake

from wparchive.audit import verify

SMALL = {"posts": 12, "pages": 3, "books": 4, "media": 2, "comments": 3, "users": 2, "terms": 6, "brief": True}
TYPES = "/wp/v2/types"


def held(ended: Ended) -> dict[str, int]:
    """How many items of each type are in the database."""
    return dict(ended.rows("SELECT type, items FROM held"))


def account(ended: Ended) -> dict[str, str]:
    """How each listing ended."""
    return dict(ended.rows("SELECT route, outcome FROM listings WHERE run = ?", ended.report.run))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A crawl of the same site with nothing closed."""
    with fake(**SMALL) as site:
        return Crawling(tmp_path_factory.mktemp("sound") / "archive", Hurry())(site.url)


# How each form of no list ends; an empty one is an answer.
FORMS = {
    **dict.fromkeys(("401", "403", "404"), (0, "refused")),
    **dict.fromkeys(("empty", "null"), (0, "complete")),
    **dict.fromkeys(("html", "no page", "broken"), (3, "failed")),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_site_that_hides_its_types_is_read_by_its_index(form: str, sound: Ended, crawling: Crawling) -> None:
    """Custom types and taxonomies are in the index's routes, what they are called is told by an item of each."""
    with fake(**SMALL) as site:
        site.fault("documents-hidden", form=form)
        ended = crawling(site.url)
        again = crawling(site.url)
    assert held(ended) == held(sound) == held(again)
    assert ended.rows("SELECT taxonomy, count(*) FROM post_terms GROUP BY 1") == sound.rows(
        "SELECT taxonomy, count(*) FROM post_terms GROUP BY 1"
    )
    assert (ended.code, account(ended)[TYPES]) == FORMS[form]
    others = {route: outcome for route, outcome in account(sound).items() if route not in (TYPES, "/wp/v2/taxonomies")}
    assert account(ended) | others == account(ended)
    assert ended.requests <= sound.requests + 10  # a look at each collection, and links to each type
    assert list(verify(crawling.archive)) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_site_that_hides_its_index_is_read_by_its_content(form: str, sound: Ended, crawling: Crawling) -> None:
    """Closed, emptied or an HTML page: everything behind it is held all the same, in every run."""
    with fake(**SMALL) as site:
        site.fault("index-hidden", form=form)
        ended = crawling(site.url)
        again = crawling(site.url)
    assert (ended.code, ended.state, again.code) == (0, "ok", 0)
    assert held(ended) == held(sound) == held(again)
    assert ended.rows("SELECT reason FROM sites")[0][0].startswith("its index can't be read")


USERS = "/wp/v2/users"
BRANCHES = {
    "pretty": "Disallow: /wp-json/wp/v2/users",
    "plain": "Disallow: /?rest_route=/wp/v2/users",
    "plain, encoded": "Disallow: /*rest_route=%2Fwp%2Fv2%2Fusers",
    "pattern": "Disallow: /*/wp/v2/users",
}


@pytest.mark.parametrize("rule", BRANCHES)
def test_robots_txt_over_one_branch_closes_that_branch(rule: str, sound: Ended, crawling: Crawling) -> None:
    """Its collection ends refused, which is an answer; so do links into it, and nothing of it is asked for."""
    with fake(**SMALL) as site:
        site.fault("robots", text=f"User-agent: *\n{BRANCHES[rule]}\n")
        first, again = crawling(site.url), crawling(site.url)
        assert not [one for one in site.requests if "users" in one.target]
    assert (first.code, first.state, again.code) == (0, "ok", 0)
    reason = first.rows("SELECT outcome, reason FROM listings WHERE route = ?", USERS)
    assert [(outcome, why.partition(" ")[0]) for outcome, why in reason] == [("refused", "robots.txt")]
    assert held(first) == {kind: count for kind, count in held(sound).items() if kind != "user"}
    into = "SELECT DISTINCT outcome FROM links WHERE route LIKE '/wp/v2/users/%'"
    assert first.rows(into) == [("refused",)]
    assert first.links == dict(first.report.links)


def test_robots_txt_over_documents_is_an_answer_too(sound: Ended, crawling: Crawling) -> None:
    """What may not be read of types and statuses is refused; the collections are told by the index."""
    rules = "".join(f"Disallow: /wp-json/wp/v2/{name}\n" for name in ("types", "taxonomies", "statuses"))
    with fake(**SMALL) as site:
        site.fault("robots", text=f"User-agent: *\n{rules}")
        ended = crawling(site.url)
    assert (ended.code, held(ended)) == (0, held(sound))
    assert {account(ended)[f"/wp/v2/{name}"] for name in ("types", "taxonomies", "statuses")} == {"refused"}


def test_robots_txt_over_single_items_refuses_them(sound: Ended, crawling: Crawling) -> None:
    """A listing may be read whose items may not be asked for alone: links that only those answer are refused."""
    with fake(**SMALL) as site:
        site.fault("robots", text="User-agent: *\nDisallow: /wp-json/wp/v2/posts/\n")
        ended = crawling(site.url)
    assert (ended.code, held(ended)) == (0, held(sound))
    assert ended.links == dict(ended.report.links)
    assert "failed" not in ended.links


def test_an_item_that_may_not_be_asked_for_is_not_gone(crawling: Crawling) -> None:
    """What a listing lacks is gone by the site's own word alone; robots.txt says nothing of it."""
    with fake(**SMALL) as site:
        crawling(site.url)
        site.trash(site.ids("post")[3])
        site.fault("robots", text="User-agent: *\nDisallow: /wp-json/wp/v2/posts/\n")
        ended = crawling(site.url)
    assert ended.rows("SELECT change FROM observations") == []


def test_robots_txt_over_all_content_closes_the_site(crawling: Crawling) -> None:
    """The index alone may be read: nothing is held, and the site is closed."""
    with fake(**SMALL) as site:
        site.fault("robots", text="User-agent: *\nDisallow: /wp-json/wp/\nDisallow: /wp-json/library/\n")
        ended = crawling(site.url)
        assert (ended.code, ended.state) == (7, "closed")
        assert "--ignore-robots" in ended.report.reason
        open_again = crawling(site.url, ignore_robots=True)
    assert (open_again.code, open_again.posts) == (0, 12)


WALLS = {
    "posts": ("/wp/v2/posts",),
    "most": ("/wp/v2/posts", "/wp/v2/pages", "/wp/v2/media", "/wp/v2/comments", "/library"),
    "users": ("/wp/v2/users",),
    "types": ("/wp/v2/types", "/wp/v2/taxonomies"),
    "single items": ("/wp/v2/posts/", "/wp/v2/pages/", "/library/v1/books/"),
}


@pytest.mark.parametrize("form", ["challenge", "429", "401", "403"])
@pytest.mark.parametrize("what", WALLS)
def test_a_wall_before_one_collection_is_its_gap(what: str, form: str, sound: Ended, crawling: Crawling) -> None:
    """The rest goes on; the next run is an incremental one, and once the wall is gone nothing is missing."""
    with fake(**SMALL) as site:
        site.fault("walled", routes=WALLS[what], form=form)
        first, second = crawling(site.url), crawling(site.url)
        assert (first.code, first.report.mode, second.report.mode) == (3, "full", "incremental")
        assert (second.code, "failed" in second.links) == (3, "failed" in first.links)
        walled = {route for (route,) in first.rows("SELECT DISTINCT route FROM gaps WHERE run = ?", first.report.run)}
        assert walled and all(route.startswith(WALLS[what]) for route in walled)
        proven = {route: end for route, end in account(sound).items() if not route.startswith(WALLS[what])}
        assert account(first) | proven == account(first)
        assert first.links == dict(first.report.links)
        site.mend("walled")
        third = crawling(site.url)
    assert (third.code, held(third), third.links.get("failed")) == (0, held(sound), None)
    assert list(verify(crawling.archive)) == []


@pytest.mark.parametrize("form", ["challenge", "429"])
def test_a_wall_before_everything_ends_the_run(form: str, crawling: Crawling) -> None:
    """Throttled or challenged as a whole, in the midst of a run: exit 6; a run that gets no further isn't gone on with."""
    with fake(**SMALL) as site:
        crawling(site.url)
        site.fault("walled", routes=("/",), form=form, since=len(site.requests) + 6)
        walled = [crawling(site.url) for _ in range(5)]
    assert [(run.code, run.state) for run in walled] == [(6, "blocked")] * 5
    assert "try again later" in walled[0].report.reason
    assert [row[0] for row in walled[0].rows("SELECT crawl = run FROM runs ORDER BY run")] == [1, 1, 0, 0, 0, 1]


def test_revisions_that_are_open_to_everyone_are_all_held(crawling: Crawling) -> None:
    """That one item's history may be read says nothing of the others': each is asked for, and each link told by itself."""
    with fake(**SMALL) as site:
        for number in site.ids("post")[:5]:
            site.edit(number, content="<p>Second thoughts.</p>")
        site.fault("revisions-open")
        ended = crawling(site.url)
        kept = [one.id for post in site.site.posts.values() if post.status == "publish" for one in post.revisions]
    outcomes = "SELECT DISTINCT outcome FROM links WHERE relation IN ('version-history', 'predecessor-version')"
    assert (ended.code, ended.rows(outcomes)) == (0, [("captured",)])
    assert {wp_id for (wp_id,) in ended.rows("SELECT wp_id FROM revisions")} == set(kept)
    assert ended.links == dict(ended.report.links)


def test_types_that_fail_later_leave_what_earlier_runs_knew(crawling: Crawling) -> None:
    """A document that can't be read for once closes no collection that was walked before, and costs no look at its items."""
    with fake(**SMALL) as site:
        crawling(site.url)
        site.fault("documents-hidden", form="html")
        book = site.add("book")
        ended = crawling(site.url)
    assert ended.rows("SELECT wp_id FROM posts WHERE type = 'book' AND wp_id = ?", book) == [(book,)]
    assert ended.code == 3
