"""What is quoted, or isn't shown, is no text that was taken: in marks of every language, and in HTML's elements."""

from typing import Any

import pytest
from invented_articles import LANGUAGES, Story, Writer

from wparchive.kinship.comparison import Kin, Kind, Text, compare
from wparchive.kinship.quotations import spoken
from wparchive.kinship.texts import compared

ENGLISH = LANGUAGES[0]


def fresh(number: int, paragraphs: int = 3, language: Any = ENGLISH) -> Story:
    writer = Writer(language, 900 + number)
    return writer.story(writer.topic(), paragraphs)


def html(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def kin(one: str, other: str) -> Kin | None:
    return compare(compared(one, None), compared(other, None))


SPEECH = [line.rstrip(".") for line in fresh(1).lines]
WHOLE = ", ".join(SPEECH)
MARKS = ["“”", "„“", "„”", "””", "«»", "»«", "»»", '""', "‘’", "''", "‚‘", "״״", "‹›", "›‹", "「」", "『』"]
QUOTED = {
    **{marks: f"<p>{marks[0]}{WHOLE}{marks[1]}</p>" for marks in MARKS},
    "with spaces": f"<p>«&nbsp;{WHOLE}&nbsp;»</p>",
    "a mark at each paragraph": "".join(f"<p>“{line}</p>" for line in SPEECH[:-1]) + f"<p>“{SPEECH[-1]}”</p>",
    "as in French": f"<p>« {SPEECH[0]}</p><p>» {SPEECH[1]}</p><p>» {SPEECH[2]} »</p>",
    "over paragraphs": f"<p>„{SPEECH[0]}</p><p>{SPEECH[1]}</p><p>{SPEECH[2]}“</p>",
    "blockquote": f"<blockquote class='wp-block-quote'>{html(*SPEECH)}<cite>Somebody</cite></blockquote>",
    "q": f"<p><q>{WHOLE}</q></p>",
    "embedded post": f"<blockquote class='twitter-tweet'><p>{WHOLE}</p>&mdash; A (@a) May 1</blockquote><script src=x></script>",
    "never closed": f"<blockquote>{WHOLE}",
}


@pytest.mark.parametrize("how", QUOTED)
def test_what_two_articles_quote_is_no_text_of_either(how: str) -> None:
    """However each of them marks it."""
    own, others = html(*fresh(2).lines), html(*fresh(3).lines)
    for one, other in ((how, how), (how, "“”")):
        found = kin(own + QUOTED[one], others + QUOTED[other])
        assert found is not None, (one, other)
        assert found.kind == Kind.QUOTATION
    plain = kin(own + html(*SPEECH), others + html(*SPEECH))
    assert plain is not None
    assert plain.kind == Kind.REWRITTEN


@pytest.mark.parametrize("how", ["blockquote", "“”", "a mark at each paragraph"])
def test_who_quotes_another_among_words_of_his_own_took_no_text(how: str) -> None:
    """The other one quotes nobody: it said so first. A text that is nothing but a quotation is told as the text it is."""
    source = html(*SPEECH, *fresh(4).lines)
    found = kin(source, html(*fresh(5, 4).lines) + QUOTED[how])
    assert found is not None
    assert (found.kind, found.quoted > 20) == (Kind.QUOTATION, True)
    alone = kin(source, html("Read this.") + QUOTED[how])
    assert alone is not None
    assert alone.kind == Kind.EXTENDED


def test_a_copy_with_its_quotations_is_a_copy() -> None:
    """Of an article half of which is speech, with the marks or without them."""
    lines = fresh(6, 6).lines
    source = html(*(f"“{line}” he said" if at % 2 else line for at, line in enumerate(lines)))
    for other in (
        source + html("One more."),
        html(*(f"{line} he said" if at % 2 else line for at, line in enumerate(lines))),
    ):
        found = kin(source, other)
        assert found is not None
        assert found.kind == Kind.COPY


def test_marks_that_are_none() -> None:
    """Apostrophes, inches, minutes and marks that were never closed quote nothing, nor what stands between two quotations."""
    long = "a long narrative that goes on and on without an end"
    for text in (
        f"I don’t say that l’homme and the dogs’ owner were here, since the ’90s were over and ’twas late, {long}",
        f"'n Man het gesê dat 'n boer 'n huis het, en 's avonds is 't laat, {long}",
        f'A 5" pipe and a 6" pipe at 10\'30" and 5\'11" tall: {long}',
        f"«oui» {long} «non» {long}",
        f'"yes," {long} "no" {long}',
        f"“unclosed, {long}\n{long}\n{long}",
        'צה"ל ' * 20,
        "צה״ל " * 20,
    ):
        assert list(spoken(text)) == []


def test_hostile_marks_cost_what_their_length_does() -> None:
    for text in ("“a " * 50_000, "‘a’ b " * 50_000, "«\n" * 50_000, "'a' b" * 50_000, "„\n\n" + "x “a" * 20_000):
        assert sum(1 for _ in spoken(text)) < len(text)
    for part in ("<blockquote>", "<q>a", "<q a='", "<div hidden>", "<p hidden id=abc>a"):
        assert compared(part * 20_000, None).quoted is not None


def test_a_word_of_thirty_thousand_letters_before_a_quotation_moves_nothing() -> None:
    """Words are found by characters, whatever pieces a long text is read in."""
    text = compared(f"<p>{'abc ' * 9000}</p><blockquote>{WHOLE}</blockquote><p>tail</p>", None)
    assert text.quoted.count(1) == len(Text(WHOLE).words)
    assert text.quoted[-1] == 0


UNSEEN = {
    "display": '<div style="color:red; display: none">{}</div>',
    "attribute": "<div hidden>{}</div>",
    "screen reader": '<span class="x screen-reader-text">{}</span>',
    "no size": "<span style='font-size:0px'>{}</span>",
    "elsewhere": '<div style="position:absolute;left:-9999px"><div>{}</div></div>',
}
SEEN = {
    "aria": '<div aria-hidden="true">{}</div>',
    "a small letter": '<span style="font-size:0.9em">{}</span>',
    "sized within": '<div style="font-size:0"><div style="display:inline-block;font-size:16px">{}</div></div>',
    "cut off": '<div style="overflow:hidden" class="hidden-xs" title="hidden">{}</div>',
    "details": "<details><summary>More</summary>{}</details>",
    "a click": '<a href="#more7">More</a><div id="more7" style="display:none">{}</div>',
    "found": '<div hidden="until-found">{}</div>',
}


@pytest.mark.parametrize("how", [*UNSEEN, *SEEN])
def test_only_what_a_reader_sees_is_kin(how: str) -> None:
    """A text in an element that isn't shown makes no kin; one that a click shows does, and one whose every word is hidden."""
    source = html(*SPEECH)
    hidden = {**UNSEEN, **SEEN}[how].format(" ".join(f"{line}." for line in SPEECH))
    assert (kin(source, html(*fresh(7).lines) + hidden) is not None) == (how in SEEN)
    found = kin(source, hidden)  # a script shows it
    assert found is not None
    assert found.kind == Kind.COPY


def test_unseen_letters_within_words_hide_no_copy() -> None:
    """What stands between the letters that a reader sees ends no word; between paragraphs, it joins none."""
    shown = "".join(f"{sign}<i style='font-size:0'>q</i>" if at % 5 == 0 else sign for at, sign in enumerate(WHOLE))
    assert compared(shown, None).text == WHOLE
    assert compared("one<div hidden>x</div>two", None).text == "one two"
