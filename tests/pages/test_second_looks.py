"""Pages that show something else than the API says: what a crawl asks for again, and when it is an observation."""

import sqlite3
from contextlib import closing
from pathlib import Path

from crawlkit import sound
from pagekit import PageSite, asked, crawl_pages, html

LEAD = "<p>The harbour of Sallow Bay will move to the new quay in May, the council decided on Monday by nine votes to four.</p>"
COST = "<p>The move costs 12 million crowns, of which the province pays a third and the fishermen's guild a tenth.</p>"
OTHER = (
    "<p>Nobody in the council knows what the move will cost, and the province has not been asked for money so far.</p>"
)
AD = "<p>Read the paper of Sallow Bay every morning for ten crowns a month, and bring the whole family along with you.</p>"
SAID = f"{LEAD}<p>Part # of the story.</p>{COST}"
CLOAKED = f"{LEAD}<p>Part # of the story.</p>{OTHER}"
TOLD = "SELECT wp_id FROM observations WHERE change = 'page_differs'"


def story(site: PageSite, number: int, content: str) -> str:
    """Have the page of a post show this in the place of its content; gives its path."""
    path = site.path_of(number)
    title = site.site.posts[number].title
    body = f"<article><h1 class='entry-title'>{title}</h1><div class='entry-content'>{content}</div></article>"
    site.put(path, html("", body), "text/html; charset=UTF-8")
    return path


def stories(site: PageSite, shown: list[str]) -> list[str]:
    """Add posts that say the same, and whose pages show these; gives their paths."""
    added = [site.add(title=f"The quay, part {n}", content=SAID.replace("#", str(n))) for n in range(len(shown))]
    return [
        story(site, number, one.replace("#", str(n))) for n, (number, one) in enumerate(zip(added, shown, strict=True))
    ]


def test_the_next_run_looks_once_more_and_then_no_more(tmp_path: Path) -> None:
    """One request for the items, one for each page in doubt, one for a page beside them; then it is told, and left."""
    with PageSite(posts=1, pages=0) as site:
        cloaked, _ = stories(site, [CLOAKED, SAID])
        crawled = crawl_pages(tmp_path / "a", site)
        assert (
            "1 may show something else than the API says: the next run looks again" in crawled.result.report.pages.line
        )
        assert crawled.rows(TOLD) == []
        since = len(site.requests)
        crawled = crawl_pages(tmp_path / "a", site)
        assert len(crawled.rows(TOLD)) == 1
        again = [one.target for one in site.requests[since:]]
        assert again.count(cloaked) == 1 and sum("include=" in one for one in again) == 1
        assert len(asked(site, since)) == 4  # with robots.txt and the front page
        since = len(site.requests)
        crawled = crawl_pages(tmp_path / "a", site)
        assert asked(site, since) == ["/robots.txt", "/"] and len(crawled.rows(TOLD)) == 1
        assert [*sound(crawled.folder)] == []


def test_a_page_that_differed_is_looked_at_ever_more_seldom(tmp_path: Path) -> None:
    """A cache catches up after it was told: the page of the newest version is held in the end. A lost log changes nothing."""
    with PageSite(posts=1, pages=0) as site:
        (path,) = stories(site, [CLOAKED])
        counts = []
        for run in range(6):
            if run == 3:
                story(site, max(site.ids("post")), SAID.replace("#", "0"))
                for file in (tmp_path / "a").glob("*/frontier.db*"):
                    file.unlink()
            crawled = crawl_pages(tmp_path / "a", site)
            counts.append(site.count(path))
        assert counts == [1, 2, 2, 3, 3, 3]
        assert len(crawled.rows(TOLD)) == 1
        agrees = crawled.rows("SELECT agrees FROM pages WHERE url LIKE ? ORDER BY captured_at", f"%{path}")
        assert agrees == [(0,), (0,), (1,)]
        assert [*sound(crawled.folder)] == []


def test_a_page_that_always_differs_is_not_looked_at_for_ever(tmp_path: Path) -> None:
    """Each look is twice as many runs from the next as from the one before, and the fifth is the last."""
    with PageSite(posts=1, pages=0) as site:
        (path,) = stories(site, [CLOAKED])
        counts = []
        for _ in range(17):
            crawl_pages(tmp_path / "a", site, index=False)
            counts.append(site.count(path))
        assert [run for run in range(1, 17) if counts[run] > counts[run - 1]] == [1, 3, 7, 15]
        (log,) = (tmp_path / "a").glob("*/frontier.db")
        with closing(sqlite3.connect(log)) as db:
            assert db.execute("SELECT crawl FROM page_doubts").fetchall() == [("",)]


def test_what_is_in_doubt_follows_from_the_warcs(tmp_path: Path) -> None:
    """A lost capture log costs no second look."""
    with PageSite(posts=1, pages=0) as site:
        (cloaked,) = stories(site, [CLOAKED])
        crawled = crawl_pages(tmp_path / "a", site)
        for file in crawled.folder.glob("*/frontier.db*"):
            file.unlink()
        assert len(crawl_pages(tmp_path / "a", site).rows(TOLD)) == 1
        assert site.count(cloaked) == 2


def test_a_page_that_caught_up_is_no_observation(tmp_path: Path) -> None:
    """It was a cache."""
    with PageSite(posts=1, pages=0) as site:
        (path,) = stories(site, [CLOAKED])
        crawl_pages(tmp_path / "a", site)
        number = max(site.ids("post"))
        story(site, number, SAID.replace("#", "0"))
        assert crawl_pages(tmp_path / "a", site).rows(TOLD) == []
        assert crawl_pages(tmp_path / "a", site).rows(TOLD) == []
        assert site.count(path) == 2


def test_an_item_that_was_edited_without_a_date_is_no_page_that_differs(tmp_path: Path) -> None:
    """Its page was ahead of what had been read of it: reading it again shows a silent edit, and that it agrees."""
    with PageSite(posts=1, pages=0) as site:
        stories(site, [CLOAKED])
        crawl_pages(tmp_path / "a", site)
        number = max(site.ids("post"))
        site.edit(number, content=CLOAKED.replace("#", "0"), silent=True)
        crawled = crawl_pages(tmp_path / "a", site)
        changes = crawled.rows("SELECT change FROM observations WHERE type = 'post' AND wp_id = ?", number)
        assert changes == [("silently_edited",)]


def test_what_pages_have_in_common_costs_nothing(tmp_path: Path) -> None:
    """An advertisement in each article: no page is in doubt, neither now nor when a new article has it."""
    with PageSite(posts=1, pages=0) as site:
        stories(site, [AD + SAID] * 3)
        crawled = crawl_pages(tmp_path / "a", site)
        assert "may show something else" not in crawled.result.report.pages.line
        news = site.path_of(site.add(title="News", content=LEAD))
        site.put(news, html("", f"<div class=entry-content>{AD}{LEAD}</div>"), "text/html")
        crawled = crawl_pages(tmp_path / "a", site)
        assert "may show something else" not in crawled.result.report.pages.line
        assert crawled.rows(TOLD) == []


def test_an_advertisement_that_is_new_is_seen_on_the_page_beside(tmp_path: Path) -> None:
    """Only the newest article was looked at since it came: a second page tells that it is the site's doing."""
    with PageSite(posts=1, pages=0) as site:
        stories(site, [SAID] * 2)
        crawl_pages(tmp_path / "a", site)
        new = site.add(title="News of the quay", content=LEAD + COST)
        story(site, new, AD + LEAD + COST)
        crawled = crawl_pages(tmp_path / "a", site)
        assert "1 may show something else" in crawled.result.report.pages.line
        for n, number in enumerate(sorted(site.ids("post"))[1:-1]):
            story(site, number, (AD + SAID).replace("#", str(n)))
        for _ in range(2):
            assert crawl_pages(tmp_path / "a", site).rows(TOLD) == []


def test_no_pages_no_second_look(tmp_path: Path) -> None:
    """Who turns pages off is asked for none, whatever was in doubt."""
    with PageSite(posts=1, pages=0) as site:
        stories(site, [CLOAKED])
        crawl_pages(tmp_path / "a", site)
        since = len(site.requests)
        crawl_pages(tmp_path / "a", site, "none")
        assert asked(site, since) == ["/robots.txt", "/"]
        assert not any("include=" in one.target for one in site.requests[since:])
