"""What changes without anybody having changed it makes no difference to either digest; everything else does."""

import json
from pathlib import Path
from typing import Any

import pytest

from wparchive.errors import ConfigError
from wparchive.wordpress.changes.differences import compare
from wparchive.wordpress.changes.digests import payload_sha256, text_sha256
from wparchive.wordpress.changes.noise import NOISE, TABLE, Noise
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.payload.payload import read

DATA = Path(__file__).parent / "data"


def load(name: str) -> list[dict[str, Any]]:
    return [item.value for item in items(read((DATA / name).read_bytes()))]


def changed(item: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**item, **fields}


def digests(item: dict[str, Any], noise: Noise = NOISE) -> tuple[str, str]:
    return payload_sha256(item, noise), text_sha256(item, noise)


POST = load("posts-pretty.json")[0]


def test_same_post_alone_and_second_on_a_page_is_the_same() -> None:
    """Core numbers galleries through a whole response."""
    alone = load("gallery-alone.json")[0]
    second = load("gallery-second.json")[1]
    assert alone["content"] != second["content"]
    assert digests(alone) == digests(second)


def test_pretty_and_plain_permalinks_differ_in_links_only() -> None:
    pretty, plain = load("posts-pretty.json"), load("posts-plain.json")
    for one, other in zip(pretty, plain, strict=True):
        assert text_sha256(one) == text_sha256(other)
        assert one["_links"] != other["_links"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<div id='gallery-3' class='gallery'>", "<div id='gallery-1' class='gallery'>"),
        (
            "<dt class='gallery-icon landscape'>\n<a href='https://x.example/2019/a-post/photo/'><img src='p.jpg'></a>",
            "<dt class='gallery-icon landscape'>\n<a href='https://x.example/?attachment_id=7'><img src='p.jpg'></a>",
        ),
        (
            '<img aria-describedby="gallery-3-44" id="gallery-3-44">',
            '<img aria-describedby="gallery-1-44" id="gallery-1-44">',
        ),
        ('<div class="wp-container-12 x">', '<div class="wp-container-3 x">'),
        (
            '<div class="wp-container-core-group-is-layout-1a2b3c4d">',
            '<div class="wp-container-core-group-is-layout-7">',
        ),
        ('<div id="wpcf7-f12-p34-o1">', '<div id="wpcf7-f12-p34-o2">'),
        (
            '<video id="video-12-1" src="https://x.test/v.mp4?_=1">',
            '<video id="video-12-4" src="https://x.test/v.mp4?_=4">',
        ),
        ('<img loading="lazy" src="x">', '<img src="x">'),
        ('<img fetchpriority="high" decoding="async" src="x">', '<img src="x">'),
        ('<img sizes="auto, 100vw">', '<img sizes="100vw">'),
        ('<a href="?x=1&amp;_wpnonce=0123456789">', '<a href="?x=1&amp;_wpnonce=abcdef0123">'),
        ('<div class="booster-block booster-reactions-block"><span>9</span></div>', ""),
        ('<div class="sharedaddy sd-sharing-enabled"><div>3 shares</div></div>', ""),
        ("<div id='jp-relatedposts' class='x'>Related</div>", ""),
        ('<span class="span-reading-time rt-reading-time">4 min</span>', '<span class="rt-reading-time">5 min</span>'),
        ('<div class="post-views content-post post-1 entry-meta">12</div>', '<div class="post-views">13</div>'),
        ('<div class="wp_ulike_general_class">5</div>', '<div class="wp_ulike_general_class">6</div>'),
    ],
)
def test_noise_in_html_is_levelled(one: str, other: str) -> None:
    with_one = changed(POST, content={"rendered": f"<p>a</p>{one}<p>b</p>", "protected": False})
    with_other = changed(POST, content={"rendered": f"<p>a</p>{other}<p>b</p>", "protected": False})
    assert digests(with_one) == digests(with_other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>five</p>", "<p>six</p>"),
        ("<p>gallery-3</p>", "<p>gallery-4</p>"),
        ('<div class="gallery-columns-3">', '<div class="gallery-columns-4">'),
        ('<a href="https://x.test/?p=1">x</a>', '<a href="https://x.test/?p=2">x</a>'),
        ('<img src="https://x.test/1.jpg">', '<img src="https://x.test/2.jpg">'),
        ('<div class="wp-image-12">', '<div class="wp-image-13">'),
    ],
)
def test_what_is_no_noise_makes_a_difference(one: str, other: str) -> None:
    with_one = changed(POST, content={"rendered": one})
    with_other = changed(POST, content={"rendered": other})
    assert payload_sha256(with_one) != payload_sha256(with_other)


@pytest.mark.parametrize(
    "fields",
    [
        {"_links": {}},
        {"class_list": ["x"]},
        {"aioseo_notices": [1]},
        {"yoast_head": "x", "yoast_head_json": {}},
        {"jetpack-related-posts": [{"id": 1}]},
        {"avatar_urls": {"24": "x"}},
    ],
)
def test_fields_that_are_no_content_make_no_difference(fields: dict[str, Any]) -> None:
    assert digests(changed(POST, **fields)) == digests(POST)


def test_noise_inside_meta() -> None:
    one = changed(POST, meta={"rop_publish_now_status": "pending", "lab_rating": 1})
    other = changed(POST, meta={"rop_publish_now_status": "done", "lab_rating": 1})
    assert digests(one) == digests(other)
    assert payload_sha256(one) != payload_sha256(changed(POST, meta={"lab_rating": 2}))


@pytest.mark.parametrize("field", ["slug", "status", "categories", "featured_media", "modified_gmt", "sticky"])
def test_every_other_field_makes_a_difference_to_the_payload_only(field: str) -> None:
    other = changed(POST, **{field: "changed"})
    assert payload_sha256(other) != payload_sha256(POST)
    assert text_sha256(other) == text_sha256(POST)


def test_count_is_noise_in_a_term_only() -> None:
    term = load("categories-pretty.json")[0]
    assert digests(term) == digests(changed(term, count=term["count"] + 1))
    assert payload_sha256(changed(POST, count=1)) != payload_sha256(changed(POST, count=2))


def test_order_of_keys_makes_no_difference() -> None:
    assert payload_sha256(dict(reversed(POST.items()))) == payload_sha256(POST)


def test_order_of_terms_makes_no_difference_and_their_set_does() -> None:
    """WordPress orders the terms of an item by name: a tag that is renamed is no edit of the posts that have it."""
    one, other = changed(POST, tags=[21, 23, 9], mood=[5, 4]), changed(POST, tags=[23, 9, 21], mood=[4, 5])
    assert digests(one) == digests(other)
    assert compare(one, other, NOISE, taxonomies={"tags", "mood"}).fields == ()
    assert compare(one, changed(one, tags=[21, 9]), NOISE).fields == ("tags",)


def test_a_post_type_with_a_table_of_its_own_is_compared_as_posts_are() -> None:
    """A new table needs no fields named a second time: text is text there, too, and what is set is set."""
    before = {"title": {"rendered": "Chair"}, "status": "publish", "price": "5"}
    for after in ({"title": {"rendered": "Stool"}}, {"status": "private"}, {"price": "7"}):
        found = compare(before, {**before, **after}, NOISE, "lessons")
        assert found == compare(before, {**before, **after}, NOISE, "posts")
        assert found.fields == tuple(after)


def test_a_field_that_holds_only_noise_reads_as_an_empty_one() -> None:
    """A counter that appears in a post without text, and in the excerpt that WordPress makes of it, is no edit."""
    empty = changed(POST, content={"rendered": ""}, excerpt={"rendered": ""})
    counter = '<div class="post-views">3 views</div>'
    counted = changed(POST, content={"rendered": counter}, excerpt={"rendered": "<p>3 views</p>"})
    assert digests(empty) == digests(counted)
    assert compare(empty, counted, NOISE).change is None


def test_config_extends_the_table() -> None:
    noise = Noise.of(("field:lab_*", "class:lab-counter", r"id:\blab-(\d+)"))
    one = changed(POST, lab_x=1, content={"rendered": "<i class='lab-counter'>1</i><p data-x='lab-1'>a</p>"})
    other = changed(POST, lab_x=2, content={"rendered": "<i class='lab-counter'>2</i><p data-x='lab-2'>a</p>"})
    assert digests(one) != digests(other)
    assert digests(one, noise) == digests(other, noise)


@pytest.mark.parametrize("wrong", ["", "x", "field:", "what:x", "id:(", "class"])
def test_wrong_config_is_a_config_error(wrong: str) -> None:
    with pytest.raises(ConfigError, match="noise"):
        Noise.of((wrong,))


def test_table_is_written_as_config_is() -> None:
    assert all(entry.split(":")[0] in ("field", "class", "attribute", "input", "id") for entry in TABLE)


def test_digests_are_what_they_were() -> None:
    """A digest that changes makes every item of every archive look edited: think twice before touching this."""
    item = json.loads(
        '{"id":1,"title":{"rendered":"A &amp; B"},"content":{"rendered":"<p>caf\\u00e9</p>"},"excerpt":{"rendered":""}}'
    )
    assert digests(item) == (
        "90d58b097abcbd33f0d4af3d07a1d0148a9d3d43f13ef5497debb65c936800fd",
        "caa9f09a3737179290d3ace0a9880102f895b83a44b974e544c77b9a9b9b4055",
    )
