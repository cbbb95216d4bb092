"""The same item in another language, in part, or with a date that can't be: another view of it is no edit."""

import json
from pathlib import Path
from typing import Any

import pytest
from crawlkit import invoke
from intakekit import changes, rows, take, unsound
from writers import answer, info, post, refusal, write

POSTS = "/wp-json/wp/v2/posts"
OLD, NEW = post(1, "Old", "2019-01-01T00:00:00"), post(1, "New", "2019-06-01T00:00:00")
OTHER = post(1, "Neu", "2019-06-01T00:00:00")


def at(month: int, value: Any, path: str = POSTS, status: int = 200) -> bytes:
    return answer(path, value, f"2020-{month:02d}-01T00:00:00Z", status)


def shelf(folder: Path, *records: bytes) -> Path:
    root = folder / "archive"
    take(root, write(folder, "captures", [info(), *records]))
    assert unsound(root) == []
    return root


@pytest.mark.parametrize("path", [f"{POSTS}?lang=de", f"{POSTS}/1?lang=de", f"{POSTS}/1?locale=de_DE"])
def test_an_item_in_another_language_is_no_edit(tmp_path: Path, path: str) -> None:
    """The language changes its texts, so they aren't compared; what comes in the usual one again is."""
    said = OTHER if "/1" in path else [OTHER]
    root = shelf(tmp_path, at(1, [OLD]), at(2, said, path), at(3, [OLD]), at(4, [NEW]))
    assert changes(root) == [(1, "edited")]
    assert rows(root, "SELECT observed_at FROM observations") == [("2020-04-01T00:00:00Z",)]
    assert rows(root, "SELECT title FROM posts") == [("New",)]


@pytest.mark.parametrize("path", [f"{POSTS}?lang=de", f"{POSTS}/1?lang=de"])
def test_nor_is_the_usual_one_after_it(tmp_path: Path, path: str) -> None:
    first = post(1, "Alt", "2019-01-01T00:00:00")
    root = shelf(tmp_path, at(1, first if "/1" in path else [first], path), at(2, [NEW]))
    assert changes(root) == []
    assert rows(root, "SELECT title FROM posts") == [("New",)]


def test_an_item_that_names_its_language_is_the_same_over_any_list(tmp_path: Path) -> None:
    old, new = {**OLD, "lang": "de"}, {**NEW, "lang": "de"}
    assert changes(shelf(tmp_path, at(1, [old], f"{POSTS}?lang=de"), at(2, [new]))) == [(1, "edited")]


def test_what_core_puts_in_an_envelope_is_as_good_as_without_it(tmp_path: Path) -> None:
    """An edit is one, an item has the bytes that were sent; an error in an envelope, whose own status is 200, proves nothing."""

    def put(body: Any, status: int = 200) -> dict[str, Any]:
        return {"body": body, "status": status, "headers": {"X-WP-Total": 1, "X-WP-TotalPages": 1}}

    none = refusal("rest_post_invalid_id", 404, "Invalid post ID.")
    made = [
        at(1, put([OLD]), f"{POSTS}?_envelope"),
        at(2, put(NEW), f"{POSTS}/1?_envelope=1"),
        at(3, put(none, 404), f"{POSTS}/1?_envelope"),
    ]
    root = shelf(tmp_path, *made)
    assert changes(root) == [(1, "edited")]
    assert rows(root, "SELECT title, gone, json_extract(raw, '$.modified') FROM posts") == [
        ("New", None, NEW["modified"])
    ]
    assert rows(root, "SELECT answer FROM captures ORDER BY captured_at") == [("ok",), ("ok",), ("missing",)]
    alone = invoke("show", "example.org/post/1", "--body", "-a", root).stdout
    assert json.loads(alone) == NEW


def test_a_modification_that_is_yet_to_come_hides_none_that_came(tmp_path: Path) -> None:
    wrong = post(1, "Wrong", "2999-01-01T00:00:00")
    root = shelf(tmp_path, at(1, [wrong]), at(2, [OLD]), at(3, [NEW]))
    assert (1, "edited") in changes(root)
    assert ("2020-03-01T00:00:00Z",) in rows(root, "SELECT observed_at FROM observations")


def test_a_part_of_an_item_shows_that_it_is_back(tmp_path: Path) -> None:
    none = refusal("rest_post_invalid_id", 404, "Invalid post ID.")
    hours = [
        answer(POSTS, [OLD], "2020-01-01T00:00:00Z"),
        answer(f"{POSTS}/1", none, "2020-01-01T03:00:00Z", 404),
        answer(f"{POSTS}?_fields=id,title", [{"id": 1, "title": OLD["title"]}], "2020-01-01T06:00:00Z"),
    ]
    assert changes(shelf(tmp_path, *hours)) == [(1, "deleted"), (1, "restored")]


@pytest.mark.parametrize("query", ["_fields=id,title,modified,modified_gmt", "context=embed"])
def test_a_part_of_an_item_is_no_edit_and_no_version(tmp_path: Path, query: str) -> None:
    part = {name: NEW[name] for name in ("id", "title", "modified", "modified_gmt", "link", "type")}
    asked = [at(2, [part], f"{POSTS}?{query}"), at(3, part, f"{POSTS}/1?{query}")]
    root = shelf(tmp_path, at(1, [OLD]), *asked, at(4, [OLD]))
    assert changes(root) == []
    assert rows(root, "SELECT title FROM versions") == [("Old",)]
    assert rows(root, "SELECT title, last_seen FROM posts") == [("Old", "2020-04-01T00:00:00Z")]
