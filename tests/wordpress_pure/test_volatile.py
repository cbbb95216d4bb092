"""What differs between two readings seconds apart is nobody's edit; a real edit beside it is one."""

from typing import Any

import pytest

from wparchive.errors import ConfigError
from wparchive.wordpress.changes.differences import ChangeKind, compare
from wparchive.wordpress.changes.noise import NOISE, Noise
from wparchive.wordpress.changes.places import Place, level
from wparchive.wordpress.changes.volatile import described, is_borne_out, steady


def item(html: str, **fields: Any) -> dict[str, Any]:
    return {"id": 1, "modified": "2026-01-01T00:00:00", "content": {"rendered": html, "protected": False}, **fields}


def verdict(before: dict[str, Any], after: dict[str, Any], again: dict[str, Any]) -> ChangeKind | None:
    """What is left of a change when what moves by itself is taken off."""
    return compare(*steady(before, after, again, NOISE), NOISE).change


# What a site makes up each time, with a place for a number that differs in each reading.
MADE_UP = [
    "<p>Seen {} times.</p>",
    '<form class="contact"><label for="hp-{}">Leave empty</label><input id="hp-{}" name="n{}" type="text"></form>',
    '<div class="quotes"><ul><li><a href="/{}/">Title {}</a></li></ul></div>',
    '<section id="s{}"><h2>Heading</h2></section>',
]


@pytest.mark.parametrize("made_up", MADE_UP)
def test_what_two_readings_differ_in_is_no_change(made_up: str) -> None:
    first, second, third = (f"<p>Before.</p>{made_up.replace('{}', n)}<p>After.</p>" for n in ("12", "345", "6789"))
    assert compare(item(first), item(second), NOISE).change is not None
    assert verdict(item(first), item(second), item(third)) is None


@pytest.mark.parametrize("made_up", MADE_UP)
@pytest.mark.parametrize(("old", "new"), [("Before.", "Before all."), ("After.", ""), ("After.", "Afterwards.")])
def test_a_real_edit_beside_it_is_seen(made_up: str, old: str, new: str) -> None:
    first, second, third = (f"<p>Before.</p>{made_up.replace('{}', n)}<p>After.</p>" for n in ("12", "345", "6789"))
    edited = (item(second.replace(old, new)), item(third.replace(old, new)))
    assert verdict(item(first), *edited) is ChangeKind.SILENTLY_EDITED


def test_fields_that_move_by_themselves_are_no_change_either() -> None:
    first, second, third = ({"tides": n, "acf": {"a": n, "b": 1}, "comment_status": "open"} for n in (1, 2, 3))
    assert verdict(item("", **first), item("", **second), item("", **third)) is None
    again = {**second, "acf": {"a": 2, "b": 2}}, {**third, "acf": {"a": 3, "b": 2}}
    assert verdict(item("", **first), item("", **again[0]), item("", **again[1])) is ChangeKind.FIELDS_CHANGED


DESCRIBED = [
    ('<div class="quote-of-now"><p>One {}</p></div>', {"place:div.quote-of-now p"}),
    (
        '<form class="contact"><input name="hp{}" value="{}"></form>',
        {"place:form.contact input@name", "place:form.contact input@value"},
    ),
    ('<input type="hidden" value="{}">', {"place:input@value"}),
    ('<a href="/{}/">Next</a>', set()),
    ('<p class="has-text-align-center">Quote {}</p>', set()),
    ("<p>Seen {} times</p>", set()),
    ('<div class="box box-{}">Text</div>', {"place:div.box@class"}),
]  # fmt: skip


@pytest.mark.parametrize(("html", "entries"), DESCRIBED, ids=[html for html, _ in DESCRIBED])
def test_a_place_is_learnt_only_where_it_can_be_told_from_others(html: str, entries: set[str]) -> None:
    first, second, third = (item(html.replace("{}", n), tides=n) for n in ("12", "345", "67"))
    found = described(first, second, NOISE, "posts")
    assert found == {*entries, "field:tides"}
    if entries:
        learnt = Noise.of(found)
        assert compare(second, third, learnt).change is None
        edited = item(f"<p>New.</p>{html.replace('{}', '99')}", tides="99")
        assert compare(second, edited, learnt).change is ChangeKind.SILENTLY_EDITED


def test_a_class_that_stands_on_quiet_text_too_is_not_learnt() -> None:
    """Otherwise one made-up paragraph would hide every edit of a site's paragraphs."""
    html = '<div class="entry"><p>{}</p><p>Quiet.</p><p>Quiet too.</p></div>'
    first, second = (item(html.replace("{}", n)) for n in ("12", "34"))
    (entry,) = described(first, second, NOISE, "posts")
    assert not is_borne_out(entry, [(first, second)], [])
    alone = '<div class="entry"><p>{}</p></div>'
    first, second, other = (item(alone.replace("{}", n)) for n in ("12", "34", "Quiet."))
    assert is_borne_out(entry, [(first, second)], [])
    assert not is_borne_out(entry, [(first, second)], [(other, other)])


def test_wordpress_own_fields_are_never_learnt() -> None:
    first, second = item("", slug="a", title={"rendered": "A"}), item("", slug="b", title={"rendered": "B"})
    assert described(first, second, NOISE, "posts") == set()


def test_levelling_takes_what_stands_at_a_place_and_nothing_else() -> None:
    html = '<div class="a b"><p>x</p><br>y</div><div class="b">z</div><p id="q"><a href="u">v</a></p>'
    assert level(html, [Place.parse("div.a")]) == html.replace("<p>x</p><br>y", "")
    assert level(html, [Place.parse("p#q a@href")]) == html.replace('"u"', '""')
    assert (
        level(html, [Place.parse("div.b"), Place.parse("p")])
        == '<div class="a b"></div><div class="b"></div><p id="q"></p>'
    )


@pytest.mark.parametrize("text", ["", "div > a", "DIV", "a b c", "div.", "@href"])
def test_a_place_that_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        Noise.of([f"place:{text}"])
