"""The table of plug-ins as a site of its own: run after run nothing but edits is observed, one for each."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from archives import ROOT, World, post

sys.path.insert(0, str(Path(__file__).parents[1] / "wordpress_pure"))

from plugins import ROWS

POSTS = "/wp/v2/posts"
_OWN = re.compile(r"(posts(?:\\?/|%2F))1\b")  # the item's own number in the URL that it was asked for with
LIST = f"{POSTS}?order=asc&orderby=id&per_page=100"


def crawl(world: World, articles: list[str], **fields: Any) -> None:
    """A run over a site of these articles."""
    items = [post(number, _OWN.sub(rf"\g<1>{number}", html), **fields) for number, html in enumerate(articles, 1)]
    run = world.run().site()
    for at in range(0, len(items), 100):
        capture = run.get(f"{LIST}&page={at // 100 + 1}", items[at : at + 100])
    run.proof(POSTS, "post", capture, stated=len(items), held=len(items))
    run.end()


def observed(world: World) -> list[tuple[Any, ...]]:
    """Post, change and fields of every observation."""
    found = world.rows("SELECT wp_id, change, fields FROM observations ORDER BY wp_id, rowid")
    return [(wp_id, change, json.loads(fields) if fields else None) for wp_id, change, fields in found]


def test_what_plugins_vary_makes_no_observation_and_no_version_and_an_edit_on_top_exactly_one(world: World) -> None:
    own = ROOT.removesuffix("/wp-json")
    one = [f"<p>Before.</p>{row.one}<p>After.</p>".replace("https://example.org", own) for row in ROWS]
    other = [f"<p>Before.</p>{row.other}<p>After.</p>".replace("https://example.org", own) for row in ROWS]
    edited = [html.replace("Before.", "Edited.") for html in one]
    crawl(world, one)
    crawl(world, other)
    world.index()
    assert observed(world) == []
    assert world.one("SELECT count(*) FROM versions") == len(ROWS)
    crawl(world, edited, modified_gmt="2026-02-01T00:00:00")
    world.index()
    assert observed(world) == [(number, "edited", ["content", "modified_gmt"]) for number in range(1, len(ROWS) + 1)]
    assert world.one("SELECT count(*) FROM versions") == 2 * len(ROWS)
    before = world.dump()
    assert world.rebuilt() == before
