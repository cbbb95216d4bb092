"""What the entries of the log say: made for the log, and read back as values.

Whole numbers and strings only; times in UTC with `Z`. Readers pass over types that they don't know.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wparchive.seal.log import Log
from wparchive.seal.proof.checkpoint import from_base64, to_base64
from wparchive.seal.proof.file_measure import FileMeasure
from wparchive.store.warc.names import lasting_name
from wparchive.version import __version__

__all__ = [
    "SOFTWARE",
    "Key",
    "Removal",
    "SealLine",
    "SealedFile",
    "current_key",
    "keys_in",
    "log_value",
    "removals_in",
    "sealed_files",
    "seals_in",
    "warc_value",
]

SOFTWARE = f"wparchive/{__version__}"
"""What an entry says it was made by."""

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A WARC as its entry names it; `index` is the entry's place in the log.

    `file` is its path in the archive when it was sealed, `size` in bytes; `root` is over its records, `items_root` over
    the items in them, None without any.
    """

    index: int
    file: str
    size: int
    sha256: str
    records: int
    root: bytes
    items: int = 0
    items_root: bytes | None = None
    hidden: bool = False

    @property
    def name(self) -> str:
        """The name by which it is known, wherever its site lies."""
        return lasting_name(self.file)


@dataclass(frozen=True, slots=True)
class SealLine:
    """The last entry of a seal: its number, the SHA-256 of the checkpoint before, and of files of earlier seals."""

    index: int
    number: int
    previous: str
    receipts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Key:
    """That a signing key was added, retired or lost."""

    index: int
    at: str
    change: str
    key: str
    principal: str


@dataclass(frozen=True, slots=True)
class Removal:
    """That records were removed from a file: the leaves that they had, and the stretch where a tombstone stands now.

    `record` is the place of the first among the file's records as it was sealed; `sha256` is the file's since then.
    `items` are the leaves of the items in them, in the file's second tree.
    """

    index: int
    file: str
    record: int
    leaves: tuple[bytes, ...]
    offset: int
    length: int
    sha256: str
    items: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        """The name by which the file is known, wherever its site lies."""
        return lasting_name(self.file)


def log_value(at: str, origin: str) -> dict[str, Any]:
    """Return the first entry of a log; one without an `origin` is called by chance."""
    # Sixteen digits: two archives that nobody named are never taken for one.
    own = origin or f"wparchive/{os.urandom(8).hex()}"
    return {"type": "log", "at": at, "origin": own, "software": SOFTWARE}


def warc_value(file: str, measure: FileMeasure, *, foreign: bool) -> dict[str, Any]:
    """Return the entry of a WARC at the path `file` in the archive."""
    value: dict[str, Any] = {
        "type": "warc",
        "file": file,
        "bytes": measure.bytes,
        "sha256": measure.sha256,
        "records": measure.records.size,
        "root": to_base64(measure.records.digest()),
        "first": measure.first,
        "last": measure.last,
    }
    if measure.items.size:
        value |= {"items": measure.items.size, "items_root": to_base64(measure.items.digest())}
    return value | ({"foreign": 1} if foreign else {})


def sealed_files(log: Log) -> Iterator[SealedFile]:
    """Yield the file of each `warc` entry that can be read; entries that can't are found by `verify`."""
    for index, value in log.named("warc"):
        hidden = log.entries[index].is_hidden
        match value:
            case {"file": str(file), "bytes": int(size), "sha256": str(sha256), "records": int(count), "root": root}:
                items = value.get("items", 0)
                try:
                    digest = from_base64(root)
                    items_root = from_base64(value["items_root"]) if items else None
                except (ValueError, KeyError):
                    continue
                if _HEX.fullmatch(sha256) and isinstance(items, int):
                    yield SealedFile(index, file, size, sha256, count, digest, items, items_root, hidden)


def seals_in(log: Log) -> Iterator[SealLine]:
    """Yield the closing entry of each seal that can be read."""
    for index, value in log.named("seal"):
        match value:
            case {"number": int(number), "previous": str(previous), "receipts": dict(receipts)}:
                if all(isinstance(digest, str) for digest in receipts.values()):
                    yield SealLine(index, number, previous, receipts)


def keys_in(log: Log) -> Iterator[Key]:
    """Yield what the log says of signing keys, in order."""
    for index, value in log.named("key"):
        match value:
            case {"at": str(at), "change": str(change), "key": str(key), "principal": str(principal)}:
                yield Key(index, at, change, key, principal)


def current_key(log: Log) -> Key | None:
    """Return the key with which seals are signed now, None when there never was one."""
    return next((key for key in reversed([*keys_in(log)]) if key.change == "add"), None)


def removals_in(log: Log) -> Iterator[Removal]:
    """Yield each removal that can be read, in order."""
    for index, value in log.named("removal"):
        match value:
            case {
                "file": str(file), "record": int(record), "leaves": list(leaves),
                "offset": int(offset), "length": int(length), "sha256": str(sha256),
            }:  # fmt: skip
                items = value.get("items", [])
                try:
                    digests = tuple(map(from_base64, leaves))
                    committed = tuple(map(from_base64, items if isinstance(items, list) else ()))
                except ValueError:
                    continue
                yield Removal(index, file, record, digests, offset, length, sha256, committed)
