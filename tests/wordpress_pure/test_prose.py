"""The diff: what holds for any two articles, whatever they contain, and what it may cost."""

import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wparchive.wordpress import prose
from wparchive.wordpress.prose import Row, html_diff, text_diff, text_of_side
from wparchive.wordpress.prose.blocks import blocks, lines
from wparchive.wordpress.prose.words import tokens
from wparchive.wordpress.text import visible_text

WORDS = st.sampled_from(
    [
        "harbour",
        "fog",
        "the",
        "12",
        "1 204,5",
        "a.",
        "said,",
        "港务局",
        "雾",
        "เรือ",
        "مرحبا",
        "don’t",
        "x-y",
        "“So”",
        " ",
        "\n",
    ]
)
TEXT = st.lists(WORDS, max_size=8).map(" ".join)
TAGS = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<br>",
            "<li>",
            "<ul>",
            "</ul>",
            "<b>",
            "</b>",
            "<em>",
            "</em>",
            "<h2>",
            "</h2>",
            "<blockquote>",
        ),
        *(
            "<a href='/a'>",
            "<a href=/b>",
            "</a>",
            "<table>",
            "<tr>",
            "<td>",
            "</td>",
            "</tr>",
            "</table>",
            "<pre>",
            "</pre>",
        ),
        *(
            "<img src=/a-1x1.jpg alt='x y'>",
            "<img src=/b.jpg>",
            "<iframe src=/v></iframe>",
            "<script>x</script>",
            "<!-- c -->",
        ),
        *("<", "&amp;", "&nbsp;", "&#8217;", "<p class='", "</", "\ufffc", "\t", "<figcaption>", "</figcaption>"),
    ]
)
HTML = st.lists(st.one_of(TEXT, TAGS), max_size=14).map("".join)


def sides(rows: list[Row]) -> tuple[str, str]:
    return text_of_side(rows, "old"), text_of_side(rows, "new")


def written(html: str) -> str:
    return "\n".join(block.text for block in blocks(html))


@settings(deadline=None)
@given(HTML, HTML)
def test_both_texts_can_be_read_from_the_rows(old: str, new: str) -> None:
    """The old side joined is the old text, the new side the new text, to the character."""
    rows = html_diff(old, new)
    assert sides(rows) == (written(old), written(new))
    assert written(old) != written(new) or not any(
        piece.op != "equal" for row in rows for piece in row.pieces if "\ufffc" not in piece.text
    )


@settings(deadline=None)
@given(HTML)
def test_nothing_differs_from_itself(html: str) -> None:
    assert {row.change for row in html_diff(html, html)} <= {"same"}


@given(TEXT, TEXT)
def test_plain_text_is_compared_as_it_stands(old: str, new: str) -> None:
    """A title is no HTML; of white space a reader sees none."""
    old, new = f"<b>{old}", f"<b>{new}"
    assert sides(text_diff(old, new)) == tuple("\n".join(block.text for block in lines(text)) for text in (old, new))


@settings(deadline=None)
@given(
    st.lists(st.one_of(TEXT, TAGS.filter(lambda tag: tag not in ("<", "</", "<p class='"))), max_size=14).map("".join)
)
def test_blocks_have_the_words_that_a_reader_sees(html: str) -> None:
    """As `visible_text` finds them, nothing less and nothing more but pictures."""
    text = " ".join(block.text for block in blocks(html))
    assert "".join(text.replace("\ufffc", "").split()) == "".join(visible_text(html).replace("\ufffc", "").split())


@settings(deadline=None)
@given(HTML, HTML)
def test_words_never_cross_blocks(old: str, new: str) -> None:
    """A piece that both have stands within a block of each; only what was split or joined has a mark of paragraphs."""
    for row in html_diff(old, new):
        assert row.change in ("split", "joined") or not any("\n" in piece.text for piece in row.pieces)
        assert all("\t" not in piece.text for piece in row.pieces) or row.kind == "row" or "row" in str(row.notes)
        assert row.pieces or row.change == "moved_away"


@given(st.text(max_size=60))
def test_tokens_are_the_text(text: str) -> None:
    cut = tokens(text)
    assert "".join(itertools.chain.from_iterable(zip(*cut, strict=True))) == text
    assert all(cut.words[:-1])


@settings(deadline=None)
@given(HTML, HTML)
def test_html_of_rows_is_ours_alone(old: str, new: str) -> None:
    """Whatever stands in the article: our tags and escaped text."""
    ours = {"ins", "del", "em", "strong", "br"}
    for row in html_diff(old, new):
        for side in ("", "old", "new"):
            shown = prose.as_html(row.pieces, side)
            assert {tag.strip("</>") for tag in shown.split("<")[1:] for tag in [tag.partition(">")[0]]} <= ours
            assert shown.count("<") == shown.count(">")


def articles() -> tuple[str, str]:
    words = [f"w{n * 7 % 101}" for n in range(1_000)]
    old = "".join(f"<p>{' '.join(words[n : n + 50])}.</p>" for n in range(0, 1_000, 50))
    return old, old.replace("w5 ", "other ").replace("w7 ", "things ")


class Clock:
    """A clock that moves by a millisecond each time somebody looks at it."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.looks / 1000


def test_when_time_is_up_blocks_are_shown_whole() -> None:
    """Nobody waits much longer than the budget, and nothing of either text is lost."""
    old, new = articles()
    clock = Clock()
    free = html_diff(old, new, clock=clock, seconds=1_000)
    needed = clock.looks
    assert any(row.change == "edited" and len(row.pieces) > 5 for row in free)
    for seconds in (0.0, 0.01, 0.05):
        clock = Clock()
        rows = html_diff(old, new, clock=clock, seconds=seconds)
        assert sides(rows) == (written(old), written(new))
        assert sum(len(row.pieces) for row in rows) < sum(len(row.pieces) for row in free)
        assert clock.looks < needed + 100


def test_without_a_clock_the_same_texts_give_the_same_rows() -> None:
    """However busy the machine is: what is written into a database or a feed depends on the archive alone."""
    assert html_diff(*articles()) == html_diff(*articles())


MANY = {
    "words with nothing in common": (
        " ".join(f"a{n}" for n in range(40_000)),
        " ".join(f"b{n}" for n in range(40_000)),
    ),
    "the same line": ("a<br>" * 20_000, "a<br>" * 20_001),
    "three lines": ("a<br>b<br>" * 10_000, "b<br>a<br>c<br>" * 10_000),
    "two words": ("a b " * 20_000, "b c a " * 20_000),
    "short sentences": ("a. b. " * 10_000, "b. c. a. " * 10_000),
    "lines turned round": (
        "".join(f"{n}<br>" for n in range(20_000)),
        "".join(f"{n}<br>" for n in range(20_000, 0, -1)),
    ),
    "paragraphs that are all alike": (
        "<p>one two three four five six seven eight" * 3_000,
        "<p>eight seven one two six five four" * 3_000,
    ),
    "open formats": ("<b>" * 200_000 + "x", "<i>" * 200_000 + "y"),
    "formats that end nowhere": ("<b>x</i>" * 50_000, "<i>x</b>" * 50_000),
    "open lists": ("<ul><li>" * 100_000 + "x", "<blockquote>" * 100_000 + "y"),
    "cells without rows": ("<td>" * 100_000, "<tr><td>x" * 20_000),
    "rows within rows": ("<table><tr><td>x" * 20_000, "<table><tr><td>y" * 20_000),
    "open attributes": ('<a href="' * 100_000, "<img src='" * 100_000),
    "open brackets": ("<" * 2_000_000, "<p" * 1_000_000),
    "pictures": (
        "".join(f"<img src=/{n}.png>" for n in range(5_000)),
        "".join(f"<img src=/{n}.png>" for n in range(5_000, 0, -1)),
    ),
    "links": (
        "".join(f"<a href=/{n}>x " for n in range(20_000)),
        "".join(f"<a href=/{n}>x " for n in range(20_000, 0, -1)),
    ),
    "digits": ("1 234" * 100_000, "1,2" * 100_000),
    "signs": ("港务" * 50_000, "务港局" * 30_000),
    "vowels": ("ก" + "\u0e34" * 200_000, "ក" + "\u17d2ក" * 100_000),
    "lines of code": ("<pre>" + "\n" * 500_000 + "x", "<pre>" + " \n" * 200_000 + "x"),
}


@pytest.mark.parametrize("what", MANY)
@pytest.mark.usefixtures("must_end")
def test_what_is_made_to_take_long_comes_to_an_end(what: str) -> None:
    """Each would take hours if time grew with the square of its size."""
    html_diff(*MANY[what])


def test_a_long_text_takes_a_few_times_its_size() -> None:
    old, new = (
        ("<p>" + "harbour fog signal " * 10 + "</p>") * 2_000,
        ("<p>" + "harbour fog light " * 10 + "</p>") * 2_000,
    )
    tracemalloc.start()
    html_diff(old, new)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 * len(old), f"{peak / len(old):.0f} times"
