"""Memory for files on their way from the network to a WARC: a few slabs, taken and given back.

They are filled where they lie and written from there. Copying a body, or putting it on fresh pages each time, costs as
much as writing it does.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from wparchive.transit.stored_blocks import STORED_BLOCK

__all__ = ["LARGEST", "SLAB", "Slabs"]

SLAB: Final = 16 * STORED_BLOCK
_EACH: Final = 16  # slabs that one body may have
_ALL: Final = 32  # slabs that all bodies of this process may have
LARGEST: Final = _EACH * SLAB


class _Pool:
    """The slabs of this process, for any thread; they are made when first needed, and kept.

    There is no lock in it: Python may look for garbage at any moment, and what it then drops gives its slabs back.
    """

    def __init__(self, most: int) -> None:
        self._free: deque[bytearray | None] = deque([None] * most)  # None: not made yet

    def take(self, count: int) -> list[bytearray]:
        """`count` slabs, or none when there are fewer."""
        taken: list[bytearray] = []
        try:
            while len(taken) < count:
                taken.append(self._free.pop() or bytearray(SLAB))
        except IndexError:
            self.give(taken)
            return []
        return taken

    def give(self, slabs: list[bytearray]) -> None:
        """Take `slabs` back."""
        self._free.extend(slabs)


_pool = _Pool(_ALL)


class Slabs:
    """Append-only bytes in slabs of the pool, as long as there are some; `close` gives them back."""

    __slots__ = ("_slabs", "size")

    def __init__(self) -> None:
        self._slabs: list[bytearray] = []
        self.size = 0

    def room(self) -> memoryview | None:
        """Where the next bytes may be put before `write` is told of them; None when there is no slab left."""
        full = self.size == len(self._slabs) * SLAB
        return None if full and not self._grow(1) else memoryview(self._slabs[-1])[self.size % SLAB :]

    def write(self, data: bytes | memoryview) -> bool:
        """Append `data`, unless it is there already; False, with nothing done, when there is no slab left for it."""
        if isinstance(data, memoryview) and self._slabs and data.obj is self._slabs[-1]:
            self.size += len(data)
            return True
        missing = -(-(self.size + len(data)) // SLAB) - len(self._slabs)
        if missing > 0 and not self._grow(missing):
            return False
        left = memoryview(data)
        while left:
            number, at = divmod(self.size, SLAB)
            part = left[: SLAB - at]
            memoryview(self._slabs[number])[at : at + len(part)] = part
            self.size += len(part)
            left = left[len(part) :]
        return True

    def _grow(self, count: int) -> bool:
        more = _pool.take(count) if len(self._slabs) + count <= _EACH else []
        self._slabs += more
        return bool(more)

    def read(self, start: int, most: int) -> bytes:
        """At most `most` bytes from `start` on, of one slab; none at the end."""
        if start >= self.size:
            return b""
        number, at = divmod(start, SLAB)
        return bytes(memoryview(self._slabs[number])[at : min(at + most, at + self.size - start)])

    def blocks(self) -> Iterator[memoryview]:
        """Everything, in pieces of `STORED_BLOCK` bytes, the last of which may have fewer."""
        left = self.size
        for slab in self._slabs:
            for at in range(0, min(left, SLAB), STORED_BLOCK):
                yield memoryview(slab)[at : min(at + STORED_BLOCK, left)]
            left -= SLAB

    def close(self) -> None:
        """Give the slabs back; nothing may look at them any more."""
        slabs, self._slabs, self.size = self._slabs, [], 0
        _pool.give(slabs)
