"""Histories made by chance: the order of files and imports doesn't matter, every edit is told, and nothing else is an edit."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from intakekit import rows, take, unsound
from writers import answer, info, post, refusal, write

POSTS = "/wp-json/wp/v2/posts"
QUERIES = ("", "?per_page=3", "?per_page=100", "?page=2", "?orderby=modified", "?search=x")
PAUSES = (1, 30, 300, 1600, 20_000, 300_000)  # minutes
GONE = (("rest_post_invalid_id", 404), ("rest_forbidden", 401))
STATES = (
    "SELECT wp_id, title, first_seen, last_seen, modified_gmt, payload_sha256 FROM posts ORDER BY 1",
    "SELECT wp_id, title, first_seen, last_seen, payload_sha256, capture FROM versions ORDER BY 1, 3, 5",
    "SELECT capture, captured_at, kind, answer, route FROM captures ORDER BY 1",
)


class Article:
    """A post that is edited, taken away and shown again; `shown` is one of its states, with noise."""

    def __init__(self, wp_id: int, chance: random.Random, began: datetime, *, stale: bool) -> None:
        self.wp_id, self._chance, self._stale = wp_id, chance, stale
        self.states = [("Text 0", began - timedelta(days=100))]
        self.gone: tuple[str, int] | None = None

    def live(self, at: datetime) -> None:
        if self._chance.random() < 0.25:
            self.states.append((f"Text {len(self.states)}", at - timedelta(seconds=self._chance.randrange(1, 50))))
        if self._chance.random() < 0.1:
            self.gone = None if self.gone else self._chance.choice(GONE)

    @property
    def shown(self) -> dict[str, Any]:
        old = self._stale and self._chance.random() < 0.2
        text, modified = self._chance.choice(self.states) if old else self.states[-1]
        noise = f" <i>{self._chance.randrange(9)} readers</i>" if self._chance.random() < 0.3 else ""
        return post(self.wp_id, text, f"{modified:%Y-%m-%dT%H:%M:%S}", text=text + noise)


def captured(seed: int, *, stale: bool) -> Iterator[bytes]:
    """What a crawler took of five articles over some years, by lists and by items."""
    chance, at = random.Random(seed), datetime(2018, 1, 1, tzinfo=UTC)
    articles = [Article(number, chance, at, stale=stale) for number in range(1, 6)]
    for _ in range(chance.randrange(10, 24)):
        at += timedelta(minutes=chance.choice(PAUSES))
        for one in articles:
            one.live(at)
        now, one = f"{at:%Y-%m-%dT%H:%M:%SZ}", chance.choice(articles)
        if chance.random() < 0.5:
            listed = [one.shown for one in articles if not one.gone and chance.random() < 0.7]
            yield answer(POSTS + chance.choice(QUERIES), listed, now)
        elif one.gone:
            yield answer(f"{POSTS}/{one.wp_id}", refusal(one.gone[0], one.gone[1], "No."), now, one.gone[1])
        elif chance.random() < 0.9:
            yield answer(f"{POSTS}/{one.wp_id}", one.shown, now)
        else:
            part = {name: one.shown[name] for name in ("id", "title", "modified_gmt")}
            yield answer(f"{POSTS}?_fields=id,title,modified_gmt", [part], now)


def raised(dates: list[str]) -> int:
    """How often a later date than any before comes."""
    return sum(1 for number, date in enumerate(dates) if number and date > max(dates[:number]))


def is_edit(change: str, fields: str | None) -> bool:
    return change == "edited" or (change == "restored" and "modified" in (fields or ""))


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_any_order_and_any_division_tell_the_same(tmp_path: Path, seed: int, stale: bool) -> None:
    records = list(captured(seed, stale=stale))
    take(tmp_path / "one", write(tmp_path, "whole", [info(), *records]))
    random.Random(seed).shuffle(records)
    parts = [write(tmp_path, f"part{number}", [info(), *records[number::3]]) for number in range(3)]
    take(tmp_path / "files", *parts)
    for part in parts:
        take(tmp_path / "imports", part)
    changes = "SELECT wp_id, change, observed_at, fields, before, after, summary FROM observations ORDER BY 3, 1, 2"
    assert rows(tmp_path / "files", changes) == rows(tmp_path / "one", changes)
    for query in STATES:
        assert rows(tmp_path / "files", query) == rows(tmp_path / "one", query)
        assert rows(tmp_path / "imports", query) == rows(tmp_path / "one", query)
    assert unsound(tmp_path / "one") == unsound(tmp_path / "imports") == []


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("seed", range(10, 14))
def test_every_edit_that_was_seen_is_told_once(tmp_path: Path, seed: int, stale: bool) -> None:
    take(tmp_path / "archive", write(tmp_path, "whole", [info(), *captured(seed, stale=stale)]))
    told, seen = dict.fromkeys(range(1, 6), 0), {number: list[str]() for number in range(1, 6)}
    for wp_id, change, fields in rows(tmp_path / "archive", "SELECT wp_id, change, fields FROM observations"):
        told[wp_id] += is_edit(change, fields)
    for wp_id, date in rows(tmp_path / "archive", "SELECT wp_id, modified_gmt FROM versions ORDER BY first_seen"):
        seen[wp_id].append(date)
    assert told == {wp_id: raised(dates) for wp_id, dates in seen.items()}


def test_what_a_later_import_shows_of_the_time_before_is_seen_since_then(tmp_path: Path) -> None:
    """Captures of several tools overlap in time: the first sighting is the earliest, whichever file came first."""
    other = [post(2, "Other", "2018-01-01T00:00:00")]
    seen = post(1, "Seen", "2018-01-01T00:00:00")
    first = [answer(POSTS, other, "2020-01-01T00:00:00Z"), answer(POSTS, [seen], "2020-01-01T20:00:00Z")]
    take(tmp_path / "archive", write(tmp_path, "first", [info(), *first]))
    take(tmp_path / "archive", write(tmp_path, "more", [info(), answer(f"{POSTS}/1", seen, "2020-01-01T10:00:00Z")]))
    ten = "2020-01-01T10:00:00Z"
    assert rows(tmp_path / "archive", "SELECT first_seen, last_seen FROM posts WHERE wp_id = 1") == [
        (ten, "2020-01-01T20:00:00Z")
    ]
    proof = "SELECT v.first_seen, k.captured_at FROM versions v JOIN captures k USING (capture) WHERE v.wp_id = 1"
    assert rows(tmp_path / "archive", proof) == [(ten, ten)]
    assert unsound(tmp_path / "archive") == []


def test_the_last_state_before_a_deletion_is_the_row_whichever_import_came_first(tmp_path: Path) -> None:
    none = refusal("rest_post_invalid_id", 404, "Invalid post ID.")
    first = [
        answer(POSTS, [post(2, "Other")], "2020-01-01T00:00:00Z"),
        answer(f"{POSTS}/1", none, "2020-01-01T20:00:00Z", 404),
    ]
    old = answer(POSTS, [post(1, "Old", "2019-01-01T00:00:00")], "2019-05-01T00:00:00Z")
    new = answer(POSTS, [post(1, "New", "2020-01-01T05:00:00")], "2020-01-01T10:00:00Z")
    for number, records in enumerate(([old], first, [new])):
        take(tmp_path / "archive", write(tmp_path, f"file{number}", [info(), *records]))
    assert rows(tmp_path / "archive", "SELECT title, gone, gone_since, last_seen FROM posts WHERE wp_id = 1") == [
        ("New", "deleted", "2020-01-01T20:00:00Z", "2020-01-01T10:00:00Z")
    ]
    changes = "SELECT change, observed_at FROM observations WHERE wp_id = 1 ORDER BY 2"
    assert rows(tmp_path / "archive", changes) == [
        ("edited", "2020-01-01T10:00:00Z"),
        ("deleted", "2020-01-01T20:00:00Z"),
    ]
    assert unsound(tmp_path / "archive") == []
