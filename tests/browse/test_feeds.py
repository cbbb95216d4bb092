"""The feeds of changes, and addresses that people keep: both stay as they are when the database is built anew."""

import json
import re
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from reading import PREFIX, Page, Reading
from wayfinding import form_of

from wparchive.index import index
from wparchive.store import Archive

ATOM = "{http://www.w3.org/2005/Atom}"
URI = re.compile(r"(https?|urn|tag):\S+")


def atom(room: Reading, query: str = "") -> ET.Element:
    answer = room.get(f"{PREFIX}/changes.atom{query}")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.content)


def feed(room: Reading, query: str = "") -> dict[str, object]:
    answer = room.get(f"{PREFIX}/changes.json{query}")
    assert answer.headers["content-type"] == "application/feed+json; charset=utf-8"
    return json.loads(answer.content)


def ids(room: Reading) -> list[str]:
    return [entry.findtext(f"{ATOM}id") or "" for entry in atom(room).iter(f"{ATOM}entry")]


def test_the_atom_feed_is_one(room: Reading) -> None:
    """RFC 4287: ids, titles, times with a zone, an author for each entry, links to itself and to the page."""
    root = atom(room)
    assert root.tag == f"{ATOM}feed"
    entries = list(root.iter(f"{ATOM}entry"))
    assert len(entries) == room.one("SELECT count(*) FROM observations")
    for one in [root, *entries]:
        for name in ("id", "title", "updated"):
            assert one.findtext(f"{ATOM}{name}"), name
        assert URI.fullmatch(one.findtext(f"{ATOM}id") or "")
        assert datetime.fromisoformat(one.findtext(f"{ATOM}updated") or "").tzinfo
    links = {link.get("rel"): link.get("href") or "" for link in root.findall(f"{ATOM}link")}
    assert links["self"].endswith("/changes.atom")
    assert links["alternate"].endswith("/changes")
    for one in entries:
        assert one.findtext(f"{ATOM}author/{ATOM}name")
        link = one.find(f"{ATOM}link").get("href")  # type: ignore[union-attr]
        assert room.get("/" + link.split("/", 3)[3]).status_code == 200
        assert one.find(f"{ATOM}content").get("type") == "html"  # type: ignore[union-attr]
    assert len(set(ids(room))) == len(entries)


def test_the_json_feed_is_one_and_says_the_same(room: Reading) -> None:
    """JSON Feed 1.1: version, title, items with id, url, content and a date."""
    value = feed(room)
    assert value["version"] == "https://jsonfeed.org/version/1.1"
    assert value["title"]
    assert [item["id"] for item in value["items"]] == ids(room)
    for item in value["items"]:
        assert {"id", "url", "title", "content_html", "date_published"} <= item.keys()
        assert datetime.fromisoformat(item["date_published"]).tzinfo


def test_the_changed_words_are_in_the_entry(room: Reading) -> None:
    """A reader program shows what was removed and added without opening the page."""
    (silent,) = [
        item
        for item in feed(room, "?kind=silently_edited&site=harbour-ledger")["items"]
        if "ferry" in item["title"].lower()
    ]
    assert "<del>" in silent["content_html"]
    assert "<ins>" in silent["content_html"]


def test_a_feed_takes_the_filters_of_the_page(room: Reading) -> None:
    assert {item["tags"][0] for item in feed(room, "?site=coast-wire")["items"]} == {"coast-wire"}
    assert feed(room, "?site=nowhere")["items"] == []
    assert len(list(atom(room, "?kind=deleted").iter(f"{ATOM}entry"))) == 2
    assert room.get(f"{PREFIX}/changes.atom?kind=nonsense").status_code == 400
    assert room.get(f"{PREFIX}/changes.json?since=yesterday").status_code == 400


def test_ids_and_deep_links_survive_a_rebuild(own_news: Path) -> None:
    """Nobody is told twice, and what was cited or bookmarked is still there and says the same."""
    archive = Archive(own_news)
    with Reading(own_news / "archive.db") as room:
        before, kept = ids(room), bookmarks(room)
    index(archive, rebuild=True)
    with Reading(own_news / "archive.db") as room:
        assert ids(room) == before
        for path, text in kept.items():
            page = room.page(path)
            assert page.text == text, path
    assert len(kept) > 20


def bookmarks(room: Reading) -> dict[str, str]:
    """Addresses of versions, comparisons, captures, files, runs, and what their pages say."""
    found: dict[str, str] = {}
    forms: dict[str, int] = {}
    waiting = ["/changes", "/vanished", "/pictures", "/runs"]
    for start in waiting:
        for link in room.page(start).links:
            _keep(room, link, found, forms)
    for item in {path for path in found if "/item/" in path}:
        for link in room.page(item).links:
            _keep(room, link, found, forms)
    return found


def _keep(room: Reading, link: str, found: dict[str, str], forms: dict[str, int]) -> None:
    path, _, query = link.partition("?")
    form = form_of(path, query)
    if path.startswith(f"{PREFIX}/") and forms.get(form, 0) < 3 and link not in found:
        answer = room.get(link)
        if answer.headers.get("content-type", "").startswith("text/html"):
            forms[form] = forms.get(form, 0) + 1
            found[link] = Page(answer.text).text
