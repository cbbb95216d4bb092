"""Which positions of a list have been read while the list may change: the arithmetic behind a listing's proof.

Each page is read at one moment, at which the server stated a total. When rows are removed, later rows move left, onto
positions that were read before; when a row is restored, later rows move right. Between two reads, an item can be missed
by at most as many places as their totals differ. Positions are therefore proven by a chain of reads from the first
position to the last: each read must begin no later than the previous one ended, less that difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Coverage"]


@dataclass(slots=True)
class Coverage:
    """The reads of a list. Positions count from 0; a read covers `start <= position < end`."""

    reads: dict[int, dict[int, int]] = field(default_factory=dict)
    rows: dict[tuple[int, int], int] = field(default_factory=dict)
    last_total: int = 0

    def add(self, start: int, end: int, total: int | None, rows: int | None = None) -> None:
        """Add a read of the positions from `start` to `end`: it returned `rows` rows while the server stated `total`.

        A range that was given up counts as read, without `rows`, because a gap accounts for it.
        """
        if end <= start:
            return
        self.last_total = self.last_total if total is None else total
        ends = self.reads.setdefault(self.last_total, {})
        ends[start] = max(end, ends.get(start, 0))
        if rows is not None:
            self.rows[start, end] = rows

    def join(self, start: int, end: int, total: int | None, rows: int) -> None:
        """Add the range from `start` to `end`, whose rows (`rows` in all) were not read by position."""
        self.rows = {span: shown for span, shown in self.rows.items() if span[1] <= start}
        self.add(start, end, total, rows if total is not None else None)

    def reach(self, total: int) -> int:
        """Return the position up to which everything is accounted for, in the list as it is at `total`."""
        reached: dict[int, int] = {}
        spans = {at: sorted(ends.items()) for at, ends in self.reads.items()}
        moved = True
        # A read at one total can extend the chain at another, so repeat until no chain grows.
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
        """Yield the ranges before `end` that no read touches. The last one is open when `end` is None."""
        position = 0
        for start, stop in sorted((start, stop) for ends in self.reads.values() for start, stop in ends.items()):
            if start > position and (end is None or position < end):
                yield position, start if end is None else min(start, end)
            position = max(position, stop)
        if end is None or position < end:
            yield position, end

    def withheld(self) -> int:
        """Return how many rows the server counted but did not return, within the ranges that were read."""
        return sum(max(0, end - start - rows) for (start, end), rows in self.rows.items())


def _carried(reached: dict[int, int], total: int) -> int:
    # Rows that were removed since (`at` - `total`) may have moved unread rows to the left by as many places.
    return max((0, *(position - max(0, at - total) for at, position in reached.items())))
