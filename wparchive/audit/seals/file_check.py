"""Are the WARCs of the archive, and all their records, those that were sealed?

A file's digest must be the sealed one, or that of its last removal; and the leaves of its records, with removed ones put back
in place of each tombstone, must give the sealed root.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wparchive.audit.finding import Finding
from wparchive.audit.seals.log_check import seal_finding
from wparchive.seal.entries import Removal, SealedFile, removals_in, sealed_files
from wparchive.seal.log import Log
from wparchive.seal.measure import file_sha256
from wparchive.seal.tree import Root
from wparchive.store.warc.names import lasting_name

__all__ = ["FileCheck", "RecordSink"]


@dataclass(slots=True)
class RecordSink:
    """Takes the leaf of each record of one file, in order."""

    removals: Mapping[int, Removal] = field(default_factory=dict)
    root: Root = field(default_factory=Root)

    def record(self, offset: int, leaf: bytes) -> None:
        """Add a record; in place of a tombstone, the leaves of what was removed."""
        removal = self.removals.get(offset)
        for one in removal.leaves if removal else (leaf,):
            self.root.add(one)


@dataclass(frozen=True, slots=True)
class _Present:
    """A file as it is: its path in the archive, its digest, and the root and number of its records if they were read."""

    file: str
    sha256: str
    root: bytes | None
    records: int


class FileCheck:
    """The files of one log against what is there; `name` is what findings call the log."""

    def __init__(self, log: Log, name: str, *, partial: bool = False) -> None:
        self._name, self._partial = name, partial
        self.sealed = [*sealed_files(log)]
        self._known = {one.name for one in self.sealed}
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
        return lasting_name(path.as_posix()) in self._known

    def read(self, file: str, path: Path, sink: RecordSink | None) -> None:
        """Note a file that is there, and its records if they were read. Raises OSError."""
        if self.names(path):
            digest, _ = file_sha256(path)
            root, count = (sink.root.digest(), sink.root.size) if sink else (None, 0)
            self._present.setdefault(lasting_name(file), []).append(_Present(file, digest, root, count))

    def findings(self) -> Iterator[Finding]:
        """Yield sealed files that are gone or changed."""
        for one in self.sealed:
            yield from self._file(one, self._present.get(one.name, ()))

    def _file(self, one: SealedFile, present: Iterable[_Present]) -> Iterator[Finding]:
        removal = self._last.get(one.name)
        right = {one.sha256} if removal is None else {removal.sha256}
        best = sorted(present, key=lambda found: (found.sha256 not in right, found.file != one.file))
        found = next(iter(best), None)
        if found is None:
            if not (self._partial or one.file in self._lost):
                yield seal_finding("seal-gone", "it was sealed, and it is gone", one.file)
            return
        same_records = found.root is None or (found.root == one.root and found.records == one.records)
        if found.sha256 in right and same_records:
            return
        if found.root is not None and same_records:
            message = "every record is as it was sealed, but the file was packed anew"
            yield seal_finding("seal-repacked", message, found.file)
        else:
            yield seal_finding("seal-file", "it isn't the file that was sealed", found.file)

    def moved(self) -> int:
        """How many sealed files lie elsewhere than where they were sealed."""
        places = {found.file for every in self._present.values() for found in every}
        return sum(1 for one in self.sealed if one.name in self._present and one.file not in places)
