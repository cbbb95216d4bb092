"""Files of pages that a run owes: one that was cut short or killed after a page and before its files is made up for."""

import threading
from pathlib import Path

import frugal
import pytest
from crawlkit import launch, sound
from fakewp.simulator.http import Request
from fakewp.simulator.server import Handler
from pagekit import PageSite, asked, crawl_pages, paths

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
        killed.wait(60)

    sheet = site.plays["/a.css"]
    site.put("/a.css", slow)
    process = launch("crawl", site.url, "-a", tmp_path / "a", *frugal.OPTIONS, "--silent", "--pages", "changed")
    assert asked_for.wait(60)
    process.kill()
    process.communicate()
    killed.set()
    site.plays["/a.css"] = sheet
    crawled = crawl_pages(tmp_path / "a", site)
    assert paths(crawled, LACKING, site.url) == []
    assert site.count(path) == 1
