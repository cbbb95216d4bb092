"""Of texts of megabytes the beginning is read, `raw` holds them whole, what was left out is said, and no change is missed."""

import json
import tracemalloc
from typing import Any

import pytest
from archives import World, post

from wparchive.index.items.catalogue import Identity
from wparchive.index.items.items import Source, find
from wparchive.wordpress.changes.differences import Change, compare
from wparchive.wordpress.changes.digests import payload_sha256, text_sha256
from wparchive.wordpress.changes.noise import NOISE
from wparchive.wordpress.payload.payload import Item
from wparchive.wordpress.text import READ, plain, references, visible_text

M = 1 << 20
LONG = "<p>word</p>" * (READ // 11 + 100)


def whole(world: World, *versions: dict[str, Any]) -> list[str]:
    """The ids of the captures of runs that found the post as it is in `versions`."""
    captures = []
    for item in versions:
        run = world.run()
        run.site()
        captures.append(run.get("/wp/v2/posts", [item]).capture)
        run.end()
    return captures


def test_the_columns_hold_what_is_read_and_raw_holds_all(world: World) -> None:
    """What was left out is a flag and a reason on the capture, and a gap of the run, in a rebuild too."""
    (capture,) = whole(world, post(1, f"{LONG}<a href='http://y.test/'>last</a>"))
    report = world.index()
    content, text, raw = world.rows("SELECT content, text, raw FROM posts")[0]
    assert content == LONG[:READ]
    assert text.startswith("word")
    assert "last" not in text
    assert json.loads(raw)["content"]["rendered"].endswith("last</a>")
    flags, error = world.rows("SELECT flags, error FROM captures WHERE capture = ?", capture)[0]
    assert "not-understood" in flags
    assert error == (
        f"1 has {len(LONG) + 33:,} characters of content, of which the first {READ:,} are read; "
        "the others are in raw alone"
    )
    assert [one.reason for one in report.unheld["example.org"]] == [error]
    assert world.one("SELECT reason FROM gaps") == error
    assert world.dump() == world.rebuilt()


def test_what_differs_only_behind_what_is_read_is_another_version(world: World) -> None:
    """An edit, as `modified` says; no version is taken for the other, though their columns are the same."""
    whole(world, *(post(1, LONG + end, modified_gmt=f"2026-01-03T0{n}:00:00") for n, end in enumerate("ab")))
    world.index()
    assert world.one("SELECT count(*) FROM versions") == 2
    assert world.one("SELECT count(DISTINCT text_sha256) FROM versions") == 2
    assert world.rows("SELECT change FROM observations") == [("edited",)]


@pytest.mark.parametrize("field", ["content", "excerpt", "title"])
def test_no_difference_is_missed_and_none_is_called_markup_that_nobody_looked_at(field: str) -> None:
    before, after = ({**post(1), field: {"rendered": LONG + end}} for end in ("a", "b"))
    assert payload_sha256(before) != payload_sha256(after)
    assert text_sha256(before) != text_sha256(after)
    assert compare(before, after, NOISE).change is Change.SILENTLY_EDITED


def test_what_never_ends_hides_no_difference_behind_it() -> None:
    """A style that isn't closed takes all that is read, and would take whatever stands for the rest."""
    before, after = (post(1, "<style>" + "a" * READ + end) for end in ("a", "b"))
    assert payload_sha256(before) != payload_sha256(after)
    assert text_sha256(before) != text_sha256(after)


def test_up_to_that_length_nothing_is_left_out(world: World) -> None:
    exact = f"<p>{LONG[: READ - 50]}"[: READ - 50].ljust(READ - 7, ".") + "<p>last"
    assert visible_text(exact).endswith("last")
    assert NOISE.settled(exact).endswith("last")
    assert not plain(f"{exact}more").endswith("more")
    assert len(list(references("<img src=//x.test/a>" * (READ // 20), "http://x.test/"))) == 1
    whole(world, post(1, exact))
    assert world.index().unheld["example.org"] == []
    assert world.one("SELECT content FROM posts") == exact


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
    assert len(built.row["text"]) <= READ + 200
    assert len(built.outbound) <= READ // 5
