"""Says in words what changed between two blocks though their words didn't: links, pictures, emphasis, the kind of block."""

from collections.abc import Iterable, Iterator
from itertools import islice

from wparchive.wordpress.prose.blocks import Block, marked
from wparchive.wordpress.prose.result import PICTURE, Mark, Note
from wparchive.wordpress.prose.within import Same

__all__ = ["notes"]

_MOST = 50  # notes of a block
_NAMES = {
    "em": "emphasis",
    "strong": "bold type",
    "code": "code type",
    "sub": "subscript",
    "sup": "superscript",
    "s": "struck out",
    "u": "underlined",
    "mark": "highlighted",
    "small": "small type",
    "q": "quotation",
}
_Marks = tuple[Mark, ...]


def notes(old: Block, new: Block, same: Iterable[Same]) -> tuple[Note, ...]:
    """What differs in the passages that are the same in both."""
    found = dict.fromkeys(islice(_found(old, new, same), _MOST))
    return (*([Note("kind", old.kind, new.kind)] if old.kind != new.kind else []), *found)


def _found(old: Block, new: Block, same: Iterable[Same]) -> Iterator[Note]:
    before: tuple[_Marks, _Marks] | None = None
    text = ""
    for piece, *marks in _passages(old, new, same):
        if text and before == (marks[0], marks[1]):
            text += piece
            continue
        yield from _of(text, before)
        text, before = piece, (marks[0], marks[1])
    yield from _of(text, before)


def _passages(old: Block, new: Block, same: Iterable[Same]) -> Iterator[tuple[str, _Marks, _Marks]]:
    """The passages of both, each with what formats it in the old and in the new text."""
    for at, to, size in same:
        start = at
        for text, marks in marked(old.text, old.runs, at, at + size):
            begin = to + start - at
            yield from ((piece, marks, here) for piece, here in marked(new.text, new.runs, begin, begin + len(text)))
            start += len(text)


def _of(text: str, marks: tuple[_Marks, _Marks] | None) -> Iterator[Note]:
    if marks is None or marks[0] == marks[1] or not text.strip():
        return
    old, new = ({mark.name: mark for mark in each} for each in marks)
    passage = "" if text.startswith(PICTURE) else " ".join(text.replace(PICTURE, " ").split())
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield from _of_mark(name, old.get(name), new.get(name), passage)


def _of_mark(name: str, one: Mark | None, other: Mark | None, passage: str) -> Iterator[Note]:
    """What changed in the formatting `name` of a passage: the mark `one` before, the `other` after."""
    if name in _NAMES:
        yield Note(_NAMES[name], "yes" if one else "", "yes" if other else "", passage)
        return
    before, after = one and one.address, other and other.address
    if before != after:
        yield Note(name, before or "", after or "", passage)
    if one and other and one.label != other.label:
        yield Note(f"description of the {name}", one.label, other.label)
