"""Every page of the reading room: it answers, has one headline, says what Datasette's tables say, and links only to what is there."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from reading import PREFIX, Page, Reading

PAGES = ("", "changes", "vanished", "search?q=ferry", "pictures", "people", "sources", "runs")
TABS = ("", "timeline", "changes", "json", "links", "pictures", "comments", "evidence")
LIVE = re.compile(r"https?://")


def walked(room: Reading, most: int = 4) -> Iterator[tuple[str, Page]]:
    """Every page that can be reached by links, at most `most` of each form of address."""
    waiting, seen, counted = [f"{PREFIX}/"], {f"{PREFIX}/"}, {}
    while waiting:
        path = waiting.pop(0)
        answer = room.get(path)
        assert answer.status_code in (200, 302), f"{path}: {answer.status_code}"
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page = Page(answer.text)
        yield path, page
        for link in [*page.links, *filter(None, (given.get("src") for given in page.all("iframe")))]:
            parts = urlsplit(link)
            whole = parts.path + (f"?{parts.query}" if parts.query else "")
            if not parts.path.startswith(PREFIX) or parts.netloc or whole in seen:
                continue
            seen.add(whole)
            form = _form(parts.path, parts.query)
            counted[form] = counted.get(form, 0) + 1
            if counted[form] <= most:
                waiting.append(whole)


def _form(path: str, query: str) -> str:
    """An address without what names one thing: its page, its tab, and the names of its parameters."""
    words = path.removeprefix(PREFIX).split("/")
    names = sorted(part.partition("=")[0] for part in query.split("&"))
    last = words[-1] if words[-1].isalpha() and len(words) > 2 else ""
    return f"{words[1]} {last} {names}"


def test_every_page_that_is_linked_answers_with_one_headline(room: Reading) -> None:
    """And nothing leads out of the archive but the two links of the page about an address."""
    forms = set()
    for path, page in walked(room, 2):
        forms.add(path.removeprefix(PREFIX).split("/")[1].partition("?")[0])
        if f"{PREFIX}/frame/" in path:
            continue
        assert len(page.all("h1")) == 1, path
        assert [given for name, given in page.elements if name == "html"][0]["lang"] == "en"
        assert len(page.all("main")) == 1, path
        out = [link for link in page.links if LIVE.match(link)]
        assert len(out) <= (2 if f"{PREFIX}/url" in path else 0), (path, out)
        ids = [given["id"] for _, given in page.elements if "id" in given]
        assert len(ids) == len(set(ids)), (path, ids)
    every = ["changes", "vanished", "pictures", "file", "people", "person", "sources", "runs", "run", "site", "item", "capture", "url", "frame"]
    assert forms == {"", *every}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_menu_is_marked_in_it(room: Reading, name: str) -> None:
    """One entry is current, except on the page of a search, which is no entry."""
    page = room.page(f"/{name}")
    current = [given["href"] for given in page.all("a") if given.get("aria-current") == "page"]
    assert current == ([] if name.startswith("search") else [f"{PREFIX}/{name}"])
