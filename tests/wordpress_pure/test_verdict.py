"""What answers mean: by WordPress's code, whatever the status and the language of the message."""

import json

import pytest

from wparchive.http1.message import Head
from wparchive.wordpress.judgement import Meaning, error_of, is_challenge, judge
from wparchive.wordpress.payload.payload import read


def head(status: int, mime: str = "application/json; charset=UTF-8", **more: str) -> Head:
    pairs = tuple((name.replace("_", "-"), value) for name, value in more.items())
    return Head(status, "", "HTTP/1.1", (("Content-Type", mime), *pairs))


def error(code: str, status: int, **data: object) -> bytes:
    return json.dumps({"code": code, "message": "Вибачте", "data": {"status": status, **data}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (401, "rest_forbidden", Meaning.REFUSED),
        (401, "rest_cannot_read", Meaning.REFUSED),
        (403, "rest_comment_disabled", Meaning.REFUSED),
        (401, "rest_not_logged_in", Meaning.REFUSED),
        (403, "my_plugin_says_no", Meaning.REFUSED),
        (401, "rest_user_invalid_id", Meaning.REFUSED),
        (404, "rest_post_invalid_id", Meaning.MISSING),
        (404, "rest_user_invalid_id", Meaning.MISSING),
        (404, "rest_comment_invalid_id", Meaning.MISSING),
        (404, "rest_term_invalid", Meaning.MISSING),
        (404, "rest_post_invalid_parent", Meaning.MISSING),
        (404, "rest_type_invalid", Meaning.OTHER),
        (404, "rest_template_not_found", Meaning.MISSING),
        (404, "rest_no_route", Meaning.NO_ROUTE),
        (400, "rest_post_invalid_page_number", Meaning.PAST_END),
        (400, "rest_search_invalid_page_number", Meaning.PAST_END),
        (400, "rest_revision_invalid_offset_number", Meaning.PAST_END),
        (400, "rest_invalid_param", Meaning.BAD_PARAM),
        (400, "rest_missing_callback_param", Meaning.BAD_PARAM),
        (500, "rest_encode_error", Meaning.SERVER_ERROR),
        (500, "internal_server_error", Meaning.SERVER_ERROR),
        (429, "too_many_requests", Meaning.THROTTLED),
        (400, "something_else", Meaning.OTHER),
    ],
)
def test_codes(status: int, code: str, meaning: Meaning) -> None:
    answer = judge(head(status), error(code, status))
    assert (answer.meaning, answer.code, answer.status) == (meaning, code, status)
    assert answer.reason == f"{status} {code}"


def test_code_counts_when_a_cache_changed_the_status() -> None:
    """A 401 of WordPress stored and served again as 200 is still a refusal."""
    answer = judge(head(200), error("rest_forbidden", 401))
    assert (answer.meaning, answer.reason) == (Meaning.REFUSED, "401 rest_forbidden")


def test_parameters_at_fault_are_named() -> None:
    body = error("rest_invalid_param", 400, params={"per_page": "x", "orderby": "y"})
    assert judge(head(400), body).params == ("per_page", "orderby")


@pytest.mark.parametrize(
    ("status", "mime", "body", "meaning"),
    [
        (200, "application/json", b'[{"id":1}]', Meaning.OK),
        (200, "text/html", b'[{"id":1}]', Meaning.OK),
        (200, "application/json", b"[]", Meaning.OK),
        (200, "application/json", b"{}", Meaning.OK),
        (200, "application/json", b'{"code":"abc","id":5}', Meaning.OK),
        (200, "application/json", b'{"code":"abc"}', Meaning.OK),
        (200, "text/html", b"<!DOCTYPE html><title>Home</title>", Meaning.NOT_JSON),
        (200, "application/json", b"", Meaning.NOT_JSON),
        (200, "application/json", b'[{"id":1},{"id', Meaning.NOT_JSON),
        (200, "text/html", b'\xef\xbb\xbfNotice: x\n[{"id":1}]', Meaning.OK),
        (404, "text/html", b"<html>Not found</html>", Meaning.BLOCKED),
        (403, "text/html", b"<html>Forbidden</html>", Meaning.BLOCKED),
        (410, "", b"", Meaning.BLOCKED),
        (500, "text/html", b"<p>There has been a critical error", Meaning.SERVER_ERROR),
        (503, "text/html", b"Briefly unavailable", Meaning.SERVER_ERROR),
        (429, "text/html", b"slow down", Meaning.THROTTLED),
        (301, "text/html", b"", Meaning.REDIRECT),
        (304, "", b"", Meaning.NOT_MODIFIED),
        (400, "application/json", b'{"error":"x"}', Meaning.BLOCKED),
        (0, "", b"", Meaning.NOT_JSON),
    ],
)
def test_answers_without_a_code(status: int, mime: str, body: bytes, meaning: Meaning) -> None:
    assert judge(head(status, mime), body).meaning is meaning
    assert judge(head(status, mime), body, read(body)).meaning is meaning


def test_busy_with_a_time_to_wait_is_throttling() -> None:
    assert judge(head(503, "text/html", Retry_After="30"), b"x").meaning is Meaning.THROTTLED


def test_no_answer() -> None:
    assert judge(None, None).meaning is Meaning.NOTHING


@pytest.mark.parametrize(
    ("status", "body", "more"),
    [
        (403, b"<html><head><title>Just a moment...</title>", {}),
        (503, b"<!DOCTYPE html><title>Attention Required! | Cloudflare</title>", {}),
        (403, b"<html>error code: 1020</html>", {}),
        (200, b"<html><script src='/_Incapsula_Resource?x'></script>", {}),
        (403, b"<title>Access Denied</title>", {}),
        (503, b"<p>Generated by Wordfence at ...", {}),
        (403, b"", {"cf_mitigated": "challenge"}),
        (202, b"", {"x_amzn_waf_action": "challenge"}),
    ],
)
def test_bot_walls(status: int, body: bytes, more: dict[str, str]) -> None:
    assert is_challenge(head(status, "text/html", **more), body)
    assert judge(head(status, "text/html", **more), body).meaning is Meaning.CHALLENGE


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html><title>My blog</title><div class='g-recaptcha'></div>"),
        (200, b"<html><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script><p>News"),
        (200, b'[{"id":1,"content":{"rendered":"<title>Just a moment"}}]'),
        (403, b'{"code":"rest_forbidden","message":"Just a moment","data":{"status":403}}'),
        (404, b"<html>Not found</html>"),
        (503, b"Briefly unavailable for scheduled maintenance."),
    ],
)
def test_no_bot_walls(status: int, body: bytes) -> None:
    assert not is_challenge(head(status, "text/html"), body)


def test_reasons_are_safe_to_print() -> None:
    answer = judge(head(400), error("\x1b[31mred\n", 400))
    assert answer.reason.isprintable()
    assert judge(head(200, "text/\x1b[31m"), b"x").reason.isprintable()


def test_error_objects() -> None:
    assert error_of({"code": "x", "message": "", "data": {"status": 404}}) == ("x", {"status": 404})
    assert error_of({"code": "x", "message": "", "data": None}) == ("x", {})
    assert error_of({"code": "x"}) is None
    assert error_of([]) is None
    assert error_of({"id": 1, "code": "x", "message": ""}) is None
