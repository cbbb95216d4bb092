"""The archive's log of seals: one JSON line an entry, appended only.

A line that names a file made with credentials is hidden: the log has its digest, and the line itself stands in
`private/entries`, which is never handed on. What an entry of each type holds: `seal.entries`.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wparchive.errors import DamagedError
from wparchive.seal.proof.checkpoint import Checkpoint, to_base64
from wparchive.seal.proof.commitments import canonical
from wparchive.seal.proof.tree import leaf_hash, root_of
from wparchive.store.modes import own_folder
from wparchive.store.warc.writing.writer import storage_error, sync_folder

__all__ = ["Entry", "Log", "append", "cut_torn", "read_log"]

_PRIVATE = 0o600
_PUBLIC = 0o644


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log, without its line feed.

    `value` is what it says, {} when it is no entry; of a hidden line what is behind it, or the hidden entry itself when
    that isn't there. `behind` is the line behind a hidden one.
    """

    line: bytes
    value: Mapping[str, Any]
    behind: bytes = b""

    @property
    def type(self) -> str:
        """The entry's type, empty when it has none."""
        kind = self.value.get("type")
        return kind if isinstance(kind, str) else ""

    @property
    def is_hidden(self) -> bool:
        """Whether the log shows only its digest."""
        return bool(self.behind) or self.type == "hidden"


@dataclass(slots=True)
class Log:
    """The entries, and what of the last line was written before a crash: bytes without a line feed."""

    entries: list[Entry] = field(default_factory=list)
    torn: bytes = b""

    @property
    def origin(self) -> str:
        """What the log is called, by its first line; empty without one."""
        origin = self.entries[0].value.get("origin") if self.entries and self.entries[0].type == "log" else None
        return origin if isinstance(origin, str) else ""

    def leaves(self, size: int | None = None) -> list[bytes]:
        """Return the leaf hashes of the first `size` entries, of all without it."""
        return [leaf_hash(entry.line) for entry in self.entries[:size]]

    def head(self, size: int | None = None) -> Checkpoint:
        """Return the checkpoint over the first `size` entries, over all without it."""
        leaves = self.leaves(size)
        return Checkpoint(self.origin, len(leaves), root_of(leaves))

    def fits(self, checkpoint: Checkpoint) -> bool:
        """Whether `checkpoint` is one of this log, as it was when it had so many entries."""
        return checkpoint.size <= len(self.entries) and self.head(checkpoint.size) == checkpoint

    def named(self, kind: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield index and value of each entry of the type `kind`."""
        return ((at, entry.value) for at, entry in enumerate(self.entries) if entry.type == kind)


def read_log(folder: Path) -> Log:
    """Return the log in the folder `seals/` of an archive, empty when there is none. Raises StorageError."""
    data = _bytes(folder / "log")
    *lines, torn = data.split(b"\n")
    behind = dict(_behind(_bytes(folder / "private" / "entries")))
    return Log([_entry(line, behind.get(at, b"")) for at, line in enumerate(lines)], torn)


def _bytes(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise storage_error(path, error) from None


def _behind(data: bytes) -> Iterator[tuple[int, bytes]]:
    for line in data.split(b"\n"):
        index, _, real = line.partition(b"\t")
        if index.isdigit() and len(index) < 19:
            yield int(index), real


def _entry(line: bytes, behind: bytes) -> Entry:
    value = _value(line)
    if value.get("type") != "hidden" or not behind:
        return Entry(line, value)
    matches = value.get("hash") == to_base64(hashlib.sha256(behind).digest())
    return Entry(line, _value(behind), behind) if matches else Entry(line, {})


def _value(line: bytes) -> Mapping[str, Any]:
    """Return what a line says, {} when it isn't written in the one form that entries have: keys twice, for example."""
    try:
        value = json.loads(line)
        return value if isinstance(value, dict) and canonical(value) == line else {}
    except (ValueError, RecursionError):
        return {}


def cut_torn(folder: Path, log: Log) -> None:
    """Cut off the half line that a crash left at the end of the log: no seal covers it. Raises StorageError."""
    if not log.torn:
        return
    path = folder / "log"
    try:
        with path.open("rb+") as file:
            file.truncate(path.stat().st_size - len(log.torn))
            os.fsync(file.fileno())
    except OSError as error:
        raise storage_error(path, error) from None
    log.torn = b""


def append(folder: Path, log: Log, values: Sequence[Mapping[str, Any]], *, hidden: Sequence[bool]) -> None:
    """Append an entry for each of `values`, those `hidden` by their digest; all is on the disk when this returns.

    What is behind hidden lines is written first: a crash between leaves lines that nothing refers to. Raises
    StorageError, after which the log on the disk is as it was before, or has a torn last line.
    """
    if log.torn:
        raise DamagedError(f"{folder / 'log'}: its last line is torn; run `wparchive seal`")
    entries, real = [], []
    for at, (value, hide) in enumerate(zip(values, hidden, strict=True), len(log.entries)):
        line = canonical(value)
        if hide:
            real.append(b"%d\t%s\n" % (at, line))
            digest = to_base64(hashlib.sha256(line).digest())
            entries.append(Entry(canonical({"type": "hidden", "hash": digest}), value, line))
        else:
            entries.append(Entry(line, value))
    if real:
        try:
            own_folder(folder / "private")
        except OSError as error:
            raise storage_error(folder / "private", error) from None
        _write(folder / "private" / "entries", b"".join(real), _PRIVATE)
    _write(folder / "log", b"".join(entry.line + b"\n" for entry in entries), _PUBLIC)
    log.entries += entries


def _write(path: Path, data: bytes, mode: int) -> None:
    """Append `data` to a file and sync it; on a full disk what was written of it is cut off again."""
    try:
        is_new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "rb+", buffering=0) as file:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":  # a crash left half a line of what is behind the log
                data = b"\n" + data
            try:
                written = 0
                while written < len(data):
                    written += file.write(data[written:])
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, size)
                raise
        if is_new:
            sync_folder(path.parent)
    except OSError as error:
        raise storage_error(path, error) from None
