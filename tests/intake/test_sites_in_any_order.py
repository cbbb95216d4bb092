"""Addresses that are one site, whichever import shows that: what has a folder keeps it, and each answer is held once."""

from itertools import permutations
from pathlib import Path

import pytest
from intakekit import dump, rows, take, unsound
from writers import answer, http, info, post, record, write

from wparchive.index import index
from wparchive.store import Archive

OLD, NEW, THIRD = "https://old.example", "https://new.example", "https://third.example"
LIST = "/wp-json/wp/v2/posts"


def of(home: str, number: int, at: str) -> bytes:
    return answer(f"{LIST}/{number}", post(number, f"{home} {number}", home=home), at, home=home)


def names(home: str, other: str, at: str) -> bytes:
    """The index of a site at one address that calls another its home."""
    value = {"name": "N", "home": other, "url": other, "namespaces": ["wp/v2"], "routes": {}}
    return answer("/wp-json/", value, at, home=home)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The old address, the new one, and what shows that both are one."""
    moved = record(
        "response", f"{OLD}/wp-json/", "2021-06-01T00:00:00Z", http(301, b"", [("Location", f"{NEW}/wp-json/")])
    )
    records = {
        "old": [of(OLD, 1, "2020-01-01T00:00:00Z"), of(OLD, 2, "2020-01-01T00:01:00Z")],
        "new": [of(NEW, 1, "2022-01-01T00:00:00Z"), of(NEW, 3, "2022-01-01T00:01:00Z")],
        "proof": [moved, names(NEW, OLD, "2021-06-01T00:01:00Z"), of(OLD, 4, "2021-06-01T00:02:00Z")],
    }
    return {name: write(tmp_path, name, [info(), *some]) for name, some in records.items()}


def folders(root: Path) -> list[str]:
    return [site.name for site in Archive(root).sites()]


def is_sound(root: Path) -> bool:
    before = dump(root)
    index(Archive(root), rebuild=True)
    return unsound(root) == [] and dump(root) == before


@pytest.mark.parametrize(
    "order", [*permutations(("old", "new", "proof")), ("old", "proof+new"), ("proof+new", "old"), ("old+new+proof",)]
)
def test_every_answer_is_held_once_in_any_order(tmp_path: Path, files: dict[str, Path], order: tuple[str, ...]) -> None:
    root = tmp_path / "archive"
    for some in order:
        take(root, *(files[name] for name in some.split("+")))
    assert rows(root, "SELECT count(*), count(DISTINCT capture) FROM captures") == [(6, 6)]
    # Only where both had folders before it was shown that they are one are these two.
    assert len(folders(root)) == (2 if {*order[:2]} == {"old", "new"} else 1)
    for again in ([files["old"]], [files["new"]], [*files.values()]):
        assert [site.answers for site in take(root, *again).sites if site.answers] == []
    assert rows(root, "SELECT count(*) FROM captures") == [(6,)]
    assert is_sound(root)


def test_that_two_sites_are_one_is_said_where_they_stay_two(tmp_path: Path, files: dict[str, Path]) -> None:
    root = tmp_path / "archive"
    assert [site.apart for name in ("old", "new") for site in take(root, files[name]).sites] == [[], []]
    told = {site.site: site.apart for site in take(root, files["proof"]).sites}
    assert told == {"old.example": ["new.example"], "new.example": ["old.example"]}


def test_an_address_that_joins_a_site_stays_there_whatever_comes_before_it_in_time(tmp_path: Path) -> None:
    """The newest file of the site is from before the join, and was written by an import that knew one address only."""
    root = tmp_path / "archive"
    take(root, write(tmp_path, "late", [info(), of(NEW, 1, "2023-01-01T00:00:00Z")]))
    both = [names(OLD, NEW, "2020-01-01T00:00:00Z"), names(NEW, OLD, "2020-01-01T00:00:01Z")]
    take(root, write(tmp_path, "both", [info(), *both]))
    take(root, write(tmp_path, "old", [info(), of(OLD, 2, "2019-01-01T00:00:00Z")]))
    assert folders(root) == ["new.example"]
    third = [names(OLD, THIRD, "2019-06-01T00:00:00Z"), names(THIRD, OLD, "2019-06-01T00:00:01Z")]
    take(root, write(tmp_path, "third", [info(), *third]))
    take(
        root,
        write(tmp_path, "more", [info(), of(THIRD, 5, "2018-01-01T00:00:00Z"), of(OLD, 6, "2018-01-01T00:00:01Z")]),
    )
    assert folders(root) == ["new.example"]
    assert {Archive(root).site_at(home) for home in (OLD, NEW, THIRD)} == {"new.example"}
    assert is_sound(root)
