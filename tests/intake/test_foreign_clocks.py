"""Another tool's clock may be wrong, and caches answer late: neither makes a claim, nor spoils what a crawl of ours saw."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from intakekit import changes, rows, take, unsound
from writers import answer, info, post, refusal, write

from wparchive.errors import ExitCode

POSTS = "/wp-json/wp/v2/posts"
NONE = refusal("rest_post_invalid_id", 404, "Invalid post ID.")
OLD, NEW = post(1, "Old", "2019-01-01T00:00:00"), post(1, "New", "2020-01-01T00:00:00")


def dated(at: datetime) -> tuple[str, str]:
    return "Date", format_datetime(at, usegmt=True)


def said(
    value: Any, at: datetime, *, made: datetime | None = None, age: int = 0, path: str = POSTS, status: int = 200
) -> bytes:
    """An answer that its record dates `at`, and its server `made`."""
    headers = [dated(made)] if made else []
    headers += [("Age", str(age))] if age else []
    return answer(path, value, f"{at:%Y-%m-%dT%H:%M:%SZ}", status, headers=headers)


def on(year: int, month: int = 1, day: int = 1, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def shelf(folder: Path, *records: bytes) -> Path:
    root = folder / "archive"
    take(root, write(folder, "captures", [info(), *records]))
    assert unsound(root) == []
    return root


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(hours=20), timedelta(days=400)])
def test_what_is_dated_after_now_is_not_taken(tmp_path: Path, ahead: timedelta) -> None:
    """Taken, it would stand behind whatever a crawl of today sees."""
    later = datetime.now(UTC) + ahead
    gone = said(NONE, later, path=f"{POSTS}/1", status=404)
    result = take(tmp_path / "archive", write(tmp_path, "ahead", [info(), said([OLD], on(2021)), gone]))
    assert (result.code, [file.skipped for file in result.files]) == (ExitCode.INCOMPLETE, [{"future": 1}])
    assert changes(tmp_path / "archive") == []


@pytest.mark.parametrize("year", [1970, 1999, 2014])
def test_what_is_dated_before_there_was_an_api_is_not_taken(tmp_path: Path, year: int) -> None:
    result = take(tmp_path / "archive", write(tmp_path, "old", [info(), said([NEW], on(2021)), said([OLD], on(year))]))
    assert (result.code, [file.skipped for file in result.files]) == (ExitCode.INCOMPLETE, [{"undated": 1}])
    assert rows(tmp_path / "archive", "SELECT first_seen FROM posts") == [("2021-01-01T00:00:00Z",)]


@pytest.mark.parametrize(
    ("at", "made", "age"),
    [
        (on(2023), on(2020), 0),  # the record's clock is ahead
        (on(2021, 5), on(2024), 0),  # it is behind
        (on(2022, 1, 1, 9), on(2021, 12, 31, 23), 0),  # ten hours, as a wrong time zone is
        (on(2022, 1, 2), None, 3 * 86400),  # a cache had it
    ],
)
def test_a_deletion_of_doubtful_date_is_none(tmp_path: Path, at: datetime, made: datetime | None, age: int) -> None:
    gone = said(NONE, at, made=made, age=age, path=f"{POSTS}/1", status=404)
    root = shelf(tmp_path, said([NEW], on(2022)), gone)
    assert changes(root) == []
    assert rows(root, "SELECT gone, last_seen FROM posts") == [(None, "2022-01-01T00:00:00Z")]


def test_a_server_that_is_a_little_slow_is_none(tmp_path: Path) -> None:
    gone = said(NONE, on(2022, 1, 1, 1), made=on(2022, 1, 1, 1) - timedelta(minutes=3), path=f"{POSTS}/1", status=404)
    assert changes(shelf(tmp_path, said([NEW], on(2022, 1, 1, 0)), gone)) == [(1, "deleted")]


@pytest.mark.parametrize(
    ("at", "made", "age"),
    [(on(2023), on(2020), 0), (on(2022, 1, 1, 9), on(2021, 12, 31, 23), 0), (on(2022, 2), None, 9**7)],
)
def test_an_older_answer_leaves_what_was_seen_since(
    tmp_path: Path, at: datetime, made: datetime | None, age: int
) -> None:
    """It is a version of the item, and nothing more."""
    root = shelf(tmp_path, said([NEW], on(2022)), said([OLD], at, made=made, age=age))
    assert rows(root, "SELECT title, last_seen FROM posts") == [("New", "2022-01-01T00:00:00Z")]
    assert rows(root, "SELECT title FROM versions ORDER BY modified_gmt") == [("Old",), ("New",)]
    assert changes(root) == []


def test_an_older_answer_brings_nothing_back(tmp_path: Path) -> None:
    gone = said(NONE, on(2022, 2), path=f"{POSTS}/1", status=404)
    root = shelf(tmp_path, said([NEW], on(2022)), gone, said([NEW], on(2022, 3), age=6 * 7 * 86400))
    assert changes(root) == [(1, "deleted")]
    assert rows(root, "SELECT gone FROM posts") == [("deleted",)]


def test_a_newer_state_counts_whatever_the_clock_of_its_server_says(tmp_path: Path) -> None:
    """An item's own date is the better witness: that server's clock is two hours slow."""
    slow = timedelta(hours=2)
    first, second = on(2022, 1, 1, 0), on(2022, 1, 1, 1)
    root = shelf(
        tmp_path,
        said([OLD], first, made=first - slow),
        said(NEW, second, made=second - slow, path=f"{POSTS}/1"),
    )
    assert changes(root) == [(1, "edited")]
    assert rows(root, "SELECT title, last_seen FROM posts") == [("New", "2022-01-01T01:00:00Z")]
