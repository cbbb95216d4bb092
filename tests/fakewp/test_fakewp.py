"""The fake is faithful to core where it isn't told to misbehave, and things happen to it as they do to a site."""

import gzip
import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from patience import PATIENCE

from fakewp import FakeWordPress
from fakewp.asking import SWEEP, alike, get, walk
from fakewp.compare import PROBES, find, shapes
from fakewp.simulator.server import serve

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "core_6_1.json").read_text("utf-8"))


def special(site: FakeWordPress) -> dict[str, int]:
    """What `find` finds on a real site."""
    posts = [post for post in site.site.posts.values() if post.type == "post"]
    return {
        "post": next(post.id for post in posts if not post.revisions and not post.featured and not post.password),
        "revised": next(post.id for post in posts if post.revisions),
        "protected": next(post.id for post in posts if post.password),
        "hidden": next(post.id for post in posts if post.status == "draft"),
        "withheld": next(post.id for post in site.site.of_type("attachment") if not site.site.public(post)),
        "held": next(comment.id for comment in site.site.comments.values() if comment.approved == "hold"),
        "reader": next(user.id for user in site.site.users.values() if user.login == "reader"),
    }


@pytest.fixture(scope="module")
def shape() -> dict[str, Any]:
    with FakeWordPress(version=(6, 1)) as site, requests.Session() as session:

        def ask(method: str, route: str, params: Mapping[str, str]) -> requests.Response:
            return session.request(method, site.url_of(route, params), timeout=PATIENCE)

        return shapes(ask, special(site))


@pytest.mark.parametrize("name", PROBES)
def test_answers_have_the_shape_of_core_6_1(name: str, shape: dict[str, Any]) -> None:
    """Status, headers, keys, link attributes, arguments, error codes and details: as recorded from a real 6.1.9."""
    real, fake = alike(RECORDED[name], shape[name])
    assert fake == real


def test_a_stranger_finds_the_special_things() -> None:
    """The recorder's own way to them, which needs no account, leads to the same kinds."""
    with FakeWordPress(posts=110, media=3, comments=6) as site, requests.Session() as session:

        def ask(method: str, route: str, params: Mapping[str, str]) -> requests.Response:
            return session.request(method, site.url_of(route), params=params, timeout=PATIENCE)

        found, wanted = find(ask), special(site)
        for name in ("revised", "protected", "withheld", "held"):
            assert found[name] == wanted[name]
        assert found["reader"] not in site.ids("user")


def test_keys_come_in_the_order_of_core(shape: dict[str, Any]) -> None:
    for name in ("posts", "pages", "media", "comments", "users", "categories", "tags"):
        assert list(shape[name]["body"][0]) == list(RECORDED[name]["body"][0])


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ("pretty", ["/wp-json/wp/v2/posts/1", "/wp-json/wp/v2/comments?post=1", "/wp-json/wp/v2/categories?post=1"]),
        (
            "plain",
            [
                "/index.php?rest_route=/wp/v2/posts/1",
                "/index.php?rest_route=%2Fwp%2Fv2%2Fcomments&post=1",
                "/index.php?rest_route=%2Fwp%2Fv2%2Fcategories&post=1",
            ],
        ),
        ("index.php", ["/index.php/wp-json/wp/v2/posts/1", "/index.php/wp-json/wp/v2/comments?post=1"]),
    ],
)
def test_each_form_spells_links_as_core_does(form: str, wanted: list[str]) -> None:
    with FakeWordPress(form, posts=3, comments=3) as site:
        links = get(site, "/wp/v2/posts/1").json()["_links"]
        home = site.url.rstrip("/")
        found = [links["self"][0]["href"], links["replies"][0]["href"], links["wp:term"][0]["href"]]
        assert found[: len(wanted)] == [home + one for one in wanted]


@pytest.mark.parametrize("form", ["pretty", "plain", "index.php"])
def test_every_public_thing_of_the_demo_is_listed(form: str) -> None:
    with serve(form) as site:
        counts = {route: len(walk(site, route)) for route in ("/wp/v2/posts", "/wp/v2/pages", "/harbour/v1/voyages")}
        assert counts == {"/wp/v2/posts": 12, "/wp/v2/pages": 3, "/harbour/v1/voyages": 2}
        media = get(site, "/wp/v2/media", SWEEP)
        assert (media.headers["X-WP-Total"], len(media.json())) == ("6", 5)
        comments = get(site, "/wp/v2/comments", SWEEP)
        assert (comments.headers["X-WP-Total"], len(comments.json())) == ("11", 10)
        assert [len(walk(site, f"/wp/v2/{name}")) for name in ("users", "categories", "tags", "quays")] == [3, 5, 5, 3]


def test_the_demo_shows_what_an_archiver_must_notice() -> None:
    with serve() as site:
        post = get(site, "/wp/v2/posts/31").json()
        assert "twp-read-time" in post["content"]["rendered"] and "twp-react-count" in post["content"]["rendered"]
        assert (
            "https://news.example.org/wp-content/uploads/2025/07/image-287-150x150.png" in post["excerpt"]["rendered"]
        )
        assert post["meta"]["source_account"] == 1773327698988851201 and post["aioseo_notices"] == []
        assert post["_links"]["version-history"][0]["count"] == 0 and "predecessor-version" not in post["_links"]
        assert post["_links"]["self"][0]["targetHints"] == {"allow": ["GET"]}
        assert get(site, "/wp/v2/posts/37").json()["content"] == {"rendered": "", "protected": True}
        assert get(site, "/wp/v2/posts/7/revisions").json()["code"] == "rest_cannot_read"


@pytest.mark.parametrize("form", ["pretty", "plain", "index.php"])
def test_pages_lead_to_the_root_and_to_their_item(form: str) -> None:
    with serve(form, path="/news") as site:
        front = requests.get(site.url, timeout=PATIENCE)
        assert f'<{site.root}>; rel="https://api.w.org/"' in front.headers["Link"]
        assert f'rel="https://api.w.org/" href="{site.root}"' in front.text
        link = get(site, "/wp/v2/posts/7").json()["link"]
        page = requests.get(link, timeout=PATIENCE)
        assert page.url == link and f'<{site.url_of("/wp/v2/posts/7")}>; rel="alternate"' in page.headers["Link"]
        assert f'apiLink="{site.root}"' in requests.get(f"{site.url}xmlrpc.php?rsd", timeout=PATIENCE).text
        assert "Disallow: /wp-admin/" in requests.get(f"{site.url}robots.txt", timeout=PATIENCE).text
        index = requests.get(site.root, timeout=PATIENCE).json()
        assert "harbour/v1" in index["namespaces"] and "/harbour/v1/voyages" in index["routes"]


def test_a_plain_site_answers_its_home_page_under_wp_json() -> None:
    with serve("plain") as site:
        answer = requests.get(f"{site.url}wp-json/", timeout=PATIENCE)
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")


def test_every_link_of_the_demo_goes_somewhere() -> None:
    """No href of any item is unknown to the server, but for routes that core itself leaves without an answer."""
    with serve() as site:
        routes = ("posts", "pages", "media", "comments", "users", "categories", "tags", "quays")
        items = [item for name in routes for item in get(site, f"/wp/v2/{name}", SWEEP).json()]
        items += get(site, "/wp/v2/types").json().values()
        named = [pair for item in items for pair in item["_links"].items() if pair[0] != "curies"]
        hrefs = {link["href"] for _, several in named for link in several}
        with requests.Session() as session:
            lost = {href for href in hrefs if b"rest_no_route" in session.get(href, timeout=PATIENCE).content}
        assert {href.removeprefix(site.root) for href in lost} == {
            "wp/v2/global-styles",
            r"wp/v2/font-families/(?P<font_family_id>[\d]+)/font-faces",
        }


def test_files_have_validators_and_ranges() -> None:
    with serve() as site:
        media = get(site, "/wp/v2/media/22").json()
        whole = requests.get(media["source_url"], timeout=PATIENCE)
        assert whole.content.startswith(b"\x89PNG") and whole.headers["Content-Type"] == "image/png"
        tag = whole.headers["ETag"]
        assert requests.get(media["source_url"], headers={"If-None-Match": tag}, timeout=PATIENCE).status_code == 304
        part = requests.get(media["source_url"], headers={"Range": "bytes=100-", "If-Range": tag}, timeout=PATIENCE)
        assert part.status_code == 206 and part.content == whole.content[100:]
        for size in media["media_details"]["sizes"].values():
            assert requests.head(size["source_url"], timeout=PATIENCE).status_code == 200
        scaled = get(site, "/wp/v2/media/23").json()
        original = scaled["source_url"].rsplit("/", 1)[0] + "/" + scaled["media_details"]["original_image"]
        assert requests.head(original, timeout=PATIENCE).status_code == 200


def test_answers_are_gzipped_only_when_asked_and_keep_the_connection() -> None:
    with serve() as site:
        parts = urlsplit(site.root)
        link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
        for coding, wanted in (({}, None), ({"Accept-Encoding": "gzip"}, "gzip")):
            link.request("GET", f"{parts.path}wp/v2/posts", headers=coding)
            answer = link.getresponse()
            body = answer.read()
            assert answer.getheader("Content-Encoding") == wanted
            assert json.loads(gzip.decompress(body) if wanted else body)[0]["id"] == 41
        link.request("HEAD", f"{parts.path}wp/v2/posts")
        answer = link.getresponse()
        assert (answer.read(), answer.getheader("X-WP-Total")) == (b"", "12")
        link.close()


def test_a_default_fake_holds_what_it_says() -> None:
    with FakeWordPress() as site:
        for kind, route, number in (
            ("post", "/wp/v2/posts", 250), ("page", "/wp/v2/pages", 12), ("book", "/library/v1/books", 15),
            ("attachment", "/wp/v2/media", 40), ("comment", "/wp/v2/comments", 120), ("user", "/wp/v2/users", 5),
            ("category", "/wp/v2/categories", 10), ("post_tag", "/wp/v2/tags", 15), ("genre", "/wp/v2/genres", 5),
        ):  # fmt: skip
            assert walk(site, route) == site.ids(kind) and len(site.ids(kind)) == number
        assert site.hits("/wp/v2/posts") == 3


def test_equal_fakes_answer_equally() -> None:
    with FakeWordPress(posts=30) as one, FakeWordPress(posts=30) as other:
        bodies = [
            get(site, "/wp/v2/posts", SWEEP).text.replace(site.url.split("/")[2], "HOST") for site in (one, other)
        ]
        assert bodies[0] == bodies[1]


def test_gallery_ids_depend_on_the_page() -> None:
    """As in core: the same post has another `gallery-N` alone than among others."""
    with FakeWordPress(posts=30) as site:
        seventh, fourteenth = site.ids("post")[6], site.ids("post")[13]
        listed = {item["id"]: item["content"]["rendered"] for item in get(site, "/wp/v2/posts", SWEEP).json()}
        assert "gallery-1'" in listed[seventh] and "gallery-2'" in listed[fourteenth]
        assert "gallery-1'" in get(site, f"/wp/v2/posts/{fourteenth}").json()["content"]["rendered"]


# -- what happens to a site


def test_history_moves_as_in_core() -> None:
    with FakeWordPress(posts=20) as site:
        ids = site.ids("post")

        def item(number: int) -> Any:
            return get(site, f"/wp/v2/posts/{number}").json()

        before = item(ids[0])
        site.edit(ids[0], silent=True, content="<p>Other words.</p>\n")
        silent = item(ids[0])
        assert silent["modified"] == before["modified"] and silent["content"] != before["content"]
        assert silent["_links"]["version-history"] == before["_links"]["version-history"]
        site.edit(ids[0], title="Edited")
        edited = item(ids[0])
        assert edited["modified"] > before["modified"] and edited["_links"]["version-history"][0]["count"] == 1
        recent = get(site, "/wp/v2/posts", {"modified_after": "2025-05-31T00:00:00Z"}).json()
        assert [post["id"] for post in recent] == [ids[0]]
        old = site.add(title="Imported", date="2019-01-01T00:00:00")
        assert item(old)["modified"] == "2019-01-01T00:00:00"
        assert get(site, "/wp/v2/posts", {"modified_after": "2025-05-31T00:00:00Z", "exclude": ids[0]}).json() == []
        site.trash(ids[1])
        assert item(ids[1])["code"] == "rest_forbidden"
        site.restore(ids[1])
        assert item(ids[1])["status"] == "publish"
        site.delete(ids[2])
        assert item(ids[2])["code"] == "rest_post_invalid_id"
        site.protect(ids[3], "pw")
        assert item(ids[3])["content"] == {"rendered": "", "protected": True}
        counted = item(ids[4])
        site.tick()
        assert item(ids[4])["content"] != counted["content"] and item(ids[4])["modified"] == counted["modified"]
        site.retag(ids[5], category=[1])
        assert item(ids[5])["categories"] == [1]
        future = site.add(status="future", date="2099-01-01T00:00:00")
        assert item(future)["code"] == "rest_forbidden"
        site.publish(future)
        assert item(future)["modified"] == "2099-01-01T00:00:00"


def test_a_dropped_type_takes_its_routes_with_it() -> None:
    with FakeWordPress(posts=5) as site:
        book = site.ids("book")[0]
        site.drop("book")
        assert "book" not in get(site, "/wp/v2/types").json()
        assert "/library/v1/books" not in get(site, "/").json()["routes"]
        for route in ("/library/v1/books", f"/library/v1/books/{book}"):
            assert get(site, route).json()["code"] == "rest_no_route"
        site.undrop("book")
        assert get(site, f"/library/v1/books/{book}").json()["id"] == book


def test_a_new_zone_hides_recent_edits_from_modified_after() -> None:
    """The hole in `modified_after`: stored local times stay, the comparison moves."""
    with FakeWordPress(posts=5) as site:
        site.edit(site.ids("post")[0], title="Just edited")
        since = {"modified_after": "2025-06-01T10:00:00Z"}
        assert len(get(site, "/wp/v2/posts", since).json()) == 1
        site.zone("Asia/Tokyo", 9)
        assert get(site, "/wp/v2/posts", since).json() == []
        assert get(site, "/").json()["timezone_string"] == "Asia/Tokyo"


def test_credentials_open_what_core_opens() -> None:
    with FakeWordPress(posts=10) as site:
        secret = site.account("editor")
        who, wrong = ("editor", secret), ("editor", "no such password")
        number = site.ids("post")[2]
        assert get(site, "/wp/v2/users/me", {"context": "edit"}, auth=who).json()["username"] == "editor"
        assert get(site, "/wp/v2/users/me", auth=wrong).json()["code"] == "rest_not_logged_in"
        assert get(site, "/wp/v2/posts", {"per_page": 1}, auth=wrong).status_code == 200
        post = get(site, f"/wp/v2/posts/{number}", {"context": "edit"}, auth=who)
        assert {"raw", "rendered"} <= post.json()["content"].keys() and "DELETE" in post.headers["Allow"]
        assert "wp:action-publish" in post.json()["_links"]
        assert post.json()["_links"]["self"][0]["targetHints"]["allow"][-1] == "DELETE"
        assert "no-store" in post.headers["Cache-Control"]
        revisions = get(site, f"/wp/v2/posts/{number}/revisions", {"context": "edit"}, auth=who)
        assert revisions.headers["X-WP-Total"] == "2" and list(revisions.json()[0]["_links"]) == ["parent"]
        last = get(site, f"/wp/v2/posts/{number}").json()["_links"]["predecessor-version"][0]["id"]
        assert {item["id"] for item in revisions.json()} == {last, last - 1}
        for params, code in (({"page": 9}, "page"), ({"offset": 9}, "offset")):
            refused = get(site, f"/wp/v2/posts/{number}/revisions", {"per_page": 1, **params}, auth=who).json()
            assert refused["code"] == f"rest_revision_invalid_{code}_number"
        drafts = get(site, "/wp/v2/posts", {"status": "draft", "context": "edit"}, auth=who).json()
        assert [item["status"] for item in drafts] == ["draft"]
        assert get(site, f"/wp/v2/posts/{number}/revisions", auth=wrong).status_code == 401
        reader = ("reader", site.account("reader", "other words"))
        assert get(site, f"/wp/v2/posts/{number}/revisions", auth=reader).status_code == 403


def test_the_log_holds_headers_and_targets_in_order() -> None:
    with FakeWordPress(posts=3) as site:
        get(site, "/wp/v2/posts", {"per_page": 1}, headers={"X-Test": "1"})
        get(site, "/wp/v2/tags", method="HEAD")
        assert [(one.method, one.target) for one in site.requests] == [
            ("GET", "/wp-json/wp/v2/posts?per_page=1"),
            ("HEAD", "/wp-json/wp/v2/tags"),
        ]
        assert site.requests[0].headers["x-test"] == "1"


def test_a_site_closes_at_once_whatever_its_connections_do() -> None:
    with FakeWordPress(posts=5) as site:
        parts = urlsplit(site.url)
        idle = socket.create_connection((parts.hostname or "", parts.port or 0))
    idle.close()
