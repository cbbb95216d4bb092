"""Are the WARCs of the archive, and all their records, those that were sealed?

A file's digest must be the sealed one, or that of its last removal; and the leaves of its records, with removed ones put back
in place of each tombstone, must give the sealed root.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wparchive.audit.finding import Finding
from wparchive.audit.seals.log_check import seal_finding
from wparchive.seal.entries import Removal, SealedFile, removals_in, sealed_files
from wparchive.seal.log import Log
from wparchive.seal.proof.file_measure import file_sha256
from wparchive.seal.proof.tree import Root
from wparchive.store.warc.names import lasting_name

__all__ = ["FileCheck", "RecordSink"]

_MESSAGES: Final = {
    "seal-repacked": "every record is as it was sealed, but the file was packed anew",
    "seal-file": "it isn't the file that was sealed",
}


@dataclass(slots=True)
class RecordSink:
    """Takes the leaf of each record of one file, in order; `removed` counts the removals whose tombstone was met."""

    removals: Mapping[int, Removal] = field(default_factory=dict)
    root: Root = field(default_factory=Root)
    removed: int = 0

    def record(self, offset: int, leaf: bytes, *, tombstone: bool) -> None:
        """Add a record; in place of a tombstone, and of nothing else, the leaves of what was removed."""
        removal = self.removals.get(offset) if tombstone else None
        self.removed += removal is not None
        for one in removal.leaves if removal else (leaf,):
            self.root.add(one)


@dataclass(frozen=True, slots=True)
class _Present:
    """A file as it is: its path in the archive, its digest, and what took its records if they were read."""

    file: str
    sha256: str
    sink: RecordSink | None


class FileCheck:
    """The files of one log against what is there; `name` is what findings call the log."""

    def __init__(self, log: Log, name: str, *, partial: bool = False) -> None:
        self._name, self._partial = name, partial
        self.sealed = [*sealed_files(log)]
        self._named: dict[str, list[SealedFile]] = {}
        for one in self.sealed:
            self._named.setdefault(one.name, []).append(one)
        self._removals: dict[str, dict[int, Removal]] = {}
        self._last: dict[str, Removal] = {}
        for removal in removals_in(log):
            self._removals.setdefault(removal.name, {})[removal.offset] = removal
            self._last[removal.name] = removal
        self._lost = {str(value.get("file")) for _, value in log.named("lost")}
        self._present: dict[str, list[_Present]] = {}

    def sink(self, path: Path) -> RecordSink:
        """Return what takes the records of the file at `path`."""
        return RecordSink(self._removals.get(lasting_name(path.as_posix()), {}))

    def names(self, path: Path) -> bool:
        """Whether a seal names a file that is called as this one."""
        return lasting_name(path.as_posix()) in self._named

    def read(self, file: str, path: Path, sink: RecordSink | None) -> None:
        """Note a file that is there, and its records if they were read. Raises OSError."""
        if self.names(path):
            digest, _ = file_sha256(path)
            self._present.setdefault(lasting_name(file), []).append(_Present(file, digest, sink))

    def findings(self) -> Iterator[Finding]:
        """Yield sealed files that are gone or changed."""
        for name, entries in self._named.items():
            yield from self._of_one_name(entries, self._present.get(name, ()))

    def _of_one_name(self, entries: Sequence[SealedFile], present: Sequence[_Present]) -> Iterator[Finding]:
        """Yield what is wrong with files of one name: each entry has its file somewhere, and each place of one its content."""
        told = set()
        for one in entries:
            if not present:
                if not (self._partial or one.file in self._lost):
                    yield seal_finding("seal-gone", "it was sealed, and it is gone", one.file)
                continue
            best = min(present, key=lambda found: (self._fault(one, found) != "", found.file != one.file))
            if (code := self._fault(one, best)) and best.file not in told:
                told.add(best.file)
                yield seal_finding(code, _MESSAGES[code], best.file)
        for found in present:
            # A sound copy elsewhere doesn't make up for another content at the place of the sealed one.
            own = [one for one in entries if one.file == found.file]
            if own and found.file not in told and all(self._fault(one, found) for one in own):
                yield seal_finding("seal-file", _MESSAGES["seal-file"], found.file)

    def _fault(self, one: SealedFile, found: _Present) -> str:
        """Return how a file differs from what was sealed, as the code of a finding; empty if it doesn't."""
        is_same = found.sha256 == self._last.get(one.name, one).sha256
        if found.sink is None:
            return "" if is_same else "seal-file"
        root, removed = found.sink.root, len(self._removals.get(one.name, ()))
        if root.size != one.records or root.digest() != one.root or found.sink.removed != removed:
            return "seal-file"
        return "" if is_same else "seal-repacked"

    def strangers(self) -> int:
        """How many files are only called as a sealed one, and are neither it nor at its place: not sealed yet."""
        return sum(
            all(one.file != found.file and self._fault(one, found) for one in self._named[name])
            for name, present in self._present.items()
            for found in present
        )

    def moved(self) -> int:
        """How many sealed files lie elsewhere than where they were sealed."""
        places = {found.file for every in self._present.values() for found in every}
        return sum(1 for one in self.sealed if one.name in self._present and one.file not in places)
