"""A cache in front of a site: what comes out of it is known as old, asked past once, and claims nothing of today."""

from pathlib import Path

import frugal
import pytest
from crawlkit import SMALL, Crawled, crawl, invoke, sound
from fakewp import FakeWordPress

from wparchive.errors import ExitCode

NINE_DAYS = 9 * 86400
STALE = "SELECT count(*) FROM captures WHERE flags LIKE '%stale%'"


def asked_past(site: FakeWordPress) -> list[str]:
    return [one.target for one in site.requests if "cachebust=" in one.target]


def test_a_cache_that_can_be_asked_past_costs_one_request(tmp_path: Path) -> None:
    """The first old answer is asked for again with a parameter that no cache knows; from then on everything is."""
    with FakeWordPress(**SMALL) as site:
        plain = crawl(tmp_path / "plain", site.url)
    with FakeWordPress(**SMALL) as site:
        site.fault("stale", past=True)
        past = crawl(tmp_path / "archive", site.url)
        marks = {target.partition("cachebust=")[2].partition("&")[0] for target in asked_past(site)}
        assert len(marks) == 1
    assert past.code == plain.code == 0
    assert past.result.report.tally.requests <= plain.result.report.tally.requests + 2  # one may be under way already
    assert past.items().keys() == plain.items().keys()
    routes = "SELECT DISTINCT route FROM captures WHERE route IS NOT NULL ORDER BY 1"
    assert past.rows(routes) == plain.rows(routes), "the parameter is no part of a canonical route"
    assert past.number(STALE) <= 3, "the index, and the documents that are asked for together"
    assert past.result.report.old_answers == 0
    assert past.links == dict(past.result.report.links)
    assert list(sound(past.folder)) == []


def test_a_cache_that_can_not_be_asked_past_is_asked_past_once(tmp_path: Path) -> None:
    """No request but that one more; the run says how old its answers are, on paper and in the captures' flags."""
    with FakeWordPress(**SMALL) as site:
        site.fault("stale", age=NINE_DAYS)
        said = invoke("crawl", site.url, "-a", tmp_path / "archive", *frugal.OPTIONS)
        assert len(asked_past(site)) == 1
    assert "answers are 9 days old" in said.stdout
    archive = Crawled(tmp_path / "archive")
    asked = "SELECT count(*) FROM captures WHERE route IS NOT NULL AND status = 200"
    assert archive.number(STALE) >= archive.number(asked) > 0
    assert archive.rows("SELECT DISTINCT age FROM captures WHERE age IS NOT NULL") == [(NINE_DAYS,)]


@pytest.mark.parametrize("silent", [True, False])
def test_an_old_state_is_no_edit(silent: bool, tmp_path: Path) -> None:
    """What a cache of nine days shows of an article that was edited since replaces nothing and is no observation.

    Nor is a silent edit, of which no date tells which state is the older one.
    """
    archive = tmp_path / "archive"
    with FakeWordPress(**SMALL) as site:
        number = site.ids("post")[2]
        post = site.site.posts[number]
        before = (post.content, post.modified, post.modified_gmt)
        site.edit(number, silent=silent, content="<p>What stands there since last week.</p>")
        after = (post.content, post.modified, post.modified_gmt)
        crawl(archive, site.url)
        post.content, post.modified, post.modified_gmt = before
        site.fault("stale", age=NINE_DAYS)
        crawl(archive, site.url, full=True)
        crawl(archive, site.url)
        site.mend()
        post.content, post.modified, post.modified_gmt = after
        last = crawl(archive, site.url, full=True)
    assert last.rows("SELECT change, fields FROM observations") == []
    assert "since last week" in last.rows("SELECT content FROM posts WHERE wp_id = ?", number)[0][0]
    assert last.number("SELECT count(*) FROM versions WHERE wp_id = ? AND type = 'post'", number) == 1
    stepwise = last.dump()
    invoke("index", "-a", archive, "--rebuild")
    assert last.dump() == stepwise


def test_an_old_refusal_is_no_deletion(tmp_path: Path) -> None:
    """A cache's "no such post" from before we saw the post accuses nobody, and leaves the question open for the next run."""
    archive = tmp_path / "archive"
    with FakeWordPress(**SMALL) as site:
        crawl(archive, site.url)
        number = site.ids("post")[2]
        post = site.site.posts.pop(number)
        site.fault("stale", age=NINE_DAYS)
        old = crawl(archive, site.url)
        assert old.rows("SELECT change FROM observations") == []
        assert old.rows("SELECT gone FROM posts WHERE wp_id = ?", number) == [(None,)]
        site.mend()
        site.site.posts[number] = post
        assert crawl(archive, site.url).rows("SELECT change FROM observations") == []
        site.fault("stale", age=NINE_DAYS)
        del site.site.posts[number]
        crawl(archive, site.url)
        site.mend()
        last = crawl(archive, site.url)
    assert last.rows("SELECT change, wp_id FROM observations WHERE type = 'post'") == [("deleted", number)]
    stepwise = last.dump()
    invoke("index", "-a", archive, "--rebuild")
    assert last.dump() == stepwise


@pytest.mark.parametrize("full", [False, True])
def test_an_old_no_is_a_gap(full: bool, tmp_path: Path) -> None:
    """What became of the item isn't known, and the run says so."""
    archive = tmp_path / "archive"
    with FakeWordPress(**SMALL) as site:
        crawl(archive, site.url)
        del site.site.posts[site.ids("post")[2]]
        site.fault("stale", age=NINE_DAYS)
        old = crawl(archive, site.url, full=full)
    assert old.code is ExitCode.INCOMPLETE
    assert "out of a cache, 9 days old" in old.rows("SELECT reason FROM gaps WHERE route LIKE '%/posts/%'")[0][0]
