"""What large lists show is read only where an item may come twice: no change hides for that, whatever comes beside them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from intakekit import changes, rows, take, unsound
from writers import answer, info, post, refusal, revisit, write

POSTS = "/wp-json/wp/v2/posts"
NONE = refusal("rest_post_invalid_id", 404, "Invalid post ID.")
LONG = "harbour " * 12_000
FIRST, SECOND = "2020-01-01T00:00:00", "2020-02-01T00:00:00"


def at(minute: int) -> str:
    return f"{datetime(2020, 6, 1, tzinfo=UTC) + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"


def large(minute: int, items: Sequence[dict[str, Any]], asked: str = "", total: int | None = 3) -> bytes:
    """A list of more than is looked at at once: its last item is very long."""
    padding = post(99, "Long", FIRST, text=LONG)
    headers = [] if total is None else [("X-WP-Total", str(total)), ("X-WP-TotalPages", "9")]
    return answer(f"{POSTS}{asked}", [*items, padding], at(minute), headers=headers)


OLD, NEW = post(1, "Old", FIRST), post(1, "New", SECOND)
EDITED, BOTH = [(1, "edited")], [(1, "deleted"), (1, "restored")]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param([large(0, [OLD]), large(5, [NEW])], EDITED, id="the same page again"),
        pytest.param([large(0, [OLD]), large(5, [NEW], "?page=2", 4)], EDITED, id="the list grew meanwhile"),
        pytest.param([large(0, [OLD]), large(700, [NEW], "?page=2")], EDITED, id="another page, much later"),
        pytest.param([large(0, [OLD]), large(5, [NEW], "?per_page=20&page=2")], EDITED, id="pages of another size"),
        pytest.param([large(0, [OLD]), large(5, [NEW], "?categories=4")], EDITED, id="a part of the list"),
        pytest.param([large(0, [OLD]), answer(f"{POSTS}/1", NEW, at(5))], EDITED, id="the item by itself, later"),
        pytest.param([answer(f"{POSTS}/1", OLD, at(0)), large(5, [NEW])], EDITED, id="the item by itself, before"),
        pytest.param(
            [large(0, [OLD]), answer(f"{POSTS}/1", NONE, at(5), 404), large(9, [OLD], "?page=2")],
            BOTH,
            id="gone between",
        ),
        pytest.param(
            [
                large(0, [OLD]),
                answer(f"{POSTS}/1", NONE, at(5), 404),
                revisit(
                    POSTS,
                    at(9),
                    {"WARC-Refers-To-Target-URI": f"https://example.org{POSTS}", "WARC-Refers-To-Date": at(0)},
                ),
            ],
            BOTH,
            id="a revisit",
        ),
    ],
)
def test_no_change_hides_between_large_lists(
    tmp_path: Path, records: list[bytes], expected: list[tuple[int, str]]
) -> None:
    take(tmp_path / "archive", write(tmp_path, "captures", [info(), *records]))
    assert changes(tmp_path / "archive") == expected
    assert unsound(tmp_path / "archive") == []


@pytest.mark.parametrize("total", [12, None])
def test_a_walk_is_one_run_and_holds_all_that_it_shows(tmp_path: Path, total: int | None) -> None:
    """Pages of large lists, each once; the years after, another walk finds what was edited."""
    for walk, modified in enumerate((FIRST, SECOND)):
        pages = [
            large(
                walk * 900_000 + page,
                [post(page * 10 + n, f"{walk}", modified) for n in range(3)],
                f"?page={page}",
                total,
            )
            for page in range(1, 5)
        ]
        take(tmp_path / "archive", write(tmp_path, f"walk{walk}", [info(), *pages]))
    root = tmp_path / "archive"
    assert rows(root, "SELECT count(*) FROM runs") == [(2,)]
    assert rows(root, "SELECT count(*) FROM posts") == [(13,)]
    assert len(changes(root)) == 12
    assert rows(root, "SELECT DISTINCT pages_seen FROM coverage") == [(4,)]
    assert unsound(root) == []
