"""What others captured over the years becomes a history: edits and deletions that they prove, and nothing beyond."""

import shutil
from pathlib import Path

import pytest
from intakekit import changes, dump, rows, take, unsound
from writers import answer, exchange, info, post, refusal, write

LIST = "/wp-json/wp/v2/posts?per_page=10"
TOTAL = (("X-WP-Total", "2"), ("X-WP-TotalPages", "1"))
FRENCH = refusal("rest_post_invalid_id", 404, "Identifiant de publication non valide.")


def years() -> list[bytes]:
    """A list in 2019, 2021 and 2023, each with another text of post 1; post 2 asked for in 2025, and gone."""
    texts = {"2019": "First", "2021": "Second", "2023": "Third"}
    lists = [
        answer(
            LIST,
            [post(1, title, f"{year}-01-01T00:00:00"), post(2, "Other")],
            f"{year}-03-01T00:00:00Z",
            headers=TOTAL,
        )
        for year, title in texts.items()
    ]
    gone = answer("/wp-json/wp/v2/posts/2", FRENCH, "2025-03-01T00:00:00Z", 404)
    # Shorter than ever, yet no claim of a complete list: it proves nothing about what it lacks.
    short = answer(LIST, [post(1, "Third", "2023-01-01T00:00:00")], "2025-06-01T00:00:00Z")
    return [info(), *lists, gone, short]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("years")
    take(folder / "archive", write(folder, "years", years()))
    return folder / "archive"


def test_three_versions_two_edits_one_deletion_and_no_absence(archive: Path) -> None:
    assert len(rows(archive, "SELECT * FROM versions WHERE wp_id = 1")) == 3
    assert changes(archive) == [(1, "edited"), (1, "edited"), (2, "deleted")]
    assert rows(archive, "SELECT wp_id, gone, missing_since FROM posts ORDER BY wp_id") == [
        (1, None, None),
        (2, "deleted", None),
    ]


def test_the_deletion_is_proven_by_that_capture(archive: Path) -> None:
    proof = "SELECT k.url, k.code FROM observations o JOIN captures k ON k.capture = o.after WHERE o.change = 'deleted'"
    assert rows(archive, proof) == [("https://example.org/wp-json/wp/v2/posts/2", "rest_post_invalid_id")]


def test_nothing_of_it_is_called_complete(archive: Path) -> None:
    assert rows(archive, "SELECT * FROM listings") == []
    assert rows(archive, "SELECT DISTINCT mode, outcome FROM runs") == [("import", "imported")]
    assert rows(archive, "SELECT state FROM sites") == [("imported",)]
    shown = rows(archive, "SELECT route, stated, seen, pages, pages_seen FROM coverage ORDER BY first_at")
    assert shown == [*[("/wp/v2/posts", 2, 2, 1, 1)] * 3, ("/wp/v2/posts", None, 1, None, 1)]


def test_what_is_seen_of_a_list_is_counted_by_its_items_and_never_twice(tmp_path: Path) -> None:
    """Pages overlap when items are added between them; a search shows a part of the list by other rules than its order."""
    many = (("X-WP-Total", "9"), ("X-WP-TotalPages", "5"))
    base, at = "/wp-json/wp/v2/posts?", "2020-01-01T00:00:0{}Z"
    asked = {
        "per_page=2": [post(9, "Nine"), post(8, "Eight")],
        "per_page=2&page=2": [post(8, "Eight"), post(7, "Seven")],
        "search=six": [post(6, "Six")],
    }
    pages = [
        answer(base + query, items, at.format(number), headers=many)
        for number, (query, items) in enumerate(asked.items())
    ]
    take(tmp_path / "archive", write(tmp_path, "pages", [info(), *pages]))
    assert rows(tmp_path / "archive", "SELECT stated, seen, pages, pages_seen FROM coverage") == [(9, 3, 5, 2)]
    assert unsound(tmp_path / "archive") == []
    assert rows(tmp_path / "archive", "SELECT * FROM _wparchive_shown") == []


def test_links_that_nobody_asked_for_are_skipped(archive: Path) -> None:
    outcomes = {outcome for (outcome,) in rows(archive, "SELECT DISTINCT outcome FROM links")}
    assert "failed" not in outcomes


def test_nor_does_a_revision_fail_whose_history_nobody_asked_for(tmp_path: Path) -> None:
    """Nor when a later import looks at what the one before left open."""
    revisions = "https://example.org/wp-json/wp/v2/posts/1/revisions"
    links = {
        "version-history": [{"count": 1, "href": revisions}],
        "predecessor-version": [{"id": 7, "href": f"{revisions}/7"}],
    }
    one, two = (
        answer("/wp-json/wp/v2/posts/1", post(1, title, when) | {"_links": links}, when + "Z")
        for title, when in (("One", "2019-01-01T00:00:00"), ("Uno", "2021-01-01T00:00:00"))
    )
    other = answer("/wp-json/wp/v2/posts/2", post(2, "Two"), "2022-01-01T00:00:00Z")
    for number, made in enumerate((one, other, two)):
        take(tmp_path / "archive", write(tmp_path, f"part-{number}", [info(), made]))
        told = rows(tmp_path / "archive", "SELECT DISTINCT outcome FROM links WHERE relation LIKE '%version%'")
        assert told == [("skipped",)]
    assert unsound(tmp_path / "archive") == []


def test_it_is_sound_and_the_same_when_made_anew(archive: Path) -> None:
    assert unsound(archive) == []


def test_files_one_by_one_and_backwards_give_the_same_items(archive: Path, tmp_path: Path) -> None:
    head, *records = years()
    for number, one in reversed([*enumerate(records)]):
        take(tmp_path / "archive", write(tmp_path, f"part-{number}", [head, one]))
    assert unsound(tmp_path / "archive") == []
    assert changes(tmp_path / "archive") == changes(archive)
    for query in (
        "SELECT wp_id, title, first_seen, last_seen, gone, gone_since, missing_since FROM posts ORDER BY 1",
        "SELECT wp_id, title, first_seen, last_seen FROM versions ORDER BY wp_id, first_seen",
        "SELECT run, started_at FROM runs ORDER BY 1",
    ):
        assert rows(tmp_path / "archive", query) == rows(archive, query)


def test_the_same_file_again_adds_nothing(archive: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(archive, tmp_path / "archive")
    before = dump(copy)
    result = take(copy, write(tmp_path, "years", years()))
    assert [(site.answers, site.held) for site in result.sites] == [(0, 5)]
    assert dump(copy) == before


def test_a_wall_or_another_error_is_no_deletion(tmp_path: Path) -> None:
    """Only WordPress's own code about that very item says that it is gone."""
    at = "2024-03-01T00:00:00Z"
    walls = [
        answer("/wp-json/wp/v2/posts/2", {"error": "denied"}, at, 403),
        answer("/wp-json/wp/v2/posts/1", refusal("rest_no_route", 404, "No route"), at, 404),
    ]
    take(tmp_path / "archive", write(tmp_path, "walls", [*years()[:4], *walls]))
    assert [change for _, change in changes(tmp_path / "archive")] == ["edited", "edited"]


def test_an_item_of_its_own_after_the_list_is_no_news(tmp_path: Path) -> None:
    """Another tool took what it met: a first sighting is no appearance."""
    later = exchange("/wp-json/wp/v2/posts/3", post(3, "New"), "2024-03-01T00:00:00Z")
    take(tmp_path / "archive", write(tmp_path, "later", [*years()[:4], *later]))
    assert (3, "appeared") not in changes(tmp_path / "archive")
    assert rows(tmp_path / "archive", "SELECT kind FROM captures WHERE route = '/wp/v2/posts/3'") == [("item",)]


def covered(folder: Path, pages: list[tuple[str, list[int], int, int]], *more: bytes) -> list[tuple[object, ...]]:
    """The coverage of a list by these answers: a query, ids shown, the total and the pages stated."""
    said = [
        answer(
            f"/wp-json/wp/v2/posts{query}",
            [post(wp_id, "A") for wp_id in ids],
            f"2020-01-01T00:00:{number:02d}Z",
            headers=(("X-WP-Total", str(total)), ("X-WP-TotalPages", str(of))),
        )
        for number, (query, ids, total, of) in enumerate(pages)
    ]
    take(folder / "archive", write(folder, "covered", [info(), *said, *more]))
    assert unsound(folder / "archive") == []
    return rows(folder / "archive", "SELECT stated, seen, pages, pages_seen FROM coverage ORDER BY first_at")


def test_pages_are_counted_of_one_way_through_the_list(tmp_path: Path) -> None:
    """Pages of other sizes and orders show the same items, so they never add up; what is most of the list counts."""
    sizes = [("?per_page=2", [6, 5], 6, 3), ("?per_page=1", [6], 6, 6), ("?per_page=1&page=2", [5], 6, 6)]
    assert covered(tmp_path / "sizes", sizes) == [(6, 2, 6, 2)]
    orders = [("?per_page=3", [6, 5, 4], 6, 2), ("?per_page=3&order=asc", [1, 2, 3], 6, 2)]
    assert covered(tmp_path / "orders", orders) == [(6, 6, 2, 1)]
    offsets = [
        ("?per_page=2&offset=2", [4, 3], 6, 3),
        ("?per_page=2", [6, 5], 6, 3),
        ("?per_page=2&page=2", [4, 3], 6, 3),
    ]
    assert covered(tmp_path / "offsets", offsets) == [(6, 4, 3, 2)]
    between = [("?per_page=4&offset=1", [5, 4, 3, 2], 6, 2)]
    assert covered(tmp_path / "between", between) == [(6, 4, 2, 0)]


def test_a_part_of_a_list_states_nothing_of_the_whole(tmp_path: Path) -> None:
    """A search, a category or a language has totals of its own, even ones that are larger."""
    parts = ["?search=a", "?categories=3", "?lang=fr", "?after=2019-01-01T00:00:00", "?status=publish", "?include=1,2"]
    pages = [(query, [1, 2], 90 + number, 9) for number, query in enumerate(parts)]
    assert covered(tmp_path / "parts", pages) == []
    assert covered(tmp_path / "whole", [*pages, ("", [2, 1], 7, 4)]) == [(7, 2, 4, 1)]


def test_a_page_that_was_cut_or_is_an_error_is_not_seen(tmp_path: Path) -> None:
    at, many = "2020-01-01T00:01:00Z", (("X-WP-Total", "4"), ("X-WP-TotalPages", "2"))
    cut = answer(
        "/wp-json/wp/v2/posts?page=2", b'[{"id":2,"type":"po', at, headers=many, fields={"WARC-Truncated": "length"}
    )
    assert covered(tmp_path / "cut", [("", [4, 3], 4, 2)], cut) == [(4, 2, 2, 1)]
    fault = answer("/wp-json/wp/v2/posts?page=2", refusal("rest_forbidden", 401, "No."), at, headers=many)
    assert covered(tmp_path / "fault", [("", [4, 3], 4, 2)], fault) == [(4, 2, 2, 1)]
