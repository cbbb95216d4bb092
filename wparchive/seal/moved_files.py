"""Digests of sealed WARCs that lie elsewhere since then, so that after `rename` or `forget` each is hashed once.

They only save time. They lie in `seals/private/`, which is never handed on, since the log may hide these names. One counts
for a file with the size and the time of change that it had; whatever isn't such a line is passed over.
"""

import json
import os
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path

from wparchive.seal.proof.file_measure import file_sha256
from wparchive.seal.seals_folder import Seals
from wparchive.store.modes import own_folder

__all__ = ["MovedFiles"]

_LONGEST = 1 << 14  # bytes of a line: a path and three short values
_Marks = tuple[int, int]  # a file's size in bytes, and its time of change in nanoseconds


class MovedFiles:
    """What is known of those of an archive's `files` that were moved, paths in the archive as the log spells them."""

    def __init__(self, seals: Seals, files: Container[str]) -> None:
        self._place = seals.folder / "private" / "moved"
        self._known = {file: known for file, known in _read(self._place) if file in files}
        self._used: dict[str, tuple[_Marks, str]] = {}

    def sha256(self, file: str, path: Path) -> str:
        """Return the lower-case hex SHA-256 of `file`, which lies at `path` and is read unless it is known. Raises OSError."""
        about = path.stat()
        marks = about.st_size, about.st_mtime_ns
        before, digest = self._known.get(file, (None, ""))
        self._used[file] = marks, (digest if before == marks else file_sha256(path)[0])
        return self._used[file][1]

    def keep(self) -> None:
        """Keep for the next time what was asked for; when that can't be, the files are read again then."""
        if self._used == self._known:
            return
        new = self._place.with_name(f".{self._place.name}.new")
        with suppress(OSError):
            own_folder(self._place.parent)
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as lines:
                for file, (marks, digest) in self._used.items():
                    lines.write(f"{json.dumps([file, *marks, digest])}\n")
            new.replace(self._place)


def _read(place: Path) -> Iterator[tuple[str, tuple[_Marks, str]]]:
    with suppress(OSError), place.open("rb") as lines:
        while line := lines.readline(_LONGEST):
            with suppress(ValueError, RecursionError):
                match json.loads(line):
                    case [str(file), int(size), int(changed), str(digest)]:
                        yield file, ((size, changed), digest)
