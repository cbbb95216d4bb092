"""Every page of the reading room: it answers, has one headline, and links only to what is there."""

import re

import pytest
from reading import PREFIX, Page, Reading
from wayfinding import walked

PAGES = ("", "changes", "vanished", "search?q=ferry", "pictures", "kinship", "people", "sources", "runs")
TABS = ("", "timeline", "changes", "json", "links", "pictures", "comments", "evidence")
EVERY = (
    "changes",
    "vanished",
    "pictures",
    "file",
    "people",
    "person",
    "sources",
    "runs",
    "run",
    "site",
    "item",
    "capture",
)
EVERY = (*EVERY, "kinship", "url", "frame", "search")
LIVE = re.compile(r"https?://")


def test_every_page_that_is_linked_answers_with_one_headline(room: Reading) -> None:
    """And nothing leads out of the archive but the two links of the page about an address."""
    forms = set()
    for path, answer in walked(room, 2):
        assert answer.status_code == 200, (path, answer.status_code)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page = Page(answer.text)
        forms.add(path.removeprefix(PREFIX).split("/")[1].partition("?")[0])
        if f"{PREFIX}/frame/" in path:
            continue
        assert len(page.all("h1")) == 1, path
        assert next(given for name, given in page.elements if name == "html")["lang"] == "en"
        assert len(page.all("main")) == 1, path
        out = [link for link in page.links if LIVE.match(link)]
        assert len(out) <= (2 if f"{PREFIX}/url" in path else 0), (path, out)
        ids = [given["id"] for _, given in page.elements if "id" in given]
        assert len(ids) == len(set(ids)), (path, ids)
    assert forms == {"", *EVERY}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_menu_is_marked_in_it(room: Reading, name: str) -> None:
    """One entry is current, except on the page of a search, which is no entry."""
    page = room.page(f"/{name}")
    current = [given["href"] for given in page.all("a") if given.get("aria-current") == "page"]
    assert current == ([] if name.startswith("search") else [f"{PREFIX}/{name}"])


def test_our_own_files_stay_small(room: Reading) -> None:
    """One style sheet of 30 kB, one script of 4 kB, kept for ever by their digest; an overview of at most 40 kB."""
    page = room.page("/")
    assert len(page.html.encode()) <= 40_000
    (style,) = [given["href"] for given in page.all("link") if given["rel"] == "stylesheet"]
    (script,) = [given["src"] for given in page.all("script")]
    for address, most in ((style, 30_000), (script, 4_000)):
        answer = room.get(address)
        assert len(answer.content) <= most
        assert "immutable" in answer.headers["cache-control"]
        digest = address.split("/")[-2]
        assert room.get(address.replace(digest, "0" * len(digest))).status_code == 404
    assert room.get(f"{PREFIX}/static/{'0' * 12}/web.py").status_code == 404
