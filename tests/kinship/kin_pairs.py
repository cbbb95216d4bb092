"""300 pairs of texts with known truth, in eight languages: copies of every degree, and what only looks like one."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from invented_articles import LANGUAGES, Language, Story, Writer

__all__ = ["Case", "cases", "surroundings"]

DEGREES = (0, 10, 20, 30, 40, 50, 60)


@dataclass(frozen=True)
class Case:
    """Two texts; `kin` if one was made of the other, with so many percent of its words changed."""

    language: str
    what: str
    kin: bool
    one: str
    other: str
    changed: int = 0


def cases() -> Iterator[Case]:
    """All of them."""
    for number, language in enumerate(LANGUAGES):
        yield from _of(Writer(language, number))
    yield from (_phone_call(Writer(language, 90 + at)) for at, language in enumerate(LANGUAGES[:4]))


def surroundings() -> Iterator[str]:
    """Other texts of the same archive: each language's disclaimer stands below fifty articles."""
    for number, language in enumerate(LANGUAGES):
        writer = Writer(language, 500 + number)
        disclaimer = _disclaimer(language)
        yield from (f"{_fresh(writer, 3).text}\n{disclaimer}" for _ in range(50))


def _disclaimer(language: Language) -> str:
    return _fresh(Writer(language, 700), 1).lines[0]


def _of(writer: Writer) -> Iterator[Case]:
    random = Random(writer.language.name)
    for what, kin, one, other, changed in (*_copies(writer, random), *_others(writer)):
        yield Case(writer.language.name, what, kin, one, other, changed)


def _fresh(writer: Writer, paragraphs: int = 6) -> Story:
    return writer.story(writer.topic(), paragraphs)


def _copies(writer: Writer, random: Random) -> Iterator[tuple[str, bool, str, str, int]]:
    for degree in DEGREES:
        for _ in range(2):
            story = _fresh(writer)
            yield "words changed", True, story.text, writer.changed(story, degree / 100).text, degree
    for degree in (0, 20, 30):
        for what in ("dropped", "moved", "joined"):
            story = _fresh(writer)
            lines = _rearranged(what, writer.changed(story, degree / 100).lines, random)
            yield f"paragraphs {what}", True, story.text, "\n".join(lines), degree
    more = _fresh(writer, 12)
    yield "excerpt of a long one", True, more.text, "\n".join(more.lines[3:6]), 0
    story = _fresh(writer)
    yield "extended", True, story.text, "\n".join((*story.lines, *_fresh(writer, 8).lines)), 0


def _rearranged(what: str, lines: list[str], random: Random) -> list[str]:
    if what == "dropped":
        return lines[:4]
    if what == "joined":
        return [" ".join(lines[:3]), " ".join(lines[3:])]
    return random.sample(lines, len(lines))


def _others(writer: Writer) -> Iterator[tuple[str, bool, str, str, int]]:
    for _ in range(6):
        topic = writer.topic()
        yield "one event, two stories", False, writer.story(topic).text, writer.story(topic).text, 0
    disclaimer = _disclaimer(writer.language)
    for _ in range(2):
        yield "same disclaimer", False, *(f"{_fresh(writer).text}\n{disclaimer}" for _ in range(2)), 0
    for size in (1, 2):
        topic = writer.topic()
        opened, closed = writer.language.quotes
        said = " ".join(writer.story(topic, 1).lines[0] for _ in range(size))
        texts = [writer.story(topic).lines for _ in range(2)]
        quoting = ["\n".join((*one[:2], f"{one[2]} {opened}{said}{closed}", *one[3:])) for one in texts]
        yield "same quotation", False, *quoting, 0
    for _ in range(2):
        yield "nothing in common", False, _fresh(writer).text, _fresh(writer).text, 0


def _phone_call(writer: Writer) -> Case:
    """An agency's text on a telephone call, and an article on the same call in its own words that quotes its one sentence."""
    topic = writer.topic()
    opened, closed = writer.language.quotes
    said = writer.story(topic, 1).lines[0]
    agency = writer.story(topic, 3).lines
    own = writer.story(topic, 7).lines
    place = topic.names[0].upper()
    one = "\n".join((f"{place} (NORDPRESS) - {agency[0]}", f"{agency[1]} {opened}{said}{closed}", agency[2]))
    other = "\n".join((own[0], f"{opened}{said}{closed} {own[1]}", *own[2:]))
    return Case(writer.language.name, "two documents on one telephone call", False, one, other)
