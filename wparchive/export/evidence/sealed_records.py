"""Records cut out of sealed WARCs, each with its proof: that it is in its file, and that its file is in the log."""

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from wparchive.errors import DamagedError, UsageError
from wparchive.seal.entries import Removal, SealedFile, removals_in, sealed_files
from wparchive.seal.log import Entry, Log
from wparchive.seal.proof.checkpoint import Checkpoint, Proof
from wparchive.seal.proof.file_measure import read_record
from wparchive.seal.proof.tree import leaf_hash, path_to, root_of
from wparchive.seal.seals_folder import Seal, Seals
from wparchive.store import Archive, Damage, walk
from wparchive.store.warc.fields import bare
from wparchive.store.warc.held_records import RUN_URN
from wparchive.store.warc.names import lasting_name

__all__ = ["SealedLog", "SealedRecord", "SealedWarc"]

_FACTS = ("start", "site", "end")


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record: its place in its file, in bytes and by number, its id and type."""

    warc: "SealedWarc"
    number: int
    offset: int
    length: int
    record_id: str
    type: str
    uri: str


@dataclass
class SealedWarc:
    """A WARC and its entry; `leaves` are the hashes of the records as they were sealed, `records` what stands there now."""

    path: Path
    entry: SealedFile
    leaves: list[bytes] = field(default_factory=list)
    items: list[bytes] = field(default_factory=list)  # the lines of its second tree, {} for one that was removed
    item_leaves: list[bytes] = field(default_factory=list)
    records: list[SealedRecord] = field(default_factory=list)

    def proof(self, number: int) -> Proof:
        """Return the proof that the record `number` is in the file."""
        root = self.entry.root
        return Proof(number, path_to(self.leaves, number), Checkpoint(self.entry.file, len(self.leaves), root))

    def item_proof(self, place: int) -> Proof:
        """Return the proof that the commitment at `place` among `items` was sealed with the file."""
        head = Checkpoint(f"{self.entry.file} items", len(self.item_leaves), self.entry.items_root or b"")
        return Proof(place, path_to(self.item_leaves, place), head)

    def commitment_to(self, capture: str, element: int | None) -> int | None:
        """Return the place among `items` of the commitment to an element of a capture's list; None without one."""
        for place, line in enumerate(self.items):
            value: dict[str, Any] = json.loads(line)
            if element is not None and value.get("capture") == capture and value["item"] == element:
                return place
        return None

    def at(self, offset: int) -> SealedRecord | None:
        """Return the record at `offset`."""
        return self._by_offset.get(offset)

    @cached_property
    def _by_offset(self) -> Mapping[int, SealedRecord]:
        return {one.offset: one for one in self.records}

    def facts(self, runs: Set[str], listings: Set[tuple[str, str]]) -> Iterator[SealedRecord]:
        """Yield how each of `runs` began, what it found the site to be, and how it ended; and the file's own description.

        Of `listings`, each a run and a route, also what the run says of them: whether they are complete.
        """
        for one in self.records:
            run, _, name = bare(one.uri).removeprefix(RUN_URN).partition(":")
            listed = (run, name.removeprefix("listing:")) in listings
            if one.type == "warcinfo" or (one.uri.startswith(RUN_URN) and (listed or (run in runs and name in _FACTS))):
                yield one


class SealedLog:
    """The seals of an archive, for proofs. Raises UsageError when there are none."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.seals = archive, Seals.of(archive)
        self.log: Log = self.seals.log()
        self.all = self._sound()
        if not self.all:
            raise UsageError(f"{archive.root}: nothing is sealed here; run `wparchive seal`")
        self._leaves = self.log.leaves()
        self._files = {one.file: one for one in sealed_files(self.log)}
        self._names = {one.name: one for one in self._files.values()}
        self._removals: dict[str, dict[int, Removal]] = {}
        for removal in removals_in(self.log):
            self._removals.setdefault(removal.name, {})[removal.offset] = removal
        self._warcs: dict[Path, SealedWarc] = {}

    def _sound(self) -> list[tuple[int, Seal]]:
        """Return the seals that can be read, each with how many entries it covers, by size."""
        sized = []
        for seal in self.seals.all():
            try:
                sized.append((seal.checkpoint().size, seal))
            except ValueError:
                raise DamagedError(f"{seal.folder}: no checkpoint; see `wparchive verify`") from None
        return sorted(sized, key=lambda one: one[0])

    def warc(self, path: Path) -> SealedWarc:
        """Return the WARC at `path` with all its leaves. Raises UsageError when it isn't sealed, DamagedError, OSError."""
        if path not in self._warcs:
            entry = self._files.get(path.relative_to(self.archive.root).as_posix()) or self._names.get(
                lasting_name(path.as_posix())
            )
            if entry is None or entry.index >= self.all[-1][0]:
                raise UsageError(f"{path}: isn't sealed yet; when no run writes it any more, run `wparchive seal`")
            self._warcs[path] = self._read(path, entry)
        return self._warcs[path]

    def _read(self, path: Path, entry: SealedFile) -> SealedWarc:
        found, removals = SealedWarc(path, entry), self._removals.get(lasting_name(path.as_posix()), {})
        for one in walk(path, 0, lambda member: (read_record(member), member)):
            if isinstance(one, Damage):
                raise DamagedError(f"{path}: at offset {one.offset}: {one.reason}; see `wparchive verify`")
            measured, member = one
            removal = removals.get(member.offset)
            if removal is None:
                uri = bare(member.headers.get("WARC-Target-URI"))
                place = (len(found.leaves), member.offset, member.length)
                found.records.append(SealedRecord(found, *place, member.record_id, member.type, uri))
            found.leaves += removal.leaves if removal else (measured.leaf,)
            found.items += [b"{}"] * len(removal.items) if removal else measured.items
            found.item_leaves += removal.items if removal else map(leaf_hash, measured.items)
        if root_of(found.leaves) != entry.root or len(found.leaves) != entry.records:
            raise DamagedError(f"{path}: isn't as it was sealed; see `wparchive verify`")
        return found

    def files(self) -> Iterable[SealedFile]:
        """Return the entries of all files."""
        return self._files.values()

    def covering(self, index: int) -> Seal:
        """Return the seal against which the entry `index` is proven.

        It is the earliest that covers it and has a time stamp; without any the newest, whose key is in use now.
        """
        covers = [seal for size, seal in self.all if size > index]
        return next((seal for seal in covers if seal.tokens and seal.signatures), None) or next(
            (seal for seal in covers if seal.tokens), covers[-1]
        )

    def entry(self, index: int) -> Entry:
        """Return an entry of the log."""
        return self.log.entries[index]

    def entry_proof(self, index: int) -> tuple[Proof, Seal]:
        """Return the proof that the entry `index` is in the log, and the seal that it leads to."""
        seal = self.covering(index)
        head = seal.checkpoint()
        return Proof(index, path_to(self._leaves[: head.size], index), head), seal
