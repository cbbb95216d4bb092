"""What runs owe is made up for: files that a run was cut before, and files and pages that did not come or were refused."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import frugal
import pytest
from crawlkit import launch, sound
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler
from pagekit import PageSite, asked, crawl_pages, html, paths
from patience import PATIENCE

from wparchive.crawl.seams import MACHINE, Seams

FILES = [f"/{name}.css" for name in "abcdef"]
LACKING = "SELECT replace(url, ?, '/') FROM page_files WHERE capture IS NULL AND url NOT LIKE '%favicon.ico' ORDER BY 1"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many requests a whole crawl of `shown` takes."""
    with PageSite() as site:
        shown(site)
        crawl_pages(tmp_path_factory.mktemp("whole"), site, concurrency=1)
        return len(site.requests)


def shown(site: PageSite) -> str:
    """Have a post shown with six stylesheets, one of which names a picture; gives its path."""
    for name in FILES:
        site.put(name, "p {}")
    site.put("/f.css", "p { background: url(/deep.png) }")
    site.put("/deep.png", b"x", "image/png")
    return site.show(*site.ids("post"), "".join(f"<link rel=stylesheet href={name}>" for name in FILES))


def lose_log(folder: Path) -> None:
    for file in folder.glob("*/frontier.db*"):
        file.unlink()


@pytest.mark.parametrize(("short", "log"), [(1, "kept"), (4, "lost"), (7, "kept"), (7, "lost")])
def test_a_run_cut_before_the_files_is_made_up_for(
    site: PageSite, tmp_path: Path, whole: int, short: int, log: str
) -> None:
    """The next run asks for each file that is left, once; the one after it for none. With or without the capture log."""
    path, folder = shown(site), tmp_path / "a"
    cut = crawl_pages(folder, site, concurrency=1, max_requests=whole - short).result.report
    assert cut.exit_code != 0 and site.count(path) == 1
    assert "left for later runs" in cut.pages.line
    if log == "lost":
        lose_log(folder)
    crawled = crawl_pages(folder, site)
    assert crawled.code == 0 and "left" not in crawled.result.report.pages.line
    assert paths(crawled, LACKING, site.url) == []
    assert [site.count(one) for one in (path, *FILES, "/deep.png")] == [1] * 8
    since = len(site.requests)
    assert crawl_pages(folder, site).code == 0
    assert asked(site, since) == ["/robots.txt", "/"]
    assert [*sound(folder)] == []


def test_how_many_files_are_left_is_said_until_none_is(site: PageSite, tmp_path: Path, whole: int) -> None:
    """By the run that was cut, and by one that doesn't get so far at all."""
    shown(site)
    cut = crawl_pages(tmp_path / "a", site, concurrency=1, max_requests=whole - 6).result.report
    said = cut.pages.line.rpartition("; ")[2]
    assert said.endswith("files to show them are left for later runs")
    again = crawl_pages(tmp_path / "a", site, concurrency=1, max_requests=1).result.report
    assert again.pages.line.rpartition("; ")[2] == said
    assert "left" not in crawl_pages(tmp_path / "a", site).result.report.pages.line


def test_a_run_killed_before_the_files_is_made_up_for(site: PageSite, tmp_path: Path) -> None:
    """It had no time to say what it left."""
    path, asked_for, killed = shown(site), threading.Event(), threading.Event()

    def slow(_handler: Handler, _request: Request) -> None:
        asked_for.set()
        killed.wait(PATIENCE)

    sheet = site.plays["/a.css"]
    site.put("/a.css", slow)
    process = launch("crawl", site.url, "-a", tmp_path / "a", *frugal.OPTIONS, "--silent", "--pages", "changed")
    assert asked_for.wait(PATIENCE)
    process.kill()
    process.communicate()
    killed.set()
    site.plays["/a.css"] = sheet
    crawled = crawl_pages(tmp_path / "a", site)
    assert paths(crawled, LACKING, site.url) == []
    assert site.count(path) == 1


def down(handler: Handler, _request: Request) -> None:
    handler.send(Answer(503, [("Content-Type", "text/plain")], b"Later."))


def days_on(days: int) -> Seams:
    """A clock that is so many days ahead."""
    return replace(MACHINE, now=lambda: datetime.now(UTC) + timedelta(days=days))


def test_a_file_that_did_not_come_is_asked_for_again_ever_more_seldom(site: PageSite, tmp_path: Path) -> None:
    """In the next runs, a day later, three days after that; at once in a full run. Until it came, each run says so."""
    site.show(*site.ids("post"), "<link rel=stylesheet href=/style.css>")
    site.put("/style.css", down)
    asked_in = []
    for day in (0, 0, 0, 0, 2, 2, 6):
        before = site.count("/style.css")
        line = crawl_pages(tmp_path / "a", site, seams=days_on(day)).result.report.pages.line
        asked_in.append(site.count("/style.css") - before)
        assert "1 failed" in line if asked_in[-1] else "still lacking: 1 file to show pages" in line
    assert asked_in == [1, 1, 1, 0, 1, 0, 1]
    lose_log(tmp_path / "a")
    assert "still lacking" in crawl_pages(tmp_path / "a", site, seams=days_on(6)).result.report.pages.line
    site.put("/style.css", "@import 'more.css';")
    site.put("/more.css", "p {}")
    crawled = crawl_pages(tmp_path / "a", site, full=True, seams=days_on(6))
    assert paths(crawled, LACKING, site.url) == [] and site.count("/more.css") == 1
    since = len(site.requests)
    assert crawl_pages(tmp_path / "a", site, seams=days_on(6)).result.report.pages.line == ""
    assert asked(site, since) == ["/robots.txt", "/"]


def test_what_robots_refused_is_judged_anew(site: PageSite, tmp_path: Path) -> None:
    """A page and a file: not a request while it is forbidden, one each once it isn't."""
    (number,) = site.ids("post")
    site.show(number, "<link rel=stylesheet href=/no/style.css>")
    site.put("/no/style.css", "p {}")
    refused = site.put("/no/page/", html("", "<p>Not for you.</p>"), "text/html")
    site.core.urls.post = lambda post, address=site.core.urls.post: refused if post.type == "page" else address(post)
    site.robots = "User-agent: *\nDisallow: /no/\n"
    assert "1 refused (1 robots)" in crawl_pages(tmp_path / "a", site).result.report.pages.line
    for full in (False, False, False, False, True):
        since = len(site.requests)
        line = crawl_pages(tmp_path / "a", site, full=full).result.report.pages.line
        assert line == "still lacking: 1 page and 1 file to show pages"
        assert asked(site, since) == ["/robots.txt", "/"]
    site.robots = "User-agent: *\nDisallow: /other/\n"
    for _ in range(2):
        crawled = crawl_pages(tmp_path / "a", site)
    assert [site.count(path) for path in ("/no/style.css", "/no/page/")] == [1, 1]
    assert crawled.result.report.pages.line == "" and paths(crawled, LACKING, site.url) == []
    assert [*sound(tmp_path / "a")] == []


def test_a_page_that_did_not_come_is_tried_again(site: PageSite, tmp_path: Path) -> None:
    """Three times at once, then a day later; a full run asks for it in any case."""
    site.put("/page-1/", down)
    counts = []
    for day in (0, 0, 0, 0, 2, 2):
        crawl_pages(tmp_path / "a", site, seams=days_on(day))
        counts.append(site.count("/page-1/"))
    assert counts == [1, 2, 3, 3, 4, 4]
    site.put("/page-1/", html("", "<p>Here it is.</p>"), "text/html")
    crawled = crawl_pages(tmp_path / "a", site, full=True, seams=days_on(2))
    assert crawled.result.report.pages.line.startswith("1 fetched")
    since = len(site.requests)
    crawl_pages(tmp_path / "a", site, seams=days_on(2))
    assert asked(site, since) == ["/robots.txt", "/"]
