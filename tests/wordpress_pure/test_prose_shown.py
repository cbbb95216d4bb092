"""What is made of a diff's rows: counts, the place that tells most, a few words around it, JSON, HTML and lines of a terminal."""

import json

from wparchive.ask.presenting.marks import on_one_line, row_lines
from wparchive.wordpress.prose import as_html, as_values, html_diff, in_context, tally, telling, text_diff

LIGHT = "<p>The harbour authority said the fog signal on the east light was working normally at the time.</p>"
LONG = "<p>Sallow Island lies four miles from the town and has been without a doctor, a shop or a school since the spring.</p>"
DENIED = LIGHT.replace("said", "declined to say whether").replace(" normally", "")
PICTURE = (
    '<figure><img src="/quay.jpg" alt="The <quay>"><figcaption>The old quay at night, by A. Ward</figcaption></figure>'
)


def test_words_are_counted_as_they_are_marked() -> None:
    """A moved paragraph adds nothing; two signs of an unspaced script count as a word."""
    assert str(tally(html_diff(LIGHT, DENIED))) == "1 edited, +4 −2 words"
    assert str(tally(html_diff(LIGHT + LONG, LONG + LIGHT))) == "1 moved"
    assert str(tally(html_diff("<p>雾信号正常</p>", "<p>雾信号工作正常</p>"))) == "1 edited, +1 words"
    assert (tally([]).places, tally(html_diff(LIGHT, LIGHT)).places) == ({}, {})


def test_the_place_that_tells_most_is_the_one_where_words_were_replaced() -> None:
    """Before a long paragraph that was only added, before captions; a number tells more than a word."""
    row = telling(html_diff(LIGHT, DENIED + LONG + LONG.replace("Sallow", "Far")))
    assert row
    assert "declined" in row.text("new")
    other = PICTURE.replace("old quay at night, by A. Ward", "new pier by day, by R. Adeyemi")
    row = telling(html_diff(LIGHT + PICTURE, LIGHT.replace("said", "says") + other))
    assert row
    assert row.kind == "paragraph"
    row = telling(
        html_diff(
            "<p>It is a big town.</p><p>It has 12 ferries.</p>", "<p>It is a small town.</p><p>It has 14 ferries.</p>"
        )
    )
    assert row
    assert "14" in row.text("new")
    assert telling(html_diff(LIGHT, LIGHT)) is None


def test_a_few_words_around_a_change() -> None:
    """Of signs twice as many; formatting cuts nothing apart."""

    def around(old: str, new: str, count: int) -> str:
        (row,) = html_diff(old, new)
        return "|".join(piece.text for piece in in_context(row.pieces, count))

    assert (
        around(LIGHT, DENIED, 2)
        == "… |harbour authority |said|declined to say whether| the fog| … |was working| normally| at the| …"
    )
    assert around(LIGHT, DENIED, 0) == "… |said|declined to say whether| … | normally| …"
    bold = LIGHT.replace("fog signal", "<b>fog</b> signal")
    assert around(bold, bold.replace("said", "says"), 2) == "… |harbour authority |said|says| the |fog| …"
    assert (
        around("<p>港务局说，雾信号当时正常工作</p>", "<p>港务局说，雾信号现在正常工作</p>", 1)
        == "… |信号|当时|现在|正常| …"
    )


def test_rows_as_json_say_all_of_it() -> None:
    rows = html_diff(f'{LIGHT}<p>See <a href="/a">more</a></p>', f'{DENIED}<p>See <a href="/b">more</a></p>')
    edited, formatted = json.loads(json.dumps(as_values(rows)))
    assert (edited["change"], edited["kind"], edited["old"], edited["new"]) == ("edited", "paragraph", 0, 0)
    assert {"op": "removed", "text": "said"} in edited["pieces"]
    assert formatted["notes"] == [{"what": "link", "before": "/a", "after": "/b", "text": "more"}]
    assert formatted["pieces"][-1] == {"op": "equal", "text": "more", "marks": [{"name": "link", "address": "/b"}]}


def test_html_marks_what_was_added_and_removed_on_one_side_or_on_both() -> None:
    (row,) = html_diff(LIGHT, DENIED)
    assert "authority <del>said</del><ins>declined to say whether</ins> the" in as_html(row.pieces)
    assert "authority <del>said</del> the" in as_html(row.pieces, "old")
    assert "authority <ins>declined to say whether</ins> the" in as_html(row.pieces, "new")
    (row,) = html_diff("<p>One two three. Four five six.</p>", "<p>One two three.</p><p>Four five six.</p>")
    assert as_html(row.pieces) == "One two three.<ins>¶<br></ins>Four five six."
    assert as_html(row.pieces, "new") == "One two three.<ins><br></ins>Four five six."
    assert as_html(row.pieces, "old") == "One two three. Four five six."


def test_links_and_pictures_are_written_only_with_the_addresses_that_are_given() -> None:
    (row,) = html_diff("<p></p>", f'<p><a href="javascript:x">a &lt;b&gt;</a> {PICTURE}')[:1]
    assert as_html(row.pieces) == "<ins>a &lt;b&gt;</ins>"
    assert (
        as_html(row.pieces, link=lambda url: f'/url?u={url}"')
        == '<ins><a href="/url?u=javascript:x&quot;">a &lt;b&gt;</a></ins>'
    )
    picture = html_diff("", PICTURE)[0]
    assert as_html(picture.pieces) == "<ins>[picture: The &lt;quay&gt;, /quay.jpg]</ins>"
    assert as_html(picture.pieces, picture=lambda url: f"/file{url}") == (
        '<ins><img src="/file/quay.jpg" alt="The &lt;quay&gt;" loading="lazy"></ins>'
    )


def test_lines_of_a_terminal() -> None:
    """One place stands on the field's line; of many each has its own, and with a limit it is said how many are left out."""
    assert list(row_lines("title", text_diff("Old quay", "New quay"))) == ["title: [-Old-]{+New+} quay"]
    rows = html_diff(LIGHT + LONG, DENIED + LONG.replace("doctor", "<b>nurse</b> at all") + PICTURE)
    told = list(row_lines("content", rows, around=1))
    assert told == [
        "content: 2 edited, 2 added, +15 −3 words",
        "  … authority [-said-]{+declined to say whether+} the … working [-normally-] at …",
        "  … a [-doctor-]{+nurse at all+}, a …",
        "  {+[picture: The <quay>, /quay.jpg]+}",
        "  {+The old quay at night, by A. Ward+}",
    ]
    assert list(row_lines("content", rows, most=10))[-1] == "  … (3 more places)"
    assert on_one_line(rows).count("{+") == 4
    assert list(row_lines("content", html_diff(LIGHT, LONG + LIGHT * 0))) == [
        "content: 1 added, 1 removed, +22 −17 words",
        f"  [-{LIGHT[3:-4]}-]",
        f"  {{+{LONG[3:-4]}+}}",
    ]


def test_nothing_in_a_text_steers_a_terminal() -> None:
    """Nor forges a line."""
    rows = text_diff("a", "a \x1b[2J\x07 b\u2028c\nd")
    assert not {"\x1b", "\x07", "\u2028", "\n"} & set("".join(row_lines("title", rows)))
