"""Remove records from sealed WARCs under law, and keep the chain: the log says so first, then tombstones stand in their place.

The entry in the log has the digest that the file will have, and every bit of a tombstone follows from its entry. So a crash
between the two is made up for by the next `seal`, and a file that is put back from a copy loses the same records again.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from wparchive.errors import DamagedError, StorageError
from wparchive.model import timestamp
from wparchive.seal.entries import Removal, SealedFile, log_value, removals_in, sealed_files
from wparchive.seal.log import Log, append
from wparchive.seal.proof.checkpoint import to_base64
from wparchive.seal.proof.commitments import canonical
from wparchive.seal.proof.file_measure import MeasuredRecord, read_record
from wparchive.seal.proof.tree import leaf_hash
from wparchive.seal.seals_folder import Seals
from wparchive.seal.settings import SealSettings
from wparchive.seal.unsealed import finished
from wparchive.store import Archive, Damage, Member, walk
from wparchive.store.archive import Lock
from wparchive.store.warc.blobs import read_at, size_of
from wparchive.store.warc.names import lasting_name
from wparchive.store.warc.writing.tombstones import Statement, TooShortError, tombstone, tombstone_at
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["Stretch", "finish_removals", "remove_stretches"]

_STEP = 1 << 20
_WAIT = 60.0  # seconds for another process that seals


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Whole records of the WARC at `path` that follow each other: from `offset` on, `length` bytes."""

    path: Path
    offset: int
    length: int


def remove_stretches(
    archive: Archive,
    settings: SealSettings,
    stretches: Sequence[Stretch],
    *,
    reason: str,
    order: str,
    now: Callable[[], datetime],
) -> None:
    """Put a tombstone in place of each stretch, after its entry in the log; all is on the disk when this returns.

    Files without an entry should be sealed before. Raises LockedError, StorageError, and DamagedError for a stretch that
    isn't whole records or too short; then nothing of its file was removed, and files before it are complete.
    """
    seals = Seals.of(archive)
    busy = f"{seals.folder}: process PID is sealing; remove when it has ended"
    with Lock(seals.folder / ".lock", busy, _WAIT):
        log = seals.log()
        if stretches and not log.entries:  # nothing here could be sealed
            append(seals.folder, log, [log_value(timestamp(now()), settings.origin)], hidden=[False])
        places = {found.path: (found.file, found.private) for found in finished(archive)}
        # The seal before may have finished what a crash had cut off: then a tombstone stands there already.
        due = [one for one in stretches if not tombstone_at(one.path, one.offset)]
        for path in sorted({one.path for one in due}):
            mine = sorted(one for one in due if one.path == path)
            file, private = places.get(path, (path.relative_to(archive.root).as_posix(), False))
            said = {"type": "removal", "at": timestamp(now()), "file": file, "reason": reason, "order": order}
            _remove(seals.folder, log, mine, said, hide=private or settings.hide_names)


def _remove(folder: Path, log: Log, stretches: Sequence[Stretch], said: Mapping[str, Any], *, hide: bool) -> None:
    """Remove the stretches of one file, from its beginning to its end."""
    path = stretches[0].path
    sealed = _sealed_as(log, path, str(said["file"]))
    # Public statements must not name what the log hides.
    hidden = hide or (sealed is not None and sealed.hidden)
    try:
        values = [dict(said) | found for found in _found(log, path, stretches)]
        for value in values:
            _check(path, value)
        with path.open("rb+") as file:
            before = hashlib.sha256()
            at = 0
            for value in values:
                _add(before, file, at, value["offset"])
                at = value["offset"]
                value["sha256"] = _digest_with(before, file, value)
                append(folder, log, [value], hidden=[hidden])
                _overwrite(file, value)
    except OSError as error:
        raise storage_error(path, error) from None


def _sealed_as(log: Log, path: Path, file: str) -> SealedFile | None:
    """Return the entry of the file at `path`, wherever it was sealed."""
    same = [one for one in sealed_files(log) if one.name == lasting_name(path.as_posix())]
    return next((one for one in same if one.file == file), next(iter(same), None))


def _found(log: Log, path: Path, stretches: Sequence[Stretch]) -> Iterator[dict[str, Any]]:
    """Yield place and leaves of each stretch; places count the records that were there when the file was sealed."""
    earlier = {one.offset: len(one.leaves) for one in removals_in(log) if one.name == lasting_name(path.as_posix())}
    values: dict[Stretch, dict[str, Any]] = {}
    number = 0

    def read(member: Member) -> tuple[int, Stretch | None, MeasuredRecord | None]:
        within = next((one for one in stretches if one.offset <= member.offset < one.offset + one.length), None)
        return member.offset, within, read_record(member, checked=False) if within else None

    for found in walk(path, 0, read):
        if isinstance(found, Damage):
            continue
        offset, within, measured = found
        if within and measured:
            value = values.setdefault(within, _value(within, number, whole=offset == within.offset))
            value["leaves"].append(to_base64(measured.leaf))
            value["items"] += [to_base64(leaf_hash(line)) for line in measured.items]
        number += earlier.get(offset, 1)
    for one in stretches:
        if one not in values or not values[one].pop("whole"):
            raise DamagedError(f"{path}: no whole record at offset {one.offset}; run `wparchive verify`")
        yield {name: value for name, value in values[one].items() if value or name != "items"}


def _value(one: Stretch, number: int, *, whole: bool) -> dict[str, Any]:
    place = {"record": number, "offset": one.offset, "length": one.length}
    return {**place, "leaves": [], "items": [], "whole": whole}


def _check(path: Path, value: Mapping[str, Any]) -> None:
    """Raise StorageError where no tombstone fits, before anything is written."""
    try:
        _tombstone(value)
    except TooShortError as error:
        raise StorageError(f"{path}: at offset {value['offset']}: {error}; nothing of this file was removed") from None


def _tombstone(value: Mapping[str, Any]) -> Iterator[bytes]:
    """Return the pieces of the tombstone that an entry of the log stands for."""
    seed = canonical({name: one for name, one in value.items() if name != "sha256"})
    said = Statement(str(value["at"]), str(value["reason"]), str(value["order"]), value["leaves"])
    return tombstone(said, seed, value["length"])


def _add(digest: "hashlib._Hash", file: BinaryIO, start: int, end: int) -> None:
    """Add the bytes of `file` from `start` to `end` to `digest`."""
    while start < end and (piece := read_at(file, min(_STEP, end - start), start)):
        digest.update(piece)
        start += len(piece)


def _digest_with(before: "hashlib._Hash", file: BinaryIO, value: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the file with the tombstone of `value` in it; `before` is that of all that precedes it."""
    digest = before.copy()
    for piece in _tombstone(value):
        digest.update(piece)
    _add(digest, file, value["offset"] + value["length"], size_of(file))
    return digest.hexdigest()


def _overwrite(file: BinaryIO, value: Mapping[str, Any]) -> None:
    """Write the tombstone, its beginning last: where that stands, all of it does. Raises OSError."""
    pieces = _tombstone(value)
    start = _start(pieces)
    at = value["offset"] + len(start)
    for piece in pieces:
        _write_at(file, piece, at)
        at += len(piece)
    os.fsync(file.fileno())
    _write_at(file, start, value["offset"])
    os.fsync(file.fileno())


def _write_at(file: BinaryIO, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(file.fileno(), data, at)
        data, at = data[written:], at + written


def _start(pieces: Iterator[bytes]) -> bytes:
    """Return the beginning of a tombstone, with the ids in its header, and leave `pieces` behind it."""
    return next(pieces) + next(pieces) + next(pieces)


def finish_removals(archive: Archive, log: Log) -> list[str]:
    """Do the removals that are logged and not done, where the log's digest says what must come out; returns the files' paths.

    The caller holds the lock on the seals. Raises StorageError.
    """
    removals = [*removals_in(log)]
    if not removals:
        return []
    there: dict[str, list[Path]] = {}
    for found in finished(archive):
        there.setdefault(lasting_name(found.file), []).append(found.path)
    done = []
    for removal in removals:
        for path in there.get(removal.name, ()):
            try:
                if _finished_now(path, removal, log.entries[removal.index].value):
                    done.append(path.relative_to(archive.root).as_posix())
            except OSError as error:
                raise storage_error(path, error) from None
    return list(dict.fromkeys(done))


def _finished_now(path: Path, removal: Removal, value: Mapping[str, Any]) -> bool:
    """Whether the removal had to be done in the file at `path`, and is done now."""
    if not {"at", "reason", "order"} <= value.keys():
        return False
    with path.open("rb") as file:
        try:
            start = _start(_tombstone(value))
        except TooShortError:
            return False
        if read_at(file, len(start), removal.offset) == start:
            return False
        before = hashlib.sha256()
        _add(before, file, 0, removal.offset)
        if size_of(file) < removal.offset + removal.length or _digest_with(before, file, value) != removal.sha256:
            return False  # not the file that was meant; `verify` says so
    with path.open("rb+") as file:
        _overwrite(file, value)
    return True
