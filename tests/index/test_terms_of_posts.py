"""`post_terms`: which terms an item names, told by its links, or by the site's taxonomies where it has none."""

from typing import Any

import pytest
from archives import COLLECTIONS, ROOT, World, post

GENRES = {"route": "/wp/v2/genres", "type": "genre", "table": "terms", "skipped": None}
SHELVES = {"route": "/library/v1/shelves", "type": "shelf", "table": "terms", "skipped": None}
OTHER_TAGS = {"route": "/library/v1/tags", "type": "library_tag", "table": "terms", "skipped": None}
CORE = {("category", 3), ("category", 4), ("post_tag", 7)}
NO_TERM_LINKS = {"self": [{"href": f"{ROOT}/wp/v2/posts/1"}]}


def terms(world: World, item: dict[str, Any]) -> set[tuple[str, int]]:
    """What the index makes of an item of a site with taxonomies of its own."""
    run = world.run().site()
    run.fact("collections", [*COLLECTIONS, GENRES, SHELVES, OTHER_TAGS])
    run.get("/wp/v2/posts", [item])
    run.end()
    world.index()
    stepwise = world.dump()
    assert world.rebuilt() == stepwise
    return set(world.rows("SELECT taxonomy, term FROM post_terms WHERE type = 'post' AND wp_id = 1"))


@pytest.mark.parametrize("links", [None, {}, [], NO_TERM_LINKS], ids=["none", "empty", "empty list", "no terms"])
def test_without_links_the_fields_of_the_taxonomies_name_the_terms(world: World, links: Any) -> None:
    """Core's own and the site's own, whatever their namespace; no link is made up."""
    item = post(1, genres=[5, "6"], shelves=[8], shelf=[9], _links=links)
    if links is None:
        del item["_links"]
    assert terms(world, item) == CORE | {("genre", 5), ("genre", 6), ("shelf", 8)}
    assert world.one("SELECT count(*) FROM links") == len(links or ())


def test_links_that_name_taxonomies_are_believed_alone(world: World) -> None:
    """A plug-in's field that happens to have a taxonomy's name isn't a list of its terms."""
    assert terms(world, post(1, genres=[5])) == CORE


@pytest.mark.parametrize("value", [None, "5", 5, {"5": 1}, [None, True, {}, "x", 1.5, []]])
def test_a_field_that_lists_no_ids_names_no_terms(world: World, value: Any) -> None:
    assert terms(world, post(1, genres=value, _links={})) == CORE
