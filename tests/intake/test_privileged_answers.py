"""What was shown to somebody with rights isn't published: a foreign answer may show that itself, without any request."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from intakekit import rows, take, unsound
from writers import answer, exchange, http, info, post, record, write

AT = "2020-03-01T00:00:00Z"
LIST = "/wp-json/wp/v2/posts"
ONE = f"{LIST}/1"
HTML = [("Content-Type", "text/html; charset=UTF-8")]
OPEN = answer(f"{LIST}/99", post(99, "Open"), "2020-03-02T00:00:00Z")
SECRET = post(1, "Secret")
RAW = SECRET | {"content": {"rendered": "<p>Secret</p>", "raw": "Secret", "protected": False}}
CUT = b'[{"id":1,"status":"draft","title":{"rendered":"Sec'
ID = "<urn:uuid:11111111-1111-1111-1111-111111111111>"


def request(uri: str = ONE, *, at: str = AT, names: str = "", secret: str = "Authorization: Basic abc") -> bytes:
    """A request with credentials, which names an answer or none."""
    head = f"GET {uri} HTTP/1.1\r\nHost: example.org\r\n{secret}\r\n\r\n".encode()
    return record("request", f"https://example.org{uri}", at, head, {"WARC-Concurrent-To": names})


def page(path: str, body: bytes, **more: Any) -> bytes:
    return answer(path, b"<!doctype html><html>" + body + b"</html>", AT, headers=HTML, **more)


def of_status(status: str) -> dict[str, Any]:
    return post(1, "Secret") | {"status": status}


def with_head(name: str, value: str) -> bytes:
    return answer(ONE, SECRET, AT, headers=[(name, value)])


def _revisit(headers: list[tuple[str, str]]) -> bytes:
    """A revisit of the open answer, with this head."""
    refers = {
        "WARC-Refers-To-Target-URI": f"https://example.org{LIST}/99",
        "WARC-Refers-To-Date": "2020-03-02T00:00:00Z",
    }
    return record("revisit", f"https://example.org{LIST}/99", AT, http(200, b"", headers), refers)


STATUSES = ("draft", "private", "pending", "future", "auto-draft", "trash", "hold", "spam")
QUERIES = ("context=Edit", "status=draft,publish", "status%5B%5D=private", "status=any", "_wpnonce=a", "access_token=a")
KEYS = ("consumer_key=ck_a&consumer_secret=cs_a", "oauth_signature=a", "api_key=a", "jwt=a", "nonce=a", "_ppp=a")
ORDERS = "/wp-json/wc/v3/orders"
# What the credentials may also come in; a proxy's are secrets too.
ASKED = ("Proxy-Authorization: Basic a", "X-Authorization: a", "X-API-Key: a", "X-Auth-Token: a", "Nonce: a")
SHOWN = {
    **{one: [answer(ONE, of_status(one), AT)] for one in STATUSES},
    **{query: [answer(f"{ONE}?{query}", SECRET, AT)] for query in (*QUERIES, *KEYS, "password=a")},
    **{line: exchange(ONE, SECRET, AT, ask=[line]) for line in ASKED},
    "route-in-query": [answer("/?rest_route=/wp/v2/posts/1&context=EDIT", SECRET, AT)],
    "list": [answer(LIST, [post(2, "Open too"), of_status("draft")], AT)],
    "embedded": [answer(ONE, SECRET | {"_embedded": {"up": [of_status("draft") | {"id": 5}]}}, AT)],
    "enveloped": [answer(f"{ONE}?_envelope", {"body": of_status("draft"), "status": 200, "headers": {}}, AT)],
    "enveloped-list": [answer(LIST, {"posts": [post(2, "Open too"), of_status("draft")], "total": 2}, AT)],
    "enveloped-deeper": [answer(LIST, {"success": True, "data": {"posts": [RAW], "total": 2}}, AT)],
    "enveloped-allow": [
        answer(f"{ONE}?_envelope=1", {"body": SECRET, "status": 200, "headers": {"Allow": "GET, POST, PUT"}}, AT)
    ],
    "enveloped-nonce": [
        answer(f"{ONE}?_envelope", {"body": SECRET, "status": 200, "headers": {"X-WP-Nonce": "a"}}, AT)
    ],
    "packed-unsaid": [answer(ONE, gzip.compress(json.dumps(of_status("draft")).encode()), AT)],
    "utf-16": [answer(ONE, json.dumps(of_status("draft")).encode("utf-16"), AT)],
    "cut": [answer(LIST, CUT, AT, headers=[("Content-Length", "9000")])],
    "raw": [answer(ONE, RAW, AT)],
    "nonce": [with_head("X-WP-Nonce", "abc")],
    "allow": [with_head("Allow", "GET, POST, PUT, PATCH, DELETE")],
    "allow-to-add": [answer(LIST, [SECRET], AT, headers=[("Allow", "GET, POST")])],
    "orders": [answer(ORDERS, [{"id": 1, "billing": {"email": "ann@example.org"}}], AT)],
    "plugins": [answer("/wp-json/wp/v2/plugins", [{"plugin": "x/x", "version": "1.0"}], AT)],
    "set-cookie": [with_head("Set-Cookie", "wordpress_logged_in_1=x; path=/; HttpOnly")],
    "cookie-sec": exchange(ONE, SECRET, AT, ask=["Cookie: a=b; wordpress_sec_1=x"]),
    "cookie-password": exchange(ONE, SECRET, AT, ask=["Cookie: wp-postpass_1=x"]),
    "untied": [answer(ONE, SECRET, AT), request()],
    "revisions": [answer(f"{ONE}/revisions", [SECRET], AT)],
    "me": [answer("/wp-json/wp/v2/users/me", {"id": 1, "name": "Ann"}, AT)],
    "admin-bar": [page("/post-1/", b'<body><div id="wpadminbar" class="nojq">Howdy</div></body>')],
    "admin-bar-bare": [page("/post-1/", b"<body><div id=wpadminbar>Howdy</div></body>")],
    "body-class": [page("/post-1/", b'<body class="single logged-in postid-1">text</body>')],
    "revisit": [_revisit([("X-WP-Nonce", "abc")])],
    "preview": [page("/?p=1&preview=true", b"<body>text</body>")],
    "preview-otherwise": [page("/?p=1&preview=1", b"<body>text</body>")],
    "order-received": [page("/checkout/order-received/7/?key=wc_order_a", b"<body>Ann, 7 Quay Street</body>")],
    "held-comment": [page("/post-1/?unapproved=7&moderation-hash=a", b"<body>text</body>")],
}


@pytest.mark.parametrize("name", SHOWN)
def test_what_shows_that_its_reader_had_rights_is_private(tmp_path: Path, name: str) -> None:
    take(tmp_path / "archive", write(tmp_path, "mixed", [info(), *SHOWN[name], OPEN]))
    held = rows(
        tmp_path / "archive", "SELECT privilege, warc LIKE '%/warc/private/%' FROM captures ORDER BY captured_at"
    )
    assert held == [("authenticated", 1), ("anonymous", 0)]
    assert unsound(tmp_path / "archive") == []


TOLD = '<p>He wrote {"status":"draft"} and {"raw":"x","rendered":"y"}.</p>'
DELETED = "wordpress_logged_in_1=%20; expires=Thu, 01-Jan-2015 00:00:00 GMT; Max-Age=0; path=/"
ORDINARY = {
    "allow-get": [with_head("Allow", "GET")],
    "allow-of-comments": [with_head("Allow", "GET, POST")],
    "allow-to-comment": [answer("/wp-json/wp/v2/comments", [], AT, headers=[("Allow", "GET, POST")])],
    "allow-of-a-server": [answer(LIST, [SECRET], AT, headers=[("Allow", "GET, POST, HEAD")])],
    "orders-refused": [answer(ORDERS, {"code": "woocommerce_rest_cannot_view", "data": {"status": 401}}, AT, 401)],
    "shop": [answer("/wp-json/wc/store/v1/products", [{"id": 1, "name": "Mug"}], AT)],
    "key-of-a-map": [page("/where/?key=abc&preview=", b"<body>text</body>")],
    "cookie-removed": [with_head("Set-Cookie", DELETED)],
    "cookie-removed-before-1970": [with_head("Set-Cookie", "wordpress_sec_1=x; Max-Age=-1")],
    "protected": [answer(ONE, SECRET | {"content": {"rendered": "", "protected": True}}, AT)],
    "enveloped-open": [answer(f"{ONE}?_envelope", {"body": SECRET, "status": 200, "headers": {"Allow": "GET"}}, AT)],
    "packed-open": [answer(ONE, gzip.compress(json.dumps(SECRET).encode()), AT)],
    "told-of": [answer(ONE, post(1, "One", text=TOLD), AT)],
    "inherit": [answer("/wp-json/wp/v2/media/1", of_status("inherit"), AT)],
    "context-view": [answer(f"{ONE}?context=view&status=publish&password=", SECRET, AT)],
    "meta": [answer(ONE, SECRET | {"acf": {"status": "pending", "raw": "x"}}, AT)],
    "refused": [answer("/wp-json/wp/v2/users/me", {"code": "rest_not_logged_in", "data": {"status": 401}}, AT, 401)],
    "method-not-allowed": [answer(ONE, {"code": "x"}, AT, 405, headers=[("Allow", "GET, PUT")])],
    "other-date": [answer(ONE, SECRET, AT), request(at="2020-03-01T00:00:07Z")],
    "test-cookie": exchange(ONE, SECRET, AT, ask=["Cookie: wordpress_test_cookie=x"]),
    "style": [
        page("/post-1/", b"<style>#wpadminbar{top:0}</style><body class='not-logged-in'>$('[id=wpadminbar]')</body>")
    ],
}


@pytest.mark.parametrize("name", ORDINARY)
def test_what_any_reader_is_shown_is_not(tmp_path: Path, name: str) -> None:
    take(tmp_path / "archive", write(tmp_path, "plain", [info(), *ORDINARY[name], OPEN]))
    held = rows(tmp_path / "archive", "SELECT privilege FROM captures")
    assert held == [("anonymous",), ("anonymous",)]


@pytest.mark.parametrize("how", ["a-copy-says-so", "the-request-is-elsewhere", "another-address"])
@pytest.mark.parametrize("turned", [False, True])
def test_one_copy_or_request_in_any_file_is_enough(tmp_path: Path, how: str, turned: bool) -> None:
    alone = record("response", f"https://example.org{ONE}", AT, *_block(), rid=ID)
    full = {
        "a-copy-says-so": [alone, request(names=ID)],
        "the-request-is-elsewhere": [request(names=ID, at="2020-03-01T00:00:07Z")],
        "another-address": [record("response", f"http://example.org{ONE}", AT, *_block()), request(names="")],
    }[how]
    files = [write(tmp_path, "alone", [info(), alone, OPEN]), write(tmp_path, "full", [info(), *full, OPEN])]
    take(tmp_path / "archive", *(reversed(files) if turned else files))
    held = rows(tmp_path / "archive", "SELECT privilege FROM captures ORDER BY captured_at")
    assert held == [("authenticated",), ("anonymous",)]


def _block() -> tuple[bytes]:
    return (answer(ONE, SECRET, AT).split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n\r\n"),)
