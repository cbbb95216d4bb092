"""`datasette archive.db`, without a plug-in: labels, facets, links and search work."""

import asyncio
import warnings
from typing import Any

from archives import SITE, World, post

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Datasette imports is Datasette's business
    from datasette.app import Datasette


def ask(world: World, *paths: str) -> list[Any]:
    """What Datasette answers."""

    async def run() -> list[Any]:
        datasette = Datasette([str(world.archive.database)])
        return [await datasette.client.get(path) for path in paths]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return asyncio.run(run())


def filled(world: World) -> World:
    """Two posts."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1), post(2, "<p>harbour</p>")])
    run.end()
    world.index()
    return world


def test_rows_are_linked_and_labelled(world: World) -> None:
    """Site and capture of a row are links that say what they are."""
    (page,) = ask(filled(world), "/archive/posts.json?_shape=objects&_labels=on")
    row = page.json()["rows"][0]
    assert row["site"] == {"value": SITE, "label": "Example"}
    assert row["capture"]["label"].startswith("200 /wp/v2/posts 2026-11-22T")
    (html,) = ask(world, "/archive/posts")
    assert "/archive/captures/urn~3Auuid~3A" in html.text


def test_a_captures_page_counts_what_was_read_from_it(world: World) -> None:
    """Incoming foreign keys: the posts of a listing."""
    filled(world)
    capture = world.one("SELECT capture FROM captures").replace(":", "~3A")
    (page,) = ask(world, f"/archive/captures/{capture}")
    assert page.status_code == 200
    assert "2 rows</a> from capture in posts" in " ".join(page.text.split())


def test_facets_and_search(world: World) -> None:
    """Counts by type and outcome, and the search box."""
    facets, links, found = ask(
        filled(world),
        "/archive/posts.json?_facet=type&_facet=status&_facet=site",
        "/archive/links.json?_facet=outcome&_facet=relation",
        "/archive/posts.json?_search=harbour&_shape=objects",
    )
    assert facets.json()["facet_results"]["type"]["results"][0]["count"] == 2
    assert links.json()["facet_results"]["outcome"]["results"]
    assert [row["wp_id"] for row in found.json()["rows"]] == [2]


def test_every_table_and_view_opens(world: World) -> None:
    """None of them fails, and the views say what they should."""
    filled(world)
    names = [name for (name,) in world.rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    wanted = [name for name in names if not name.startswith(("sqlite_", "_")) and "_fts" not in name]
    for name, page in zip(wanted, ask(world, *(f"/archive/{name}" for name in wanted)), strict=True):
        assert page.status_code == 200, name
    assert world.one("SELECT items FROM held") == 2
    assert world.rows("SELECT title, author FROM articles ORDER BY wp_id") == [("Post & 1", None), ("Post & 2", None)]
