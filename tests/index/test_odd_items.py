"""Any JSON in any field: nothing is raised, and what can be kept is kept."""

import json
import sqlite3
from contextlib import closing
from typing import Any

from archives import World, post
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wparchive.index.items.outbound import MOST_PLACES, outbound
from wparchive.index.items.post_terms import post_terms
from wparchive.index.items.rows import BUILDERS, counted, object_row, revision, version
from wparchive.index.schema import TABLES
from wparchive.wordpress.changes.noise import NOISE

FIELDS = [
    *("title", "content", "excerpt", "caption", "description", "author", "parent", "post", "sticky", "categories"),
    *("tags", "media_details", "source_url", "name", "link", "guid", "date", "modified_gmt", "alt_text", "author_name"),
    *("type", "slug", "count", "url", "_links"),
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(alphabet=st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS, "rendered", "protected"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES | st.builds(lambda v: {"rendered": v}, VALUES)))
def test_rows_of_any_object_fit_their_table(item: dict[str, Any]) -> None:
    """Every builder gives only columns of its table, with values that SQLite takes."""
    with closing(sqlite3.connect(":memory:")) as conn:
        for table, build in BUILDERS.items():
            row = build(item, NOISE)
            assert set(row) <= set(TABLES[table].columns)
            assert set(version(table, row)) <= set(TABLES["versions"].columns)
            found = [*row.values(), *(value for link in outbound(table, row) for value in link)]
            conn.execute("SELECT " + ", ".join("?" * len(found[:900])), found[:900])
        assert set(revision(item)) <= set(TABLES["revisions"].columns)
        conn.execute("SELECT ?", list(object_row(item).values()))
        for taxonomy, term in post_terms(item, {}):
            conn.execute("SELECT ?, ?", (taxonomy, term))
        conn.execute("SELECT ?, ?", counted(item))


def test_builders_give_every_column_that_an_item_decides() -> None:
    """So that no upsert writes NULL over what another capture said: all rows of a table have one set of columns."""
    for table, build in BUILDERS.items():
        assert set(build({}, NOISE)) == set(build(post(1), NOISE))
        held = {"site", "type", "taxonomy", "wp_id", "payload_sha256", "text_sha256", "first_seen", "last_seen", "gone"}
        held |= {"gone_since", "missing_since", "privilege", "partial", "capture", "raw", "language", "via"}
        assert set(TABLES[table].columns) <= set(build({}, NOISE)) | held


def test_wrong_types_and_bad_text_reach_the_database(world: World) -> None:
    """Lone surrogates, NUL, huge numbers, lists for maps: the row is there, the field NULL or cleaned."""
    odd = post(
        1, "<p>a\ud800b\0c</p>", author="12", parent=2**80, sticky="1", slug=["x"], link={}, title=[], categories={}
    )
    odd["_links"] = []
    media = {"id": 8, "type": "attachment", "media_details": [], "source_url": 5, "title": {"rendered": None}}
    run = world.run().site()
    run.get("/wp/v2/posts", [odd])
    run.get("/wp/v2/media", [media])
    run.end()
    world.index()
    query = "SELECT content, author, parent, sticky, slug, link, date FROM posts"
    assert world.rows(query) == [("<p>a\ufffdb\ufffdc</p>", 12, None, 1, None, None, "2026-01-02T03:04:05")]
    assert world.rows("SELECT wp_id, source_url, width FROM media") == [(8, None, None)]


def test_zero_dates_stay_as_written(world: World) -> None:
    """`-0001-11-30` is what WordPress wrote."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1, date="-0001-11-30T00:00:00", date_gmt=None)])
    run.end()
    world.index()
    assert world.rows("SELECT date, date_gmt FROM posts") == [("-0001-11-30T00:00:00", None)]


def test_of_an_item_that_points_to_a_million_places_some_are_listed(world: World) -> None:
    """And its capture says so, by a flag that a rebuild gives too; the item itself is whole."""
    run = world.run()
    run.site()
    html = "".join(f"<img src=//x.test/{n}.png>" for n in range(MOST_PLACES + 10))
    capture = run.get("/wp/v2/posts/1", post(1, html, link="http://x.test/1"))
    run.end()
    world.index()
    assert world.one("SELECT count(*) FROM outbound") == MOST_PLACES
    assert world.one("SELECT content FROM posts") == html
    flags, error = world.rows("SELECT flags, error FROM captures WHERE capture = ?", capture.capture)[0]
    assert (json.loads(flags), error) == (["read-in-part"], None)
    assert world.one("SELECT count(*) FROM gaps") == 0, "what is left out of a list is held: the texts name it"
    assert world.dump() == world.rebuilt()
