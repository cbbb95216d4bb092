"""The one comparison of two states of an article, for pages, commands, feeds and notifications alike.

Blocks are compared first, then words within the blocks that were reworded. What a comparison may cost is bounded: beyond
that, blocks are shown as removed and added as a whole. By default steps are counted, not seconds, so that the same texts
always give the same rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from wparchive.wordpress.changes.sequences import Budget, Comparison
from wparchive.wordpress.prose.blocks import Block, as_one, blocks, lines, marked
from wparchive.wordpress.prose.formatting import notes
from wparchive.wordpress.prose.pairing import Bag, is_in, pairs, twins
from wparchive.wordpress.prose.result import Note, Piece, Row
from wparchive.wordpress.prose.within import Same, compared
from wparchive.wordpress.prose.words import bag, tokens, weight

__all__ = ["SECONDS", "html_diff", "text_diff"]

Clock = Callable[[], float]
SECONDS = 0.15
_STEPS = 1_000_000  # of each: comparing blocks, pairing them, comparing words
_FEWEST = 8  # words of a block that is recognised elsewhere


def html_diff(old: str, new: str, clock: Clock | None = None, seconds: float = SECONDS) -> list[Row]:
    """Compare two states of an article's HTML, as it was sent or cleaned; of each at most the first READ characters.

    Rows come in the order of the new article, what was removed where it stood. With a `clock` the comparison is rougher after
    so many `seconds`: for whoever waits for a page.
    """
    return _Diff(blocks(old), blocks(new), clock, seconds).rows()


def text_diff(old: str, new: str, clock: Clock | None = None, seconds: float = SECONDS) -> list[Row]:
    """Compare two plain texts, as titles and names are; lines are their blocks."""
    return _Diff(lines(old), lines(new), clock, seconds).rows()


@dataclass(slots=True)
class _Place:
    """Blocks of the old article that are blocks of the new one, by number; one of both may be empty."""

    old: list[int] = field(default_factory=list)
    new: list[int] = field(default_factory=list)
    change: str = ""


class _Diff:
    """Compares two lists of blocks."""

    def __init__(self, old: Sequence[Block], new: Sequence[Block], clock: Clock | None, seconds: float) -> None:
        self._old, self._new = old, new
        # Three of them, so that a thousand equal lines leave something for words.
        self._blocks, self._pairs, self._words = (Budget(_STEPS, clock, seconds) for _ in range(3))
        self._bags: dict[tuple[str, int], tuple[Bag, int]] = {}

    def rows(self) -> list[Row]:
        """All rows."""
        places = list(self._places())
        _fold(places, self._is_part_of_new, self._is_part_of_old)
        return [self._row(place) for place in self._moved(places)]

    def _places(self) -> Iterator[_Place]:
        """In the order of both: what is the same, what was reworded, what was removed, what was added."""
        keys = [block.key for block in self._old], [block.key for block in self._new]
        for equal, a, b, c, d in Comparison(self._blocks).passages(*keys):
            if equal:
                yield from (_Place([a + at], [c + at], "same") for at in range(b - a))
                continue
            old, new = [self._bag("old", at) for at in range(a, b)], [self._bag("new", at) for at in range(c, d)]
            at, to = a, c
            for left, right in (*pairs(old, new, self._pairs), (b - a, d - c)):
                yield from (_Place([one], [], "removed") for one in range(at, a + left))
                yield from (_Place([], [one], "added") for one in range(to, c + right))
                at, to = a + left + 1, c + right + 1
                if at <= b:
                    yield _Place([at - 1], [to - 1], "edited")

    def _bag(self, side: str, number: int) -> Bag:
        return self._words_of(side, number)[0]

    def _words_of(self, side: str, number: int) -> tuple[Bag, int]:
        """The words of a block as a set, and how many there are."""
        found = self._bags.get((side, number))
        if found is None:
            words = tokens((self._old if side == "old" else self._new)[number].text).words
            found = self._bags[side, number] = bag(words), weight(words)
        return found

    # --- split and joined

    def _is_part_of_old(self, place: _Place, number: int) -> bool:
        """Whether the new block `number` is what is missing of the old one at `place`: that one was split."""
        held = frozenset[str]().union(*(self._bag("new", one) for one in place.new))
        return is_in(self._bag("new", number), self._bag("old", place.old[0]) - held)

    def _is_part_of_new(self, place: _Place, number: int) -> bool:
        """Whether what the new block at `place` has more is the old block `number`: both were joined."""
        held = frozenset[str]().union(*(self._bag("old", one) for one in place.old))
        return is_in(self._bag("old", number), self._bag("new", place.new[0]) - held)

    # --- moved

    def _moved(self, places: list[_Place]) -> list[_Place]:
        """Mark what was removed here and added there as moved."""
        gone = [place for place in places if place.change == "removed" and self._is_known("old", place.old[0])]
        come = [place for place in places if place.change == "added" and self._is_known("new", place.new[0])]
        self._move_equal(gone, come)
        gone, come = _unpaired(gone), _unpaired(come)
        bags = [self._bag("old", place.old[0]) for place in gone], [self._bag("new", place.new[0]) for place in come]
        for one, other in twins(*bags, self._pairs):
            _move(gone[one], come[other])
        return places

    def _move_equal(self, gone: Sequence[_Place], come: Sequence[_Place]) -> None:
        """Mark what was removed here and added there without a change as moved, in the order of both."""
        where: dict[str, list[_Place]] = {}
        for place in reversed(come):
            where.setdefault(self._new[place.new[0]].key, []).append(place)
        for place in gone:
            if same := where.get(self._old[place.old[0]].key):
                _move(place, same.pop())

    def _is_known(self, side: str, number: int) -> bool:
        return self._words_of(side, number)[1] >= _FEWEST

    # --- rows

    def _row(self, place: _Place) -> Row:
        old, new = [self._old[one] for one in place.old], [self._new[one] for one in place.new]
        kind = (new or old)[0].kind
        where = (place.old[0] if old else None, place.new[0] if new else None)
        if place.change == "moved_away":
            return Row(place.change, kind, (), (), *where)
        if not old or not new:
            return Row(place.change, kind, _whole(place.change, (new or old)[0]), (), *where)
        if place.change == "same":
            formatting = notes(old[0], new[0], [Same(0, 0, len(new[0].text))])
            return Row("formatted" if formatting else "same", kind, _whole("equal", new[0]), formatting, *where)
        return Row(*self._reworded(place.change, kind, as_one(old), as_one(new)), *where)

    def _reworded(
        self, change: str, kind: str, before: Block, after: Block
    ) -> tuple[str, str, tuple[Piece, ...], tuple[Note, ...]]:
        """The change, kind, pieces and notes of a row with a text on both sides."""
        pieces, same = compared(before, after, self._words)
        formatting = notes(before, after, same)
        if change == "edited" and not any(piece.text.strip() for piece in pieces if piece.op != "equal"):
            return "formatted", kind, pieces, (*formatting, Note("white space", "", ""))
        return change, kind, pieces, formatting


def _fold(
    places: list[_Place], is_joined: Callable[[_Place, int], bool], is_split: Callable[[_Place, int], bool]
) -> None:
    """Add to each reworded block the ones beside it that are a part of it, and take those from the list."""
    for at, place in enumerate(places):
        if place.change == "edited":
            for step in (1, -1):
                beside = at + step
                while 0 <= beside < len(places) and places[beside].change in ("added", "removed", ""):
                    _absorb(place, places[beside], step, is_joined, is_split)
                    beside += step
    places[:] = [place for place in places if place.change]


def _absorb(
    place: _Place,
    lone: _Place,
    step: int,
    is_joined: Callable[[_Place, int], bool],
    is_split: Callable[[_Place, int], bool],
) -> None:
    for change, side, lone_side, is_part in (
        ("split", place.new, lone.new, is_split),
        ("joined", place.old, lone.old, is_joined),
    ):
        if lone.change and lone_side and place.change in ("edited", change):
            end = -1 if step > 0 else 0
            if lone_side[0] == side[end] + step and is_part(place, lone_side[0]):
                side.insert(len(side) if step > 0 else 0, lone_side[0])
                place.change, lone.change = change, ""


def _unpaired(places: Iterable[_Place]) -> list[_Place]:
    return [place for place in places if len(place.old) + len(place.new) == 1]


def _move(gone: _Place, come: _Place) -> None:
    gone.new, come.old = come.new, gone.old
    gone.change, come.change = "moved_away", "moved"


def _whole(op: str, block: Block) -> tuple[Piece, ...]:
    return tuple(Piece(op, text, marks) for text, marks in marked(block.text, block.runs, 0, len(block.text)))
