"""Each fault of the fake does what the table says."""

import gzip
import json
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from patience import PATIENCE

from fakewp import FAULTS, FakeWordPress, canary
from fakewp.asking import SWEEP, get, raw, walk
from fakewp.faults_body import bomb
from fakewp.faults_links import HOSTILE


def test_every_fault_says_what_it_does() -> None:
    for name, fault in FAULTS.items():
        assert re.fullmatch(r"[a-z0-9-]+", name) and fault.says.endswith(".") and len(fault.says) < 160
        assert fault.ask or fault.before or fault.after or fault.wire or name in ("unstable", "revisions-open")


@pytest.mark.parametrize(
    ("name", "route", "wanted"),
    [
        ("no-totals", "/wp/v2/posts", lambda a: "X-WP-Total" not in a.headers and "X-WP-TotalPages" not in a.headers),
        ("no-total-pages", "/wp/v2/tags", lambda a: "X-WP-Total" in a.headers and "X-WP-TotalPages" not in a.headers),
        ("cap-400", "/wp/v2/posts", lambda a: a.json()["code"] == "rest_invalid_param"),
        ("cap-silent", "/wp/v2/posts", lambda a: len(a.json()) == 20 and a.headers["X-WP-TotalPages"] == "13"),
        ("html-twice", "/wp/v2/posts", lambda a: a.status_code == 200 and a.text.startswith("<!DOCTYPE")),
        ("errors-pass", "/wp/v2/posts", lambda a: a.status_code == 500),
        ("throttle-seconds", "/wp/v2/posts", lambda a: a.status_code == 429 and a.headers["Retry-After"] == "1"),
        ("throttle-date", "/wp/v2/posts", lambda a: a.status_code == 503 and a.headers["Retry-After"].endswith("GMT")),
        ("repeated", "/wp/v2/posts", lambda a: a.headers["X-WP-TotalPages"] == "1000000"),
        ("users-closed", "/wp/v2/users", lambda a: a.json()["code"] == "rest_user_cannot_view"),
        ("comments-closed", "/wp/v2/comments", lambda a: a.status_code == 403),
        ("closed-401", "/", lambda a: a.status_code == 401),
        ("closed-403", "/wp/v2/types", lambda a: a.status_code == 403),
        ("old", "/", lambda a: a.json()["namespaces"] == ["oembed/1.0"]),
        ("challenge", "/", lambda a: "Just a moment" in a.text and a.headers["Server"]),
        ("moved", "/", lambda a: a.headers["Location"].startswith("https://moved.example/")),
        (
            "other-host",
            "/wp/v2/posts/1",
            lambda a: a.json()["_links"]["self"][0]["href"].startswith("https://www.fake"),
        ),
        ("notice-before", "/wp/v2/tags", lambda a: a.content.startswith(b"<br />")),
        ("comment-after", "/wp/v2/tags", lambda a: a.content.endswith(b"-->\n")),
        ("bom", "/wp/v2/tags", lambda a: a.content.startswith(b"\xef\xbb\xbf\xef\xbb\xbf")),
        ("gzip-twice-lie", "/wp/v2/tags", lambda a: a.content.startswith(b"\x1f\x8b")),
        ("bad-utf8", "/wp/v2/posts", lambda a: b"\xff\xfe\xc3(" in a.content),
        ("lone-surrogates", "/wp/v2/posts", lambda a: "\ud83d" in a.json()[0]["title"]["rendered"]),
        ("nan", "/wp/v2/posts", lambda a: b'"score":NaN' in a.content),
        ("big-ids", "/wp/v2/posts", lambda a: a.json()[0]["meta"]["beyond"] == 2**64),
        ("zero-dates", "/wp/v2/posts", lambda a: a.json()[3]["date"].startswith("-0001")),
        ("empty-maps", "/wp/v2/posts", lambda a: a.json()[1]["meta"] == []),
        ("string-ids", "/wp/v2/posts", lambda a: a.json()[0]["id"] == "1"),
        ("dead-items", "/wp/v2/posts", lambda a: a.json()[7] == []),
        ("cookies", "/wp/v2/posts", lambda a: "secret-cookie-value" in a.headers["Set-Cookie"]),
        ("odd-reason", "/wp/v2/tags", lambda a: a.json() and "Tr" in a.reason),
        ("no-reason", "/wp/v2/tags", lambda a: a.json() and a.reason == ""),
        ("chunked", "/wp/v2/tags", lambda a: len(a.json()) == 15 and a.headers["Transfer-Encoding"] == "chunked"),
        ("text-html", "/wp/v2/tags", lambda a: a.headers["Content-Type"].startswith("text/html")),
    ],
)
def test_a_fault_does_what_it_says(name: str, route: str, wanted: Any) -> None:
    with FakeWordPress(faults=[name]) as site:
        assert wanted(get(site, route, {"per_page": 100, "orderby": "id", "order": "asc"}, allow_redirects=False))


def test_times_are_counted_for_each_page_and_then_it_answers() -> None:
    with FakeWordPress(faults=["errors-pass"]) as site:
        for page in (1, 2):
            assert [get(site, "/wp/v2/posts", {**SWEEP, "page": page}).status_code for _ in range(3)] == [500, 500, 200]


def test_a_poisoned_item_fails_with_its_content_only() -> None:
    with FakeWordPress() as site:
        item = site.ids("post")[136]
        site.fault("poisoned", item=item)
        status = {page: get(site, "/wp/v2/posts", {**SWEEP, "page": page}).status_code for page in (1, 2, 3)}
        assert status == {1: 200, 2: 500, 3: 200}
        one = {"per_page": 1, "offset": 136, "orderby": "id", "order": "asc"}
        assert get(site, "/wp/v2/posts", one).status_code == 500
        assert get(site, "/wp/v2/posts", {**one, "_fields": "id,date,title"}).json()[0]["id"] == item
        assert get(site, f"/wp/v2/posts/{item}").status_code == 500
        site.mend()
        assert get(site, "/wp/v2/posts", one).status_code == 200
        site.fault("poisoned-deep", item=item)
        assert get(site, "/wp/v2/posts", {**one, "_fields": "id"}).status_code == 500


def test_a_shrinking_collection_hides_a_row_from_a_naive_walk() -> None:
    with FakeWordPress(faults=["shrinking"]) as site:
        found = walk(site, "/wp/v2/posts")
        assert len(site.ids("post")) == 249 and len(set(site.ids("post")) - set(found)) == 1


def test_an_empty_page_in_the_middle_keeps_its_totals() -> None:
    with FakeWordPress(faults=["empty-page"]) as site:
        answer = get(site, "/wp/v2/posts", {**SWEEP, "page": 2})
        assert answer.json() == [] and answer.headers["X-WP-Total"] == "250"
        assert len(walk(site, "/wp/v2/posts")) == 150


def test_order_is_unstable_for_all_but_ids() -> None:
    with FakeWordPress(faults=["unstable"]) as site:
        by_date = [
            [item["id"] for item in get(site, "/wp/v2/posts", {"orderby": "date", "per_page": 100}).json()]
            for _ in range(2)
        ]
        assert by_date[0] != by_date[1] and walk(site, "/wp/v2/posts") == site.ids("post")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("truncated", lambda data, body: 0 < len(body) < 352_029 and b"Content-Length: 35" in data),
        ("truncated-chunks", lambda data, body: not data.endswith(b"0\r\n\r\n") and b"chunked" in data),
        ("reset", lambda data, body: data.endswith(b"[reset]") or 0 < len(body) < 352_029),
        ("hang-up", lambda data, body: data == b""),
        ("early-hints", lambda data, body: data.startswith(b"HTTP/1.1 103 Early Hints\r\n")),
        ("no-reason", lambda data, body: data.startswith(b"HTTP/1.1 200\r\n")),
        ("odd-reason", lambda data, body: data.startswith(b"HTTP/1.1 200 Tr\xc3\xa8s bien")),
        ("until-close", lambda data, body: data.startswith(b"HTTP/1.0 200") and b"Content-Length" not in data),
    ],
)
def test_wire_faults_break_the_wire(name: str, wanted: Any) -> None:
    with FakeWordPress(faults=[name]) as site:
        data = raw(site, "/wp/v2/posts", SWEEP)
        assert wanted(data, data.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("name", ["drip", "drip-head", "stall"])
def test_slow_faults_wait_for_the_release_not_for_the_clock(name: str) -> None:
    with FakeWordPress(faults=[name], posts=120) as site:
        site.release.set()
        answer = get(site, "/wp/v2/posts", {**SWEEP, "page": 2})
        assert len(answer.json()) == 20


@pytest.mark.parametrize("name", ["endless-headers", "long-header", "endless-body"])
def test_endless_answers_end_when_the_client_leaves(name: str) -> None:
    with FakeWordPress(faults=[name]) as site:
        parts = urlsplit(site.url_of("/wp/v2/posts", {**SWEEP, "page": 2}))
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PATIENCE) as link:
            link.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            taken = 0
            while taken < 3_000_000:
                taken += len(link.recv(65536))


def test_a_bomb_is_small_on_the_wire_and_large_beyond() -> None:
    data = bomb(100_000_000)
    assert len(data) < 200_000
    text = gzip.decompress(data)
    assert len(text) > 83_000_000 and json.loads(text) == []


def test_hostile_links_stand_in_relations_that_are_followed() -> None:
    with canary() as other, FakeWordPress() as site:
        site.fault("hostile-links", to=other.url)
        hrefs = re.findall(r'"href":"((?:[^"\\]|\\.)*)"', get(site, "/wp/v2/posts", SWEEP).text)
        hrefs = [json.loads(f'"{href}"') for href in hrefs]
        for name, (_, spelled) in HOSTILE.items():
            assert spelled(site, {"to": other.url}) in hrefs, name
        hop = get(site, "/wp/v2/media/999001", allow_redirects=False)
        assert hop.headers["Location"].startswith(other.url)
        assert other.requests == []
        requests.get(other.url, timeout=PATIENCE)
        assert [one.method for one in other.requests] == ["GET"]
