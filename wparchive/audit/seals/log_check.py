"""Is the log one that only grew, and is each seal one of it?"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wparchive.audit.finding import Finding
from wparchive.errors import StorageError
from wparchive.seal.entries import SealLine, sealed_files, seals_in
from wparchive.seal.log import Log
from wparchive.seal.proof.checkpoint import Checkpoint
from wparchive.seal.proof.tree import Root, leaf_hash
from wparchive.seal.seals_folder import Seal, Seals

__all__ = ["LogCheck", "seal_finding"]


def seal_finding(code: str, message: str, where: str = "seals/log") -> Finding:
    """Return a finding about seals; `where` is a path in the archive."""
    return Finding("seal", message, where, code=code)


@dataclass(slots=True)
class LogCheck:
    """The log and the seals in one folder; `name` is that folder's in the archive. `expected` are heads kept elsewhere.

    Of `expected`, each has the words for who says so.
    """

    seals: Seals
    name: str
    expected: list[tuple[Checkpoint, str]] = field(default_factory=list)
    log: Log = field(init=False)
    all: Sequence[Seal] = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.seals.log()
        self.all = self.seals.all()

    def findings(self) -> Iterator[Finding]:
        """Yield what contradicts that the log only grew, and that all its seals are there."""
        yield from self._lines()
        faults: list[Finding] = []
        heads = dict(self._heads(faults))
        yield from faults
        yield from self._numbers()
        yield from self._sizes(heads)
        yield from self._roots(heads)
        yield from self._chain()
        yield from self._receipts()

    def _at(self, seal: Seal) -> str:
        return f"{self.name}/{seal.folder.name}/checkpoint"

    def _log(self) -> str:
        return f"{self.name}/log"

    def _lines(self) -> Iterator[Finding]:
        for number, entry in enumerate(self.log.entries, 1):
            if not entry.value:
                yield seal_finding("seal-log", f"line {number:,} is no entry", self._log())
        if self.log.entries and not self.log.origin:
            yield seal_finding("seal-log", "its first line doesn't say what it is called", self._log())
        if any(index for index, _ in self.log.named("log")):
            yield seal_finding("seal-log", "it begins more than once", self._log())
        readable = {one.index: one for one in sealed_files(self.log)}
        for index, _ in self.log.named("warc"):
            if index not in readable:
                yield seal_finding("seal-log", f"line {index + 1:,} doesn't say what was sealed", self._log())
        digests: dict[str, str] = {}
        for one in readable.values():
            if digests.setdefault(one.file, one.sha256) != one.sha256:
                message = f"{one.file} was sealed twice, and line {one.index + 1:,} says another content"
                yield seal_finding("seal-log", message, self._log())

    def _heads(self, faults: list[Finding]) -> Iterator[tuple[int, Checkpoint]]:
        """Yield the checkpoint of each seal, by number."""
        for seal in self.all:
            try:
                head = seal.checkpoint()
            except (ValueError, StorageError):
                faults.append(seal_finding("seal-checkpoint", "isn't there, or no checkpoint", self._at(seal)))
                continue
            if self.log.origin and head.origin != self.log.origin:
                message = f"of the log {head.origin[:100]}, and this one is called {self.log.origin}"
                faults.append(seal_finding("seal-origin", message, self._at(seal)))
            yield seal.number, head

    def _numbers(self) -> Iterator[Finding]:
        held = {seal.number for seal in self.all}
        named = {line.number for line in seals_in(self.log)}
        for number in sorted(({*range(1, max(held, default=0))} | named) - held):
            place = self.seals.place(number).name
            message = "this seal is gone; if a crash came before it was written, `wparchive seal` writes it"
            yield seal_finding("seal-missing", message, f"{self.name}/{place}")

    def _sizes(self, heads: dict[int, Checkpoint]) -> Iterator[Finding]:
        """Yield seals that don't follow each other, or whose last line isn't theirs; and what no seal covers."""
        closing = {line.index: line.number for line in seals_in(self.log)}
        before, count = 0, len(self.log.entries)
        for number, head in sorted(heads.items()):
            place = f"{self.name}/{self.seals.place(number).name}/checkpoint"
            if head.size > count:
                message = f"it covers {head.size:,} entries, and the log has {count:,}"
                yield seal_finding("seal-short", message, place)
            elif head.size <= before or closing.get(head.size - 1) != number:
                yield seal_finding("seal-order", "the log doesn't end with this seal where it was made", place)
            before = max(before, head.size)
        if count > before:
            message = f"{count - before:,} entries are under no seal; after a crash, `wparchive seal` seals them"
            yield seal_finding("seal-tail", message, self._log())

    def _roots(self, heads: dict[int, Checkpoint]) -> Iterator[Finding]:
        """Yield each head, sealed or kept elsewhere, that isn't the log's at that size; in one pass over the log."""
        wanted: dict[int, list[tuple[Checkpoint, str, str, str]]] = {}
        for number, head in heads.items():
            place = f"{self.name}/{self.seals.place(number).name}/checkpoint"
            wanted.setdefault(head.size, []).append(
                (head, "seal-root", "it isn't the root of the log's entries", place)
            )
        for head, who in self.expected:
            message = f"the log isn't the one that {who} names, of {head.size:,} entries"
            wanted.setdefault(head.size, []).append((head, "seal-expect", message, self._log()))
        root = Root()
        for size in range(len(self.log.entries) + 1):
            for head, code, message, place in wanted.pop(size, ()):
                if head.root != root.digest() or (code == "seal-expect" and head.origin != self.log.origin):
                    yield seal_finding(code, message, place)
            if size < len(self.log.entries):
                root.add(leaf_hash(self.log.entries[size].line))
        for beyond in wanted.values():  # a seal that is longer than the log is reported as that
            yield from (seal_finding(code, text, place) for _, code, text, place in beyond if code == "seal-expect")

    def _chain(self) -> Iterator[Finding]:
        by_number = {seal.number: seal for seal in self.all}
        for line in seals_in(self.log):
            before = by_number.get(line.number - 1)
            try:
                digest = hashlib.sha256(before.text).hexdigest() if before else ""
            except StorageError:
                continue  # reported as no checkpoint
            if line.previous != digest and (before or line.number == 1):
                message = f"seal {line.number} names another checkpoint as the one before it"
                yield seal_finding("seal-chain", message, self._at(before) if before else self._log())

    def _receipts(self) -> Iterator[Finding]:
        by_name = {seal.folder.name: seal for seal in self.all}
        for line in seals_in(self.log):
            for name, digest in line.receipts.items():
                if fault := self._receipt_fault(by_name, name, digest, line):
                    yield seal_finding("seal-receipt", fault, f"{self.name}/{name}")

    def _receipt_fault(self, by_name: dict[str, Seal], name: str, digest: str, line: SealLine) -> str:
        folder, _, file = name.partition("/")
        seal = by_name.get(folder)
        if seal is None:
            return ""  # reported as gone
        path = next((path for path in seal.files() if path.name == file), None)
        try:
            held = hashlib.sha256(path.read_bytes()).hexdigest() if path else ""
        except OSError:
            held = ""
        if held == digest:
            return ""
        return f"{'not as it was' if path else 'it was there'} when seal {line.number} was made"
