"""Recover the WARC of a killed run: adopt whole exchanges, move a torn tail aside, finish the file."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wparchive.errors import StorageError
from wparchive.store.warc.reader import Entry, exchanges
from wparchive.store.warc.resync import Damage
from wparchive.store.warc.writing.writer import storage_error, sync_folder

__all__ = ["Recovery", "recover"]

_COPY = 1 << 20


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was done to a file: `path` is its finished name (which doesn't exist when nothing in the file was whole).

    `size` is the bytes that stayed, `adopted` the number of exchanges and facts past the committed offset, `torn_bytes`
    what was moved to `torn_file`.
    """

    path: Path
    size: int
    adopted: int
    torn_bytes: int
    torn_file: Path | None


def recover(path: Path, committed: int = 0, adopt: Callable[[Entry], None] = lambda _: None) -> Recovery:
    """Finish the `.open` file of a killed run.

    Reads the records past `committed`, passes each whole exchange and fact to `adopt`, moves what follows the last of
    them to `*.torn`, truncates and renames. Raises StorageError. Safe to repeat after a crash in between. A finished
    file of the same name is never overwritten.
    """
    if path.with_name(path.name.removesuffix(".open")).exists():
        raise StorageError(f"{path}: the finished file of this name is there too; take this one away")
    try:
        size = path.stat().st_size
        # A file shorter than what was committed is damaged: it is read from the start.
        whole = committed if committed <= size else 0
        adopted = 0
        # Unsynced data may be torn anywhere, so every checksum is verified.
        for entry in exchanges(path, whole, every_byte=True):
            if not isinstance(entry, Damage):  # whole records after damage stay too
                adopt(entry)
                whole, adopted = max(whole, entry.end), adopted + 1
        torn = _move_tail(path, whole) if whole < size else None
        final = _finish(path, whole)
    except OSError as error:
        raise storage_error(path, error) from None
    return Recovery(final, whole, adopted, size - whole, torn)


def _move_tail(path: Path, start: int) -> Path:
    """Copy what follows `start` to a `.torn` file, then cut it off; in this order, so that nothing is ever lost."""
    final = path.name.removesuffix(".open")
    names = (f"{final}{number or ''}.torn" for number in range(10**6))
    torn = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    with path.open("rb+") as source:
        source.seek(start)
        with torn.open("xb") as copy:
            while data := source.read(_COPY):
                copy.write(data)
            copy.flush()
            os.fsync(copy.fileno())
        source.truncate(start)
        os.fsync(source.fileno())
    return torn


def _finish(path: Path, size: int) -> Path:
    final = path.with_name(path.name.removesuffix(".open"))
    if size:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.rename(final)
    else:
        path.unlink()
    sync_folder(path.parent)
    return final
