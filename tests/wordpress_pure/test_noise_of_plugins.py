"""Plug-ins and what they vary: with nothing edited no change at all, with an edit exactly that one; and what is an edit."""

from typing import Any

import pytest
from plugins import CONTENT, ROWS, Row

from wparchive.wordpress.changes.differences import ChangeKind, compare
from wparchive.wordpress.changes.digests import payload_sha256, text_sha256
from wparchive.wordpress.changes.noise import NOISE

ROOT = "https://example.org/wp-json/wp/v2/posts"


def item(content: str) -> dict[str, Any]:
    """A post with this content."""
    return {
        "id": 1,
        "type": "post",
        "link": "https://example.org/a-post/",
        "modified": "2026-01-01T00:00:00",
        "title": {"rendered": "Title"},
        "content": {"rendered": content, "protected": False},
        "excerpt": {"rendered": "<p>Written by hand.</p>", "protected": False},
        "_links": {"self": [{"href": f"{ROOT}/1"}], "collection": [{"href": ROOT}]},
    }


def around(noise: str, before: str = "Words before.", after: str = "Words after.") -> str:
    """An article with `noise` in it."""
    return f"<p>{before}</p>\n{noise}\n<p>{after}</p>\n"


rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.who}: {row.what}")


def test_the_table_is_of_some_size_and_each_row_differs() -> None:
    assert len(ROWS) >= 100
    assert len({(row.who, row.what) for row in ROWS}) == len(ROWS)
    assert all(row.one != row.other for row in ROWS)


@rows
def test_with_nothing_edited_there_is_no_change(row: Row) -> None:
    one, other = item(around(row.one)), item(around(row.other))
    assert NOISE.without(one)["content"] == NOISE.without(other)["content"]
    assert compare(one, other, NOISE).change is None
    assert (payload_sha256(one), text_sha256(one)) == (payload_sha256(other), text_sha256(other))


@rows
@pytest.mark.parametrize(
    "edited",
    [
        {"before": "Words bevor."},
        {"after": "Words after"},
        {"after": "Wörds after."},
    ],
)
def test_an_edit_beside_it_is_exactly_that_edit(row: Row, edited: dict[str, str]) -> None:
    one, other = item(around(row.one)), item(around(row.other, **edited))
    found = compare(one, other, NOISE)
    assert (found.change, found.fields) == (ChangeKind.SILENTLY_EDITED, ("content",))
    assert text_sha256(one) != text_sha256(other)


@rows
def test_an_edit_right_at_it_is_seen(row: Row) -> None:
    one, other = item(f"<div>left {row.one} right</div>"), item(f"<div>left {row.other} rite</div>")
    assert compare(one, other, NOISE).change is ChangeKind.SILENTLY_EDITED
    one, other = item(f"<div>left {row.one} right</div>"), item(f"<div>lift {row.other} right</div>")
    assert compare(one, other, NOISE).change is ChangeKind.SILENTLY_EDITED


@rows
def test_markup_changed_beside_it_is_seen(row: Row) -> None:
    one, other = item(around(row.one + '<a href="/x/">x</a>')), item(around(row.other + '<a href="/y/">x</a>'))
    assert compare(one, other, NOISE).change is ChangeKind.MARKUP_CHANGED


@pytest.mark.parametrize(("what", "before", "after", "seen"), CONTENT, ids=[row[0] for row in CONTENT])
def test_what_only_looks_like_noise_is_a_change(what: str, before: str, after: str, seen: bool) -> None:
    one, other = item(around(before)), item(around(after))
    expected = ChangeKind.SILENTLY_EDITED if seen else ChangeKind.MARKUP_CHANGED
    assert compare(one, other, NOISE).change is expected, what
    assert payload_sha256(one) != payload_sha256(other)
    assert (text_sha256(one) != text_sha256(other)) is seen


def test_titles_are_compared_by_what_they_say() -> None:
    one = {**item("x"), "title": {"rendered": "It&#8217;s &#038; caf\u00e9"}}
    other = {**item("x"), "title": {"rendered": "It\u2019s &amp; cafe\u0301"}}
    assert compare(one, other, NOISE).change is None
    assert payload_sha256(one) == payload_sha256(other)
    assert (
        compare(one, {**one, "title": {"rendered": "Its &#038; caf\u00e9"}}, NOISE).change is ChangeKind.SILENTLY_EDITED
    )


TYPED = """<p>"Yes" -- it's over... He's 'fine', 9x9, pages 3-4.</p>"""
TYPESET = (
    "<p>&#8220;Yes&#8221; &#8211; it&#8217;s over&#8230; He&#8217;s &#8216;fine&#8217;, 9&#215;9, pages 3&#8211;4.</p>",
    "<p>\u201eYes\u201c \u2014 it\u2019s over\u2026 He\u2019s \u201afine\u2018, 9\u00d79, pages 3\u20134.</p>",
)


@pytest.mark.parametrize("typeset", TYPESET, ids=["English", "German"])
def test_how_quotes_and_dashes_are_set_is_markup(typeset: str) -> None:
    """It goes by the site's language, or a plug-in turns it off, for all articles at once."""
    assert compare(item(TYPED), item(typeset), NOISE).change is ChangeKind.MARKUP_CHANGED
    assert compare(item(typeset), item(TYPED), NOISE).change is ChangeKind.MARKUP_CHANGED
    titles = [{**item("x"), "title": {"rendered": html[3:-4]}} for html in (TYPED, typeset)]
    assert compare(*titles, NOISE).change is ChangeKind.MARKUP_CHANGED


@pytest.mark.parametrize(
    ("was", "now"),
    [("fine", "well"), ("'fine'", "fine"), ('"Yes"', "Yes"), ("...", ""), ("9x9", "9x8"), ("3-4", "34"), (" -- ", " ")],
)
def test_marks_that_come_or_go_are_an_edit(was: str, now: str) -> None:
    """Quotation marks say that somebody else said it."""
    assert compare(item(TYPED), item(TYPED.replace(was, now)), NOISE).change is ChangeKind.SILENTLY_EDITED
