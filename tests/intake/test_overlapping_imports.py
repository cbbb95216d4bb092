"""Imports that overlap in time tell the same, whether their files come together or one by one, in any order."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from intakekit import changes, dump, rows, take, unsound
from writers import answer, info, post, refusal, write

from wparchive.index import Progress, index, site_indexer
from wparchive.index.entries import reader_process, reading_order
from wparchive.intake import import_files
from wparchive.store import Archive

POSTS = "/wp-json/wp/v2/posts"
NO = refusal("rest_forbidden", 401, "No.")
NONE = refusal("rest_post_invalid_id", 404, "Invalid post ID.")
TOLD = "SELECT wp_id, change, observed_at, fields, before, after, title, summary FROM observations ORDER BY 3, 1, 2"
HELD = (
    "SELECT wp_id, title, gone, gone_since, first_seen, last_seen, payload_sha256, capture FROM posts ORDER BY 1",
    "SELECT wp_id, title, first_seen, last_seen, payload_sha256, capture FROM versions ORDER BY 1, 3, 5",
)


def at(hour: float) -> str:
    return f"{datetime(2020, 6, 1, tzinfo=UTC) + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}"


def shown(hour: float, *items: dict[str, Any], asked: str = "") -> bytes:
    return answer(f"{POSTS}{asked}", [*items], at(hour))


def refused(hour: float, wp_id: int, said: dict[str, Any] = NO) -> bytes:
    return answer(f"{POSTS}/{wp_id}", said, at(hour), said["data"]["status"])


def state(number: int, wp_id: int = 1) -> dict[str, Any]:
    return post(wp_id, f"Text {number}", f"2020-05-{number + 1:02d}T00:00:00")


def files(folder: Path, *parts: Sequence[bytes]) -> list[Path]:
    return [write(folder, f"part{number}", [info(), *part]) for number, part in enumerate(parts)]


def told(root: Path) -> list[list[tuple[Any, ...]]]:
    return [rows(root, query) for query in (TOLD, *HELD)]


def one_by_one(folder: Path, paths: Sequence[Path]) -> Path:
    """The archive into which the files came by themselves, sound and equal to what is built anew."""
    for path in paths:
        take(folder / "each", path)
    before = dump(folder / "each")
    index(Archive(folder / "each"), rebuild=True)
    assert dump(folder / "each") == before
    assert unsound(folder / "each") == []
    return folder / "each"


OTHER = post(2, "Other", "2020-01-01T00:00:00")
CASES = {
    "the middle state of an edit": (
        [
            [shown(0, OTHER), shown(11, state(1))],
            [shown(10, state(0)), shown(12, state(2))],
        ],
        [(1, "edited"), (1, "edited")],
    ),
    "a state within a run that showed the item only later": (
        [[shown(1, OTHER), shown(9, state(1))], [shown(3, state(0))]],
        [(1, "edited")],
    ),
    "a list that tells of a refusal in a run beside it": (
        [[shown(0, state(0)), shown(9, OTHER)], [refused(5, 1), answer(f"{POSTS}/3", state(0, 3), at(20))]],
        [(1, "unpublished")],
    ),
    "a list in a run that begins later that day": (
        [[shown(0, state(0))], [refused(40, 1)], [shown(50, OTHER)]],
        [(1, "unpublished")],
    ),
    "a list that was closed later that day": (
        [
            [shown(0, state(0)), refused(5, 1)],
            [answer(POSTS, NO, at(6), 401), answer(f"{POSTS}?page=2", NO, at(7), 401)],
        ],
        [],
    ),
    "gone and back": (
        [
            [shown(0, state(0), OTHER), shown(9, state(0), OTHER)],
            [refused(5, 1, NONE), shown(20, OTHER)],
        ],
        [(1, "deleted"), (1, "restored")],
    ),
    "an edit and noise after it": (
        [
            [shown(0, state(0)), shown(6, {**state(1), "content": {"rendered": "<p>7 readers</p>"}})],
            [shown(5, state(1))],
        ],
        [(1, "edited")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_files_tell_one_by_one_is_what_they_tell_together(tmp_path: Path, case: str) -> None:
    parts, expected = CASES[case]
    paths = files(tmp_path, *parts)
    take(tmp_path / "one", *paths)
    assert changes(tmp_path / "one") == expected
    for number, order in enumerate((paths, paths[::-1])):
        each = one_by_one(tmp_path / str(number), order)
        assert told(each) == told(tmp_path / "one")


def _captured(chance: random.Random) -> Iterator[bytes]:
    """Some days of four articles that are edited, taken away and shown again, while the API is closed at times."""
    hour, closed, gone = 0.0, False, dict[int, dict[str, Any]]()
    numbers = dict.fromkeys(range(1, 5), 0)
    while (hour := hour + chance.choice((0.02, 0.2, 1, 3, 7))) < 60:
        closed = closed is not (chance.random() < 0.05)
        for wp_id in numbers:
            numbers[wp_id] += chance.random() < 0.2 and numbers[wp_id] < 29
            if chance.random() < 0.1 and not gone.pop(wp_id, None):
                gone[wp_id] = chance.choice((NO, NONE))
        one, asked = chance.randint(1, 4), chance.choice(("", "?per_page=3", "?orderby=modified"))
        if chance.random() < 0.4:
            seen = [_noisy(chance, state(numbers[n], n)) for n in numbers if n not in gone and chance.random() < 0.7]
            yield answer(f"{POSTS}{asked}", NO, at(hour), 401) if closed else shown(hour, *seen, asked=asked)
        elif closed or one in gone:
            yield refused(hour, one, NO if closed else gone[one])
        else:
            yield answer(f"{POSTS}/{one}", _noisy(chance, state(numbers[one], one)), at(hour))


def _noisy(chance: random.Random, item: dict[str, Any]) -> dict[str, Any]:
    counted = f"<p>{item['title']['rendered']} <i>{chance.randrange(9)} readers</i></p>"
    return {**item, "content": {"rendered": counted}} if chance.random() < 0.3 else item


def _divided(chance: random.Random, records: Sequence[bytes]) -> list[list[bytes]]:
    """Shuffled among up to four files, or in stretches of them."""
    parts: list[list[bytes]] = [[] for _ in range(chance.randint(2, 4))]
    stay, number = chance.choice((0.0, 0.8)), 0
    for one in records:
        number = number if chance.random() < stay else chance.randrange(len(parts))
        parts[number].append(one)
    return [part for part in parts if part]


@pytest.mark.parametrize("seed", range(6))
def test_random_histories_are_told_the_same(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    paths = files(tmp_path, *_divided(chance, list(_captured(chance))))
    take(tmp_path / "one", *paths)
    chance.shuffle(paths)
    assert told(one_by_one(tmp_path, paths)) == told(tmp_path / "one")


@pytest.fixture
def held(tmp_path: Path) -> tuple[Path, list[list[tuple[Any, ...]]]]:
    """An archive with overlapping imports, the last of which isn't indexed; and what they tell together."""
    chance = random.Random(41)
    records = list(_captured(chance))
    paths = files(tmp_path, records[::3], records[1::3], records[2::3])
    take(tmp_path / "one", *paths)
    take(tmp_path / "archive", *paths[:2])
    import_files(Archive(tmp_path / "archive"), paths[2:])
    return tmp_path / "archive", told(tmp_path / "one")


def test_an_index_that_was_cut_off_goes_on_where_it_was(
    held: tuple[Path, list[list[tuple[Any, ...]]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, expected = held
    monkeypatch.setattr(site_indexer, "_CHUNK", 1)  # commit after every answer
    monkeypatch.setattr(site_indexer, "_REPORT_EVERY", 1)
    read: list[int] = []

    def cut(_: Progress) -> None:
        read.append(0)
        if len(read) in (9, 20, 21, 40):
            raise KeyboardInterrupt

    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            index(Archive(root), progress=cut)
        assert unsound(root) == []
    index(Archive(root))
    assert told(root) == expected
    before = dump(root)
    index(Archive(root), rebuild=True)
    assert dump(root) == before


@pytest.mark.parametrize("much", [0, 3000, 9000])
def test_another_process_goes_on_between_two_runs(
    held: tuple[Path, list[list[tuple[Any, ...]]]], monkeypatch: pytest.MonkeyPatch, much: int
) -> None:
    root, expected = held
    for name, value in (("_WORTH_IT", 0), ("_MUCH", much), ("_HEAVY", 0)):
        monkeypatch.setattr(reader_process, name, value)
    monkeypatch.setattr(reader_process, "_cores", lambda: 2)
    index(Archive(root), rebuild=True)
    assert told(root) == expected


def test_more_runs_than_files_may_be_open(
    held: tuple[Path, list[list[tuple[Any, ...]]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, expected = held
    monkeypatch.setattr(reading_order, "_MOST", 1)
    index(Archive(root))
    assert told(root) == expected
    assert unsound(root) == []


def test_a_run_after_another_leaves_what_is_indexed(tmp_path: Path) -> None:
    """Only what overlaps is read again: else each day's import would cost as much as all before it."""
    take(tmp_path, *files(tmp_path, [shown(0, state(0)), shown(5, OTHER)]))
    path = write(tmp_path, "next", [info(), shown(8, state(1))])
    import_files(Archive(tmp_path), [path])
    assert index(Archive(tmp_path)).captures == 1
    assert changes(tmp_path) == [(1, "edited")]
