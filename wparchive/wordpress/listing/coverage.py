"""Which positions of a list that may change under our hands have been seen: the arithmetic behind a listing's proof.

Every page is read at some moment, at which the server stated a total. When rows are removed, what follows moves left, past
the pages that were read before; when a row comes back, what follows moves right. An item can only slip through between two
reads by as many places as their totals differ. So positions are proven by a chain of reads, from the first position to the
last, each beginning no later than the one before it ended, less that difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Coverage"]


@dataclass(slots=True)
class Coverage:
    """Reads of a list. Positions count from 0; a read covers `start <= position < end`."""

    reads: dict[int, dict[int, int]] = field(default_factory=dict)
    rows: dict[tuple[int, int], int] = field(default_factory=dict)
    last_total: int = 0

    def add(self, start: int, end: int, total: int | None, rows: int | None = None) -> None:
        """A read of the positions from `start` to `end` while the server stated `total`; `rows` is what it showed there.

        A range that was given up counts as read, with no `rows`: it is accounted for by its gap.
        """
        if end <= start:
            return
        self.last_total = self.last_total if total is None else total
        ends = self.reads.setdefault(self.last_total, {})
        ends[start] = max(end, ends.get(start, 0))
        if rows is not None:
            self.rows[start, end] = rows

    def join(self, start: int, end: int, total: int | None, rows: int) -> None:
        """What lies from `start` to `end` was seen by other ways than by position, `rows` in all."""
        self.rows = {span: shown for span, shown in self.rows.items() if span[1] <= start}
        self.add(start, end, total, rows if total is not None else None)

    def reach(self, total: int) -> int:
        """Up to which position, in the list as it is at `total`, everything is accounted for."""
        reached: dict[int, int] = {}
        spans = {at: sorted(ends.items()) for at, ends in self.reads.items()}
        moved = True
        while moved:
            moved = False
            for at, ordered in spans.items():
                position = _carried(reached, at)
                for start, end in ordered:
                    if start > position:
                        break
                    position = max(position, end)
                if position > reached.get(at, 0):
                    reached[at] = position
                    moved = True
        return _carried(reached, total)

    def holes(self, end: int | None) -> Iterator[tuple[int, int | None]]:
        """The ranges before `end` that no read touches, the last one open when there is no end."""
        position = 0
        for start, stop in sorted((start, stop) for ends in self.reads.values() for start, stop in ends.items()):
            if start > position and (end is None or position < end):
                yield position, start if end is None else min(start, end)
            position = max(position, stop)
        if end is None or position < end:
            yield position, end

    def withheld(self) -> int:
        """How many rows were counted by the server and not shown, in what was read."""
        return sum(max(0, end - start - rows) for (start, end), rows in self.rows.items())


def _carried(reached: dict[int, int], total: int) -> int:
    return max((position - max(0, at - total) for at, position in reached.items()), default=0)
