"""What a listing claims to hold has a row, or there is a gap that names the ids, and everything that is said agrees with it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from archives import World, post

from wparchive.audit import verify
from wparchive.wordpress.listing.idranges import parsed, ranges, size, spelled, without

PAGE = "/wp/v2/posts?order=asc&orderby=id&per_page=100"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ((), ""),
        ((5,), "5"),
        ((3, 1, 2, 9), "1-3,9"),
        ((-2, -1, 0, 4), "-2-0,4"),
        ((1 << 62, 7, 7), f"7,{1 << 62}"),
    ],
)
def test_ids_are_put_on_record_as_ranges(given: tuple[int, ...], text: str) -> None:
    """`1-250,300`; read back they are the same, and what isn't a range is passed over."""
    assert spelled(ranges(given)) == text
    assert parsed(text) == ranges(given)
    assert parsed(f"{text},x,,3-1,") == ranges(given)
    assert size(ranges(given)) == len(set(given))


def test_ranges_are_compared_without_spreading_them_out() -> None:
    """A range of a billion ids costs as much as one of two."""
    assert without([(1, 10**12)], [(5, 5), (9, 10**12)]) == [(1, 4), (6, 8)]
    assert without([(1, 3), (7, 9)], [(2, 8)]) == [(1, 1), (9, 9)]
    assert without([(1, 3)], []) == [(1, 3)]
    assert without([], [(1, 3)]) == []
    assert parsed("1-5,3-9,9-12") == [(1, 12)]


def listed(world: World, shown: list[int], ids: str, **facts: object) -> str:
    """A run whose listing showed some posts, and claims `ids`; gives its name."""
    run = world.run().site()
    page = run.get(PAGE, [post(wp_id) for wp_id in shown])
    run.proof("/wp/v2/posts", "post", page, ids=ids, **{"how": "walk", "held": 4, "stated": 4, **facts})
    run.end()
    return run.store.run


def said(world: World) -> tuple[object, ...]:
    """Outcome and held of the last listing, exit code, gaps and outcome of the last run, the site's state."""
    query = (
        "SELECT l.outcome, l.held, r.exit_code, r.gaps, r.outcome, r.state, s.state FROM listings l "
        "JOIN runs r USING (run) JOIN sites s ON s.last_run = r.run"
    )
    (row,) = world.rows(query)
    return row


def test_rows_and_claim_agree(tmp_path: Path) -> None:
    """Nothing is said where every id has its row."""
    world = World(tmp_path)
    listed(world, [1, 2, 3, 9], "1-3,9")
    assert world.index().unheld == {"example.org": []}
    assert said(world) == ("complete", 4, 0, 0, "complete", "ok", "ok")
    assert list(verify(world.archive)) == []


def test_a_claim_without_a_row_is_a_gap_everywhere(tmp_path: Path) -> None:
    """Listing, run, site, gaps, `verify` and what `index` gives back all say it, and a rebuild says the same."""
    world = World(tmp_path)
    run = listed(world, [1, 3], "1-3,9")
    (unheld,) = world.index().unheld["example.org"]
    assert (unheld.route, unheld.run) == ("/wp/v2/posts", run)
    assert said(world) == ("short", 2, 3, 1, "incomplete", "partial", "partial")
    gaps = world.rows("SELECT run, route, first_position, reason FROM gaps")
    assert gaps == [(run, "/wp/v2/posts", None, "held by the listing, but in no row: ids 2, 9")]
    assert ["ids 2, 9" in finding.message for finding in verify(world.archive)] == [True]
    assert world.dump() == world.rebuilt()


def test_chosen_fields_are_no_holding(tmp_path: Path) -> None:
    """A row that only the fields of a sweep made holds nothing of the item."""
    world = World(tmp_path)
    run = world.run().site()
    run.get(PAGE, [post(1)])
    page = run.get("/wp/v2/posts?_fields=id,slug&order=asc&orderby=id&per_page=100", [{"id": 2, "slug": "two"}])
    run.proof("/wp/v2/posts", "post", page, ids="1-2", how="sweep")
    run.end()
    assert [one.reason for one in world.index().unheld["example.org"]] == ["held by the listing, but in no row: ids 2"]


def test_the_claim_of_an_incremental_run_stands_on_earlier_rows(tmp_path: Path) -> None:
    """What memory says is held is looked up as well; a claim that was looked up isn't again, one that failed is."""
    world = World(tmp_path)
    listed(world, [1, 2], "1-2", held=2)
    listed(world, [3], "1-3", how="check")
    listed(world, [3], "1-4", how="check")
    world.index()
    outcomes = world.rows("SELECT outcome FROM listings ORDER BY run")
    assert outcomes == [("complete",), ("complete",), ("short",)]
    listed(world, [3], "1-4", how="check")
    assert len(world.index().unheld["example.org"]) == 1
    listed(world, [4], "1-4", how="check")
    assert world.index().unheld == {"example.org": []}
    assert world.dump() == world.rebuilt()


def test_a_row_that_a_walk_did_not_count_is_named(tmp_path: Path) -> None:
    """The other direction: what a page of a complete walk shows is in its claim; what only its own id shows needn't be."""
    world = World(tmp_path)
    run = world.run().site()
    page = run.get(PAGE, [post(1), post(2)])
    run.get("/wp/v2/posts/77", post(77), kind="item")
    run.get("/wp/v2/posts?include=78", [post(78)])
    run.proof("/wp/v2/posts", "post", page, ids="1", how="walk")
    run.end()
    (unheld,) = world.index().unheld["example.org"]
    assert unheld.reason == "in a row, but not counted by the listing: ids 2"


def test_views_documents_and_lists_of_several_types(tmp_path: Path) -> None:
    """A filtered view is held to its collection's rows, a document to its objects, a post of another type to its own."""
    world = World(tmp_path)
    run = world.run().site()
    page = run.get(PAGE, [post(1), post(2, type="page")])
    view = run.get("/wp/v2/posts?parent=3", [post(5)])
    types = run.get("/wp/v2/types", {"post": {"slug": "post", "name": "Posts"}}, kind="types")
    run.proof("/wp/v2/posts", "post", page, ids="1-2", how="walk")
    run.proof("/wp/v2/posts?parent=3", "post", view, ids="5-6", how="walk")
    run.proof("/wp/v2/types", "type", types, ids="", slugs=["page", "post"], how="walk")
    run.end()
    found = {one.route: one.reason for one in world.index().unheld["example.org"]}
    assert found == {
        "/wp/v2/posts?parent=3": "held by the listing, but in no row: ids 6",
        "/wp/v2/types": "held by the listing, but in no row: page",
    }


def test_many_ids_are_named_in_part(tmp_path: Path) -> None:
    """A reason stays a line: twenty ranges, and how many ids there are beyond."""
    world = World(tmp_path)
    listed(world, [1], ",".join(str(wp_id) for wp_id in range(1, 101, 2)))
    (unheld,) = world.index().unheld["example.org"]
    assert unheld.reason.endswith(", 39, 41 and 29 more")


def test_a_row_that_was_taken_away_is_found_by_verify(tmp_path: Path) -> None:
    """Nothing of the record is missing, so only the claim tells."""
    world = World(tmp_path)
    listed(world, [1, 2], "1-2", held=2)
    world.index()
    with closing(sqlite3.connect(world.archive.database)) as conn, conn:
        conn.execute("DELETE FROM posts WHERE wp_id = 2")
    assert any("in no row: ids 2" in finding.message for finding in verify(world.archive))


def test_archives_of_earlier_versions_claim_no_ids(tmp_path: Path) -> None:
    """A proof without ids is held to nothing."""
    world = World(tmp_path)
    run = world.run().site()
    run.proof("/wp/v2/posts", "post", run.get(PAGE, [post(1)]), held=9)
    run.end()
    assert world.index().unheld == {"example.org": []}
    assert world.rows("SELECT outcome FROM listings") == [("complete",)]
