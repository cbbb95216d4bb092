"""Which changes each reader of an archive was shown; another process may keep what its own reader was shown at the same time.

A change is known by its key (`ask.change_keys`), never by a time or a run, since runs may be imported or indexed late.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

from wparchive.errors import StorageError
from wparchive.store.archive import Archive
from wparchive.store.kept_file import Arrivals, KeptFile

__all__ = ["Readers"]


class Readers:
    """What all readers of an archive were shown; keys have `length` characters."""

    def __init__(self, archive: Archive, length: int) -> None:
        self._length = length
        self._file = KeptFile(
            archive.root / ".readers.json",
            self._is_sound,
            "remove it, and every reader begins again with all that is held",
        )

    def unseen(self, reader: str, asked: str, keys: Collection[str]) -> set[str]:
        """Those of `keys` that `reader`, who asks for `asked`, wasn't shown.

        Raises StorageError where the archive can't be written, so that it would be shown them again, and DamagedError.
        """
        try:
            lock = self._file.lock()
        except StorageError as error:
            raise StorageError(f"what you were shown can't be kept ({error}); or ask for a time: --since 7d") from None
        with lock:
            held = self._file.read()
            arrivals = Arrivals(self._length, held.get("changes", ""))
            shown = held.get("readers", {}).get(reader, {}).get(asked, [])
            arrivals.take(keys)
            return arrivals.but({place for first, last in shown for place in range(first, last + 1)}) & {*keys}

    def show(self, reader: str, asked: str, keys: Collection[str]) -> None:
        """Keep that `reader`, who asks for `asked`, was shown `keys`. Raises StorageError and DamagedError."""
        if not keys:
            return
        with self._file.lock():
            held = self._file.read()
            arrivals = Arrivals(self._length, held.get("changes", ""))
            arrivals.take(keys)
            own = held.setdefault("readers", {}).setdefault(reader, {})
            before = {place for first, last in own.get(asked, []) for place in range(first, last + 1)}
            own[asked] = [*_ranges(before | arrivals.places(keys))]
            self._file.write({**held, "changes": str(arrivals)})

    def _is_sound(self, value: object) -> bool:
        """Whether it is `changes`: keys in one text; `readers`: reader → question → first and last of each row of places."""
        match value:
            case {"changes": str(changes), "readers": dict(readers), **rest}:
                asked = list(readers.values())
                ranges = [shown for one in asked if isinstance(one, dict) for shown in one.values()]
                count, odd = divmod(len(changes), self._length)
                return (
                    not rest
                    and not odd
                    and all(isinstance(one, dict) for one in asked)
                    and all(isinstance(shown, list) and all(_is_range(one, count) for one in shown) for shown in ranges)
                )
        return False


def _is_range(value: object, most: int) -> bool:
    match value:
        case [int(first), int(last)]:
            return 0 <= first <= last < most
    return False


def _ranges(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each unbroken row of `places`."""
    ordered = sorted(places)
    breaks = [at for at, (one, other) in enumerate(pairwise(ordered), 1) if other != one + 1]
    for begin, end in pairwise([0, *breaks, len(ordered)]):
        yield ordered[begin], ordered[end - 1]
