"""Whatever an import run joins, no change of an item hides inside it, and neither noise nor a stale answer makes one."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from intakekit import changes, rows, take, unsound
from writers import answer, info, post, refusal, revisit, write

API = "/wp-json/wp/v2"
POSTS = f"{API}/posts"
NONE = refusal("rest_post_invalid_id", 404, "Invalid post ID.")
FIRST, SECOND, THIRD = (f"2020-0{month}-01T00:00:00" for month in (1, 2, 3))


def at(hour: int) -> str:
    """An hour after all of these dates."""
    return f"{datetime(2020, 6, 1, tzinfo=UTC) + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}"


def shown(hour: int, value: Any, path: str = POSTS, status: int = 200) -> bytes:
    return answer(path, value, at(hour), status)


def run_of(folder: Path, records: Sequence[bytes]) -> Path:
    """The archive that these records were imported into, sound."""
    root = folder / "archive"
    take(root, write(folder, "captures", [info(), *records]))
    assert unsound(root) == []
    return root


def runs(root: Path) -> int:
    return int(rows(root, "SELECT count(*) FROM runs")[0][0])


def test_an_edit_seen_over_another_route_is_an_edit(tmp_path: Path) -> None:
    routes = [POSTS, f"{POSTS}/1", f"{POSTS}?per_page=5", "/?rest_route=/wp/v2/posts/1", f"{POSTS}?categories=1"]
    said = [post(1, f"Text {hour}", f"2020-05-0{1 + hour}T00:00:00") for hour in range(len(routes))]
    seen = [shown(hour, said[hour] if path.endswith("/1") else [said[hour]], path) for hour, path in enumerate(routes)]
    root = run_of(tmp_path, seen)
    assert rows(root, "SELECT count(*) FROM versions") == [(5,)]
    assert changes(root) == [(1, "edited")] * 4


@pytest.mark.parametrize("pretty", [False, True])
def test_an_item_is_known_again_however_its_json_is_spelled(tmp_path: Path, pretty: bool) -> None:
    late = dict(reversed(post(1, "New", SECOND).items()))
    body = json.dumps([late], indent=4 if pretty else None).encode()
    root = run_of(tmp_path, [shown(0, post(1, "Old", FIRST), f"{POSTS}/1"), shown(1, body)])
    assert changes(root) == [(1, "edited")]


def test_noise_alone_divides_no_run(tmp_path: Path) -> None:
    """A number that differs in every answer would make a run, and a file, of each."""
    noisy = [
        shown(hour, [post(1, "Same", FIRST, text=f"Same. {hour} readers")], f"{POSTS}?per_page={10 + hour % 2}")
        for hour in range(12)
    ]
    root = run_of(tmp_path, noisy)
    assert (runs(root), changes(root)) == (1, [])


def test_a_stale_answer_is_neither_an_edit_back_nor_a_second_edit(tmp_path: Path) -> None:
    """Two caches of a site answer in turn: the article was edited once."""
    states = [post(1, "Old", FIRST), post(1, "New", SECOND)]
    seen = [shown(hour, [states[hour % 2]], f"{POSTS}?page={1 + hour % 3}") for hour in range(1, 13)]
    root = run_of(tmp_path, [shown(0, states[0], f"{POSTS}/1"), *seen])
    assert changes(root) == [(1, "edited")]
    assert runs(root) <= 4


def test_an_older_state_that_comes_later_is_no_edit(tmp_path: Path) -> None:
    """Months between: that a site went back to an earlier state, or a cache did, can't be told apart."""
    new, old = post(1, "New", SECOND), post(1, "Old", FIRST)
    root = run_of(tmp_path, [shown(0, [new]), shown(900, [old]), shown(1800, [new])])
    assert changes(root) == []
    assert rows(root, "SELECT title FROM posts") == [("New",)]
    assert len(rows(root, "SELECT * FROM versions")) == 2


@pytest.mark.parametrize(
    ("collection", "item", "code"),
    [
        ("posts", post(1, "A", FIRST), "rest_post_invalid_id"),
        ("pages", {**post(1, "A", FIRST), "type": "page"}, "rest_post_invalid_id"),
        ("media", {**post(1, "A", FIRST), "type": "attachment", "media_details": {}}, "rest_post_invalid_id"),
        ("categories", {"id": 1, "name": "A", "slug": "a", "taxonomy": "category", "count": 1}, "rest_term_invalid"),
        ("comments", {"id": 1, "author_name": "A", "post": 5, "content": {"rendered": "a"}}, "rest_comment_invalid_id"),
        ("users", {"id": 1, "name": "A", "slug": "a", "url": "", "link": "x"}, "rest_user_invalid_id"),
    ],
)
def test_gone_and_back_within_a_day_is_both(tmp_path: Path, collection: str, item: dict[str, Any], code: str) -> None:
    path = f"{API}/{collection}"
    gone = shown(3, refusal(code, 404, "No."), f"{path}/1", 404)
    again = shown(9, refusal(code, 404, "No."), f"{path}/1", 404)
    root = run_of(tmp_path, [shown(0, [item], path), gone, shown(6, [item], f"{path}?per_page=9"), again])
    assert changes(root) == [(1, "deleted"), (1, "restored"), (1, "deleted")]


def test_an_edit_before_a_deletion_is_told_too(tmp_path: Path) -> None:
    seen = [shown(0, [post(1, "Old", FIRST)]), shown(1, post(1, "New", SECOND), f"{POSTS}/1")]
    root = run_of(tmp_path, [*seen, shown(2, NONE, f"{POSTS}/1", 404)])
    assert changes(root) == [(1, "edited"), (1, "deleted")]


def test_a_revisit_shows_again_what_it_stands_for(tmp_path: Path) -> None:
    named = {"WARC-Refers-To-Target-URI": f"https://example.org{POSTS}/1", "WARC-Refers-To-Date": at(0)}
    back = revisit(f"{POSTS}/1", at(6), named)
    first = shown(0, post(1, "Here", FIRST), f"{POSTS}/1")
    root = run_of(tmp_path, [first, shown(3, NONE, f"{POSTS}/1", 404), back])
    assert changes(root) == [(1, "deleted"), (1, "restored")]
    assert rows(root, "SELECT gone FROM posts") == [(None,)]


def test_a_revisit_of_an_earlier_import_does_so_too(tmp_path: Path) -> None:
    root = run_of(tmp_path, [shown(0, [post(1, "Here", FIRST)])])
    named = {"WARC-Refers-To-Target-URI": f"https://example.org{POSTS}", "WARC-Refers-To-Date": at(0)}
    later = [shown(30, NONE, f"{POSTS}/1", 404), revisit(POSTS, at(33), named)]
    take(root, write(tmp_path, "later", [info(), *later]))
    assert changes(root) == [(1, "deleted"), (1, "restored")]
    assert unsound(root) == []


def test_part_of_an_item_divides_nothing(tmp_path: Path) -> None:
    """Selected fields are no state of an item."""
    part = {"id": 1, "modified": SECOND, "modified_gmt": SECOND, "title": {"rendered": "New"}}
    seen = [shown(0, [part], f"{POSTS}?_fields=id,title,modified,modified_gmt"), shown(1, [post(1, "Old", FIRST)])]
    root = run_of(tmp_path, [*seen, shown(2, post(1, "New", SECOND), f"{POSTS}/1")])
    assert changes(root) == [(1, "edited")]


def test_the_words_of_an_edit_are_those_that_changed_not_noise_after_it(tmp_path: Path) -> None:
    """Within one run an edited text may come with two counts of its readers."""
    noisy = [post(1, "New", SECOND, text=f"New. {count} readers") for count in (3, 4)]
    root = run_of(tmp_path, [shown(0, [post(1, "Old", FIRST)]), *(shown(40 + n, [one]) for n, one in enumerate(noisy))])
    ((summary,),) = rows(root, "SELECT summary FROM observations")
    assert "{+New" in summary
