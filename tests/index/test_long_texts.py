"""Texts of megabytes are kept whole and read in part: that is a flag and no gap, and no change is missed."""

import json
import tracemalloc
from typing import Any

import pytest
from archives import World, post

from wparchive.ask import status
from wparchive.index.items.catalogue import Identity
from wparchive.index.items.items import Source, find
from wparchive.wordpress.changes.differences import ChangeKind, compare
from wparchive.wordpress.changes.digests import payload_sha256, text_sha256
from wparchive.wordpress.changes.noise import NOISE
from wparchive.wordpress.payload.document import Item
from wparchive.wordpress.reading import READ, is_long
from wparchive.wordpress.text import plain, references, visible_text

M = 1 << 20
LONG = "<p>word</p>" * (READ // 11 + 100)
PICTURE = "data:image/png;base64," + "AbC9+/01" * (M // 8)


def whole(world: World, *versions: dict[str, Any]) -> list[str]:
    """The ids of the captures of runs that found the post as it is in `versions`."""
    captures = []
    for item in versions:
        run = world.run()
        run.site()
        captures.append(run.get("/wp/v2/posts", [item]).capture)
        run.end()
    return captures


def flags(world: World) -> list[str]:
    return [row[0] or "" for row in world.rows("SELECT flags FROM captures WHERE route LIKE '%posts%' ORDER BY rowid")]


def test_the_columns_hold_the_html_as_sent_and_what_is_read_of_it_is_a_flag(world: World) -> None:
    """A site with one long post is complete: that it is read in part is no gap. A rebuild tells the same."""
    html = f"{LONG}<a href='http://y.test/'>last</a>"
    whole(world, post(1, html, excerpt={"rendered": html}))
    report = world.index()
    content, excerpt, text = world.rows("SELECT content, excerpt, text FROM posts")[0]
    assert content == excerpt == html
    assert world.one("SELECT content FROM versions") == html
    assert text.startswith("word")
    assert "last" not in text
    assert flags(world) == ['["read-in-part"]']
    assert world.one("SELECT error FROM captures WHERE flags IS NOT NULL") is None
    assert report.unheld["example.org"] == []
    assert world.one("SELECT count(*) FROM gaps") == 0
    assert [site.read_in_part for site in status(world.archive.database)] == [1]
    assert world.dump() == world.rebuilt()


def test_what_differs_only_behind_what_is_read_is_another_version(world: World) -> None:
    """An edit, as `modified` says; no version is taken for the other."""
    whole(world, *(post(1, LONG + end, modified_gmt=f"2026-01-03T0{n}:00:00") for n, end in enumerate("ab")))
    world.index()
    assert world.one("SELECT count(*) FROM versions") == 2
    assert world.one("SELECT count(DISTINCT text_sha256) FROM versions") == 2
    assert world.rows("SELECT change FROM observations") == [("edited",)]


def test_pictures_inside_a_text_are_passed_over_so_that_it_is_read_whole(world: World) -> None:
    """As they are pasted into posts, in base64: what stands behind them is text, points somewhere, and is no flag."""
    pictures = "".join(f'<img src="{PICTURE}{n}"/><p>word {n}</p>' for n in range(4))
    html = f"{pictures}<p style=\"background:url('{PICTURE}')\">end</p><a href='http://y.test/last'>last</a>"
    whole(world, post(1, html, excerpt={"rendered": ""}))
    assert world.index().unheld["example.org"] == []
    content, text = world.rows("SELECT content, text FROM posts")[0]
    assert content == html
    assert text == "word 0\nword 1\nword 2\nword 3\nend\nlast"
    assert world.rows("SELECT url FROM outbound") == [("http://y.test/last",)]
    assert flags(world) == [""]


def test_another_picture_inside_a_long_text_is_another_version() -> None:
    """Of the same text: a reader sees another picture, no other words."""
    before, after = (post(1, f'{LONG[: READ - 100]}<img src="{PICTURE}{end}"/>') for end in "ab")
    assert not any(is_long(one["content"]["rendered"]) for one in (before, after))
    assert payload_sha256(before) != payload_sha256(after)
    assert text_sha256(before) == text_sha256(after)
    assert compare(before, after, NOISE).change is ChangeKind.MARKUP_CHANGED


@pytest.mark.parametrize("field", ["content", "excerpt", "title"])
def test_no_difference_is_missed_and_none_is_called_markup_that_nobody_looked_at(field: str) -> None:
    before, after = ({**post(1), field: {"rendered": LONG + end}} for end in ("a", "b"))
    assert payload_sha256(before) != payload_sha256(after)
    assert text_sha256(before) != text_sha256(after)
    assert compare(before, after, NOISE).change is ChangeKind.SILENTLY_EDITED


def test_what_never_ends_hides_no_difference_behind_it() -> None:
    """A style that isn't closed takes all that is read, and would take whatever stands for the rest."""
    before, after = (post(1, "<style>" + "a" * READ + end) for end in ("a", "b"))
    assert payload_sha256(before) != payload_sha256(after)
    assert text_sha256(before) != text_sha256(after)


def test_up_to_that_length_nothing_is_left_out(world: World) -> None:
    exact = f"<p>{LONG[: READ - 50]}"[: READ - 50].ljust(READ - 7, ".") + "<p>last"
    assert visible_text(exact).endswith("last")
    assert NOISE.denoised(exact).endswith("last")
    assert not plain(f"{exact}more").endswith("more")
    assert len(list(references("<img src=//x.test/a>" * (READ // 20), "http://x.test/"))) == 1
    whole(world, post(1, exact))
    assert world.index().unheld["example.org"] == []
    assert world.one("SELECT content FROM posts") == exact
    assert flags(world) == [""]


def test_megabytes_of_addresses_in_fields_are_compared_as_they_are_in_any_order() -> None:
    """Of a few, versions of files are noise; where there are megabytes of them nobody looks, and nothing is missed."""
    few, many = ([f"http://x.test/a.js?ver={n}" for n in range(count)] for count in (10, READ // 20))
    other = {"few": ["http://x.test/a.js?ver=later", *few[1:]], "many": ["http://x.test/a.js?ver=later", *many[1:]]}
    assert payload_sha256({"meta": {"a": few}}) == payload_sha256({"meta": {"a": other["few"]}})
    assert payload_sha256({"meta": {"a": many}}) != payload_sha256({"meta": {"a": other["many"]}})
    assert payload_sha256({"meta": {"a": many}, "acf": few}) == payload_sha256({"acf": few, "meta": {"a": many}})


def test_a_tag_of_thousands_of_words_is_left_as_it_is() -> None:
    usual, endless = (f"<p data-x='{' wp-container-12' * count}'>" for count in (10, 30_000))
    assert NOISE.denoised(endless) == endless
    assert NOISE.denoised(usual) != usual


@pytest.mark.usefixtures("must_end")
def test_an_item_of_megabytes_takes_few_copies_of_them() -> None:
    """Whatever it holds: one to write it as JSON, and what reading the part that is read takes."""
    item = post(1, "<img src=a>" * (24 * M // 11))
    read = Item(item, json.dumps(item))
    source = Source("c", "2026-01-01T00:00:00Z")
    tracemalloc.start()
    found = find(Identity("posts", "post", 1), read, source, NOISE)
    built = found.build(source, NOISE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 130 * M, f"{peak / M:.0f} MB"
    assert built.row["content"] == item["content"]["rendered"]
    assert len(built.row["text"]) <= READ + 200
    assert len(built.outbound) <= READ // 5
