"""A refusal says something of an item only where the API could be read: plug-ins close whole APIs with core's own code."""

from pathlib import Path

import pytest
from intakekit import changes, rows, take, unsound
from writers import answer, info, post, refusal, write

API = "/wp-json/wp/v2"
ITEM = f"{API}/posts/1"
NO = refusal("rest_forbidden", 401, "Sorry, you are not allowed to do that.")
DAY = "2024-05-01T"
SEEN = [answer(f"{API}/posts", [post(1, "Seen")], "2023-01-01T00:00:00Z")]
OTHERS = [post(2, "Other")]


def refused(path: str, minute: int, code: str = "rest_forbidden", status: int = 401) -> bytes:
    return answer(path, refusal(code, status, "Sorry."), f"{DAY}10:{minute:02d}:00Z", status)


def listed(minute: int, path: str = f"{API}/posts?per_page=5") -> bytes:
    return answer(path, OTHERS, f"{DAY}10:{minute:02d}:00Z")


def noticed(folder: Path, records: list[bytes]) -> list[tuple[int, str]]:
    root = folder / "archive"
    take(root, write(folder, "captures", [info(), *SEEN, *records]))
    assert unsound(root) == []
    return changes(root)


OPEN = {
    "the list before": [listed(0), refused(ITEM, 1)],
    "the list after": [refused(ITEM, 1), listed(2)],
    "another item": [refused(ITEM, 1), answer(f"{API}/posts/2", OTHERS[0], f"{DAY}10:02:00Z")],
    "plain permalinks": [listed(0, "/?rest_route=/wp/v2/posts"), refused("/index.php?rest_route=/wp/v2/posts/1", 1)],
    "a hidden part of the list": [refused(f"{API}/posts?author_exclude=3", 0), refused(ITEM, 1), listed(2)],
    "a forbidden status": [listed(0), refused(ITEM, 1, status=403)],
}
CLOSED = {
    "nothing beside it": [refused(ITEM, 1)],
    "the list too": [refused(ITEM, 1), refused(f"{API}/posts", 2)],
    "the list until then": [listed(0), refused(ITEM, 1), refused(f"{API}/posts", 2)],
    "the list from then on": [refused(f"{API}/posts", 0), refused(ITEM, 1), listed(2)],
    "the index": [listed(0), refused("/wp-json/", 1), refused(ITEM, 2)],
    "only another collection is open": [listed(0, f"{API}/pages"), refused(ITEM, 1)],
    "only the index is open": [answer("/wp-json/", {"name": "N"}, f"{DAY}10:00:00Z"), refused(ITEM, 1)],
    "other items are refused": [refused(f"{API}/posts/2", 0), refused(ITEM, 1), refused(f"{API}/posts/3", 2)],
    "the list a month ago": [answer(f"{API}/posts", OTHERS, "2024-04-01T00:00:00Z"), refused(ITEM, 1)],
}


@pytest.mark.parametrize("records", OPEN.values(), ids=OPEN)
def test_an_item_refused_beside_others_is_unpublished(tmp_path: Path, records: list[bytes]) -> None:
    assert noticed(tmp_path, records) == [(1, "unpublished")]


@pytest.mark.parametrize("records", CLOSED.values(), ids=CLOSED)
def test_an_item_of_a_closed_api_is_not(tmp_path: Path, records: list[bytes]) -> None:
    assert noticed(tmp_path, records) == []
    assert rows(tmp_path / "archive", "SELECT gone, missing_since FROM posts WHERE wp_id = 1") == [(None, None)]


@pytest.mark.parametrize(
    "code",
    [
        "rest_cannot_access",
        "rest_login_required",
        "rest_not_logged_in",
        "rest_api_authentication_error",
        "jwt_auth_bad",
    ],
)
def test_the_code_of_a_security_plug_in_is_no_answer_for_an_item(tmp_path: Path, code: str) -> None:
    assert noticed(tmp_path, [listed(0), refused(ITEM, 1, code)]) == []


def test_a_closed_list_of_users_says_nothing_of_one(tmp_path: Path) -> None:
    """Against guessing of names, many sites close this collection alone."""
    user = {"id": 1, "name": "Ann", "slug": "ann", "url": "", "link": "x"}
    seen = answer(f"{API}/users", [user], "2023-01-01T00:00:00Z")
    closed = [
        refused(f"{API}/users/1", 1, "rest_user_cannot_view"),
        refused(f"{API}/users", 2, "rest_user_cannot_view"),
    ]
    assert noticed(tmp_path, [seen, listed(0), *closed]) == []
