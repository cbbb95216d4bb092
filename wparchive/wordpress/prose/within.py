"""Compares two blocks word by word, so that a person would mark the same passages."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from wparchive.wordpress.changes.sequences import Budget, Comparison
from wparchive.wordpress.prose.blocks import Block, identity, marked
from wparchive.wordpress.prose.pairing import pairs
from wparchive.wordpress.prose.result import CELL, PARAGRAPH, PICTURE, Piece
from wparchive.wordpress.prose.words import Tokens, bag, is_punctuation, is_sign, sentences, tokens, weight

__all__ = ["Same", "compared"]

_MANY = 500  # words, above which sentences are compared first
_LONG = 3  # words of a change that is read as a whole
_SHORT = 3  # letters of a word that may stand in both by chance
_FURTHEST = 50  # words by which a change is moved to where a sentence begins
_ENDS = frozenset(".!?…。！？؟।;:")


class Same(NamedTuple):
    """A passage that stands in both texts: where it begins in the old and in the new one, and its length in characters."""

    old: int
    new: int
    size: int


class _Span(NamedTuple):
    """Words `a` to `b` of the old text against words `c` to `d` of the new one."""

    equal: bool
    a: int
    b: int
    c: int
    d: int


def compared(old: Block, new: Block, budget: Budget) -> tuple[tuple[Piece, ...], list[Same]]:
    """The pieces that lead from `old` to `new`, and what is the same in both."""
    before, after = tokens(old.text), tokens(new.text)
    one, other = _keys(old, before), _keys(new, after)
    spans = _joined(_slid(_merged(_spans(one, before, other, after, budget)), before, after), before, after)
    writer = _Writer(old, new, before, after)
    for span in spans:
        writer.add(span)
    writer.flush()
    return tuple(writer.pieces), writer.same


def _keys(block: Block, cut: Tokens) -> list[str]:
    """What words are compared by: pictures by the name of their file."""
    if PICTURE not in block.text:
        return cut.words
    shown = iter([identity(marks) for start, marks in block.runs if block.text.startswith(PICTURE, start)])
    return [f"{PICTURE}{next(shown, '')}" if word == PICTURE else word for word in cut.words]


def _spans(one: list[str], before: Tokens, other: list[str], after: Tokens, budget: Budget) -> Iterator[_Span]:
    if max(len(one), len(other)) <= _MANY:
        yield from (_Span(*found) for found in Comparison(budget).passages(one, other))
        return
    old, new = _edges(before), _edges(after)
    said, says = _cut(one, old), _cut(other, new)
    texts = [" ".join(words) for words in said], [" ".join(words) for words in says]
    for equal, a, b, c, d in Comparison(budget).passages(*texts):
        if equal:
            yield _Span(True, old[a], old[b], new[c], new[d])
            continue
        at, to = a, c
        for left, right in pairs([bag(words) for words in said[a:b]], [bag(words) for words in says[c:d]], budget):
            yield _Span(False, old[at], old[a + left], new[to], new[c + right])
            for same, *inner in Comparison(budget).passages(said[a + left], says[c + right]):
                yield _moved(_Span(same, *inner), old[a + left], new[c + right])
            at, to = a + left + 1, c + right + 1
        yield _Span(False, old[at], old[b], new[to], new[d])


def _edges(cut: Tokens) -> list[int]:
    """Where sentences begin, and where the last one ends."""
    return [0, *(end for _, end in sentences(cut))]


def _cut(words: list[str], edges: Sequence[int]) -> list[list[str]]:
    return [words[start:end] for start, end in pairwise(edges)]


def _moved(span: _Span, by: int, to: int) -> _Span:
    return _Span(span.equal, span.a + by, span.b + by, span.c + to, span.d + to)


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    """Neighbours of one kind as one, nothing empty."""
    merged: list[_Span] = []
    for span in spans:
        if span.a == span.b and span.c == span.d:
            continue
        if merged and merged[-1].equal == span.equal:
            span = _Span(span.equal, merged[-1].a, span.b, merged.pop().c, span.d)
        merged.append(span)
    return merged


def _slid(spans: list[_Span], before: Tokens, after: Tokens) -> list[_Span]:
    """What was only added or only removed begins, of several places that say the same, where a sentence does."""
    for at in range(1, len(spans) - 1):
        last, change, following = spans[at - 1 : at + 2]
        if change.equal or (change.a < change.b and change.c < change.d):
            continue
        words, start, end = (
            (after.words, change.c, change.d) if change.a == change.b else (before.words, change.a, change.b)
        )
        by = _shift(words, start, end, min(last.b - last.a, _FURTHEST))
        if by:
            spans[at - 1] = last._replace(b=last.b - by, d=last.d - by)
            spans[at] = _moved(change, -by, -by)
            spans[at + 1] = following._replace(a=following.a - by, c=following.c - by)
    return _merged(spans)


def _shift(words: Sequence[str], start: int, end: int, most: int) -> int:
    """By how many words the passage can begin earlier and say the same, so that it begins behind a full stop."""
    by = 0
    while by < most and words[start - by - 1] == words[end - by - 1] and words[start - by - 1] not in (*_ENDS, PICTURE):
        by += 1
    begins = by == start or words[start - by - 1] in _ENDS
    return by if by and begins and words[end - by - 1] in _ENDS else 0


def _joined(spans: list[_Span], before: Tokens, after: Tokens) -> list[_Span]:
    """Changes that are one to a reader: with a comma between them, or long ones with two little words between."""
    joined: list[_Span] = []
    for number, span in enumerate(spans):
        following = spans[number + 1] if number + 1 < len(spans) else None
        if span.equal and joined and following and _is_chance(span, joined[-1], following, before, after):
            span = span._replace(equal=False)
        if joined and joined[-1].equal == span.equal:
            span = _Span(span.equal, joined[-1].a, span.b, joined.pop().c, span.d)
        joined.append(span)
    return joined


_APART = frozenset((CELL, PARAGRAPH, PICTURE))  # what stands between two changes that are none to a reader


def _is_chance(between: _Span, one: _Span, other: _Span, before: Tokens, after: Tokens) -> bool:
    words = before.words[between.a : between.b]
    if not _APART.isdisjoint(words):
        return False
    if any(span.a == span.b or span.c == span.d for span in (one, other)):
        return False  # what was put in at two places is two things
    said = [word for word in words if not is_punctuation(word)]
    if not said:
        return True
    return len(said) <= 2 and all(map(_is_little, said)) and all(_is_long(span, before, after) for span in (one, other))


def _is_little(word: str) -> bool:
    return len(word) <= _SHORT or is_sign(word)


def _is_long(span: _Span, before: Tokens, after: Tokens) -> bool:
    return max(weight(before.words[span.a : span.b]), weight(after.words[span.c : span.d])) >= _LONG


class _Writer:
    """Makes pieces of spans; the white space around a change that both texts have is no part of it."""

    def __init__(self, old: Block, new: Block, before: Tokens, after: Tokens) -> None:
        self.pieces: list[Piece] = []
        self.same: list[Same] = []
        self._old, self._new = old, new
        self._before, self._after = before, after
        self._at = self._to = 0  # characters written of the old and of the new text
        self._removed = self._added = 0  # characters of each that are still to be written

    def add(self, span: _Span) -> None:
        """Write the words of `span`."""
        if not span.equal:
            self._removed += _size(self._before, span.a, span.b)
            self._added += _size(self._after, span.c, span.d)
            return
        size = 0
        for at, to in zip(range(span.a, span.b), range(span.c, span.d), strict=True):
            old, new, word = self._before.spaces[at], self._after.spaces[to], self._after.words[to]
            if old != new:
                self._keep(size)
                self._removed += len(old)
                self._added += len(new)
                self.flush()
                size = 0
            size += len(word) + (len(new) if old == new else 0)
        self._keep(size)

    def flush(self) -> None:
        """Write what was removed and what was added since the last equal passage."""
        gone = self._old.text[self._at : self._at + self._removed]
        come = self._new.text[self._to : self._to + self._added]
        common = min(len(text) - len(text.lstrip(" ")) for text in (gone, come))
        if common:
            self._equal(common)
            self._removed -= common
            self._added -= common
        self._write("removed", self._old, self._at, self._removed)
        self._write("added", self._new, self._to, self._added)
        self._at += self._removed
        self._to += self._added
        self._removed = self._added = 0

    def _keep(self, size: int) -> None:
        if size:
            self.flush()
            self._equal(size)

    def _equal(self, size: int) -> None:
        self._write("equal", self._new, self._to, size)
        last = self.same[-1] if self.same else Same(0, 0, 0)
        if (last.old + last.size, last.new + last.size) == (self._at, self._to):
            self.same[-1:] = [last._replace(size=last.size + size)]
        else:
            self.same.append(Same(self._at, self._to, size))
        self._at += size
        self._to += size

    def _write(self, op: str, block: Block, start: int, size: int) -> None:
        if not size:
            return
        for text, marks in marked(block.text, block.runs, start, start + size):
            if self.pieces and self.pieces[-1].op == op and self.pieces[-1].marks == marks:
                self.pieces[-1] = Piece(op, self.pieces[-1].text + text, marks)
            else:
                self.pieces.append(Piece(op, text, marks))


def _size(cut: Tokens, start: int, end: int) -> int:
    return sum(map(len, cut.spaces[start:end])) + sum(map(len, cut.words[start:end]))
