"""The demo's sites are recordings: whole, up to date, at home at any address, and patient with a crawler that changes."""

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests
from fakewp.simulator.server import SimulatedSite, serve
from patience import PATIENCE
from record import crawled, path_of, recorded

from wparchive.config import Settings
from wparchive.demo.recording import FORMS, RECORDED_HOST, Recording
from wparchive.demo.server import ReplayedSite
from wparchive.errors import ExitCode

HOST = "127.0.0.1:45678"
LISTED = "per_page=100&orderby=id&order=asc"
# Requests for collections that nobody made when the sites were recorded.
OTHER = (
    "/wp/v2/posts?per_page=5",
    "/wp/v2/posts?per_page=5&page=3",
    "/wp/v2/posts?per_page=5&page=4",
    "/wp/v2/posts?per_page=4&offset=3&orderby=id&order=asc",
    "/wp/v2/posts?per_page=3&orderby=modified&order=desc&_fields=id,modified_gmt",
    "/wp/v2/posts?orderby=slug&order=asc&per_page=50",
    "/wp/v2/posts?include=7,31,999&per_page=3",
    "/wp/v2/posts?include[]=7&include[]=31&orderby=id",
    "/wp/v2/posts?exclude=7,31&per_page=3&orderby=id",
    "/wp/v2/posts?categories=2,3&per_page=20",
    "/wp/v2/posts?author=2&before=2025-07-01T00:00:00",
    "/wp/v2/posts?after=2025-09-01T00:00:00",
    "/wp/v2/posts?modified_after=2025-09-01T00:00:00&per_page=2",
    "/wp/v2/posts/7?_fields=id,slug,title.rendered",
    "/wp/v2/posts/7?context=edit",
    "/wp/v2/posts/999/nothing",
    "/wp/v2/pages?parent=2&per_page=7",
    "/wp/v2/categories?per_page=2&page=2",
    "/wp/v2/categories?per_page=2&page=9",
    "/wp/v2/tags?orderby=id&order=desc&per_page=3",
    "/wp/v2/users?per_page=2",
    "/wp/v2/nothing?per_page=2",
    "/harbour/v1/voyages?quays=13&per_page=4",
)


@pytest.fixture(scope="module", params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def replayed(form: str) -> Iterator[ReplayedSite]:
    with ReplayedSite(form) as site:
        yield site


@pytest.fixture(scope="module")
def simulated(form: str) -> Iterator[SimulatedSite]:
    with serve(form) as site:
        yield site


def spelled(form: str, asked: str) -> str:
    """A route and its query as the target of a request to a site of that form."""
    return f"/wp-json{asked}" if form == "pretty" else f"/index.php?rest_route={asked.replace('?', '&')}"


def test_all_that_a_crawl_asks_for_was_recorded(form: str) -> None:
    """Also the pictures in every size: what the demo archives is never made up. If not: `python tests/demo/record.py`."""
    with ReplayedSite(form) as site:
        assert crawled(site.url, Settings(media="all")) == [ExitCode.COMPLETE]
        assert site.recording.unrecorded == []


def test_the_recording_is_what_would_be_recorded_today(form: str) -> None:
    """It follows from the simulator and the crawler alone. If not: `python tests/demo/record.py`."""
    assert gzip.decompress(path_of(form).read_bytes()).decode() == recorded(form)


def test_a_second_crawl_finds_nothing_new(form: str, tmp_path: Path) -> None:
    """The demo's crawl asks only for what was recorded; an incremental one asks otherwise, and nothing looks changed."""
    with ReplayedSite(form) as site:
        assert crawled(site.url, Settings(), tmp_path) == [ExitCode.COMPLETE]
        assert site.recording.unrecorded == []
        assert crawled(site.url, Settings(), tmp_path) == [ExitCode.COMPLETE]
        assert site.recording.unrecorded != []
    with closing(sqlite3.connect(tmp_path / "archive.db")) as archive:
        assert archive.execute("SELECT count(*) FROM runs").fetchall() == [(2,)]
        assert archive.execute("SELECT * FROM observations").fetchall() == []


def test_the_site_is_at_home_where_it_is_served(form: str) -> None:
    """No answer names the place where it was recorded: in JSON, in HTML, in headers, or in a query."""
    recording, shown = Recording(form, HOST), b""
    for line in gzip.decompress(path_of(form).read_bytes()).splitlines():
        answer = recording.answer(json.loads(line)["target"].replace(RECORDED_HOST, HOST))
        shown += answer.body + repr(answer.headers).encode()
    assert recording.unrecorded == []
    name, port = RECORDED_HOST.split(":")
    assert name.encode() not in shown and f":{port}".encode() not in shown
    assert HOST.encode() in shown and quote(HOST).encode() in shown


@pytest.mark.parametrize("asked", OTHER)
def test_other_questions_get_what_the_simulator_answers(
    form: str, replayed: ReplayedSite, simulated: SimulatedSite, asked: str
) -> None:
    """Pages of another size, order or choice: the same status, totals, items and fields in the same order."""
    target, before = spelled(form, asked), len(replayed.recording.unrecorded)
    ours, theirs = (requests.get(site.url.rstrip("/") + target, timeout=PATIENCE) for site in (replayed, simulated))
    assert len(replayed.recording.unrecorded) == before + 1
    assert ours.status_code == theirs.status_code
    for name in ("X-WP-Total", "X-WP-TotalPages", "Content-Type"):
        assert ours.headers.get(name) == theirs.headers.get(name)
    expected = json.loads(theirs.text.replace(urlsplit(simulated.url).netloc, urlsplit(replayed.url).netloc))
    if theirs.ok:
        assert ours.json() == expected
    else:
        assert ours.json()["code"] == expected["code"]


@pytest.mark.parametrize("route", ["/wp/v2/media", "/wp/v2/comments"])
def test_what_is_withheld_stays_stated(form: str, route: str) -> None:
    """A collection that states more than it shows does so on pages of any size."""
    recording = Recording(form, HOST)
    whole = recording.answer(spelled(form, f"{route}?{LISTED}&page=1"))
    pages = [recording.answer(spelled(form, f"{route}?per_page=3&page={page}&orderby=id")) for page in (1, 2, 3, 4)]
    assert {page.header("X-WP-Total") for page in pages if page.status == 200} == {whole.header("X-WP-Total")}
    shown = [item for page in pages if page.status == 200 for item in json.loads(page.body)]
    assert len(shown) < int(whole.header("X-WP-Total"))
    assert sorted(item["id"] for item in shown) == [item["id"] for item in json.loads(whole.body)]


def test_a_choice_that_the_recording_cannot_make_is_refused(form: str) -> None:
    """Items that weren't asked for would be taken for an answer: the terms of one post, or what a search found."""
    for asked in ("/wp/v2/categories?post=7&per_page=50", "/wp/v2/posts?search=dredger"):
        answer = Recording(form, HOST).answer(spelled(form, asked))
        assert (answer.status, json.loads(answer.body)["code"]) == (400, "rest_invalid_param")


@pytest.mark.parametrize("target", ["/wp-content/uploads/2025/03/nothing.png", "/2025/03/03/nothing/", "/wp-jsonp"])
def test_what_is_not_there_is_a_page_that_says_so(replayed: ReplayedSite, target: str) -> None:
    answer = requests.get(replayed.url.rstrip("/") + target, timeout=PATIENCE)
    assert answer.status_code == 404 and answer.headers["Content-Type"].startswith("text/html")


def test_head_is_get_without_the_body(form: str, replayed: ReplayedSite) -> None:
    url = replayed.url.rstrip("/") + spelled(form, "/wp/v2/posts")
    head, whole = requests.head(url, timeout=PATIENCE), requests.get(url, timeout=PATIENCE)
    assert head.status_code == 200 and head.content == b"" and len(whole.json()) == 10
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_the_recordings_are_small() -> None:
    """The whole package is a few hundred kilobytes; its demo is no more than a part of that."""
    assert sum(path_of(name).stat().st_size for name in FORMS) < 150_000
