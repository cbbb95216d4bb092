"""Makes an evidence package: what an archive holds of an item or a change, with everything that proves it.

Records are cut out of their WARCs as they stand; each has a proof that it is in its file, each file one that it is in the
log, whose head is that of a seal here. So who has the package, and no archive and no program of ours, can check all of it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from wparchive.export.evidence.evidence_wanted import Wanted
from wparchive.export.evidence.item_texts import ItemText, item_text
from wparchive.export.evidence.package_folder import PackageFolder, package_folder, shell_script
from wparchive.export.evidence.sealed_records import SealedLog, SealedRecord, SealedWarc
from wparchive.export.evidence.statement import Statement, statement
from wparchive.export.evidence.statement_kin import kin_text
from wparchive.model import Capture
from wparchive.seal.seals_folder import Seal
from wparchive.store import Archive, StoredExchange
from wparchive.store.warc.blobs import read_at
from wparchive.store.warc.names import is_finished

__all__ = ["Made", "make_package"]

_PIECE = 1 << 20
_ONLY_WHOLE = ": its answer isn't written as WordPress writes it, or was cut off; the whole record is in the package"
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,100}")  # names of files that any shell can read from a list


@dataclass(slots=True)
class Made:
    """What went into a package: how many records, and why its list of files isn't signed, empty when it is."""

    records: int = 0
    texts: int = 0
    seals: Sequence[int] = ()
    unsigned: str = ""
    left_out: list[str] = field(default_factory=list)


def make_package(
    archive: Archive, target: Path, wanted: Wanted, *, key: Path | None, now: datetime, private: bool = False
) -> Made:
    """Write the evidence package of what is `wanted` to `target`, a new folder or a file that ends with `.zip`.

    `key` signs its list of files. Raises UsageError where a capture isn't sealed yet, DamagedError and StorageError.
    """
    with package_folder(archive, target, private=private) as folder:
        making = _Making(archive, folder, wanted)
        making.collect()
        making.write(now)
        folder.close(key)
    made = making.made
    made.unsigned = folder.unsigned
    return made


class _Making:
    """One package being made."""

    def __init__(self, archive: Archive, folder: PackageFolder, wanted: Wanted) -> None:
        self._archive, self._folder, self._wanted = archive, folder, wanted
        self._sealed = SealedLog(archive)
        self._records: dict[tuple[int, int], SealedRecord] = {}
        self._exchanges: dict[str, StoredExchange] = {}  # by capture, those that revisits refer to too
        self._texts: list[tuple[str, ItemText]] = []
        self._committed: set[str] = set()
        self.made = Made()

    def collect(self) -> None:
        """Find all records, and the item's texts in them."""
        for capture in self._wanted.captures.values():
            exchange = self._archive.response(capture)
            for one in dict.fromkeys((exchange, exchange.answer)):
                self._take(one)
        self._take_facts()
        if self._wanted.hidden:
            self.made.left_out.append(f"{self._wanted.hidden:,} captures that only credentials showed")
        for version in self._wanted.history.versions:
            held = self._wanted.captures.get(version.evidence.capture) if version.evidence else None
            found = item_text(self._archive, held, self._wanted.item.wp_id) if held else None
            if found:
                self._texts.append((f"versions/{version.number}.json", found))
            else:
                self.made.left_out.append(f"the text of version {version.number} by itself{_ONLY_WHOLE}")
        if self._texts and self._wanted.change is None:
            self._texts.append(("item.json", self._texts[-1][1]))
        self._take_kin()

    def _take_kin(self) -> None:
        """Find the texts of other articles, and say how many more there are."""
        for number, one in enumerate(self._wanted.kin, 1):
            if found := item_text(self._archive, self._wanted.captures[one.other.capture], one.wp_id):
                self._texts.append((kin_text(number), found))
            else:
                self.made.left_out.append(f"the text of {one.relative.other} by itself{_ONLY_WHOLE}")
        if self._wanted.more_kin:
            self.made.left_out.append(f"{self._wanted.more_kin:,} more articles that share text with it")

    def _take(self, exchange: StoredExchange) -> None:
        self._exchanges[exchange.capture.capture] = exchange
        warc = self._warc(exchange.capture)
        for record in exchange.records:
            if found := warc.at(record.offset):
                self._add(found)

    def _warc(self, capture: Capture) -> SealedWarc:
        return self._sealed.warc(self._archive.path(capture.warc))

    def _add(self, record: SealedRecord) -> None:
        self._records[record.warc.entry.index, record.offset] = record

    def _take_facts(self) -> None:
        """Take how each run began and ended, from its first and last file, what describes each file, and proofs of listings."""
        runs = set(self._wanted.runs)
        for path in self._files_of(runs):
            for record in self._sealed.warc(path).facts(runs, self._wanted.listings):
                self._add(record)

    def _files_of(self, runs: set[str]) -> Iterator[Path]:
        """Yield the public files of `runs` that may have the run's own records, and those in use."""
        stamps = {run[:14] for run in runs}
        own: dict[Path, list[Path]] = {}
        for name in sorted({one.site for one in self._wanted.captures.values()}):
            site = self._archive.site(name)
            for path in site.warcs():
                stem, _, _ = path.name.rpartition("-")
                if path.parent == site.warc and is_finished(path.name) and stem.rpartition("-")[2] in stamps:
                    own.setdefault(site.warc / stem, []).append(path)
        ends = [path for every in own.values() for path in (every[0], every[-1])]
        used = [record.warc.path for record in self._records.values()]
        yield from dict.fromkeys([*ends, *used])

    def write(self, now: datetime) -> None:
        """Write all files but the list of them. Raises OSError."""
        records = [record for _, record in sorted(self._records.items())]
        numbers = {(one.warc.path, one.offset): number for number, one in enumerate(records, 1)}
        seals = self._write_entries(records)
        self._write_records(records)
        self._write_texts(numbers)
        self._write_seals(seals)
        self._folder.put("verify.sh", shell_script("common.sh", "package.sh"))
        self._folder.put("VERIFY.txt", shell_script("VERIFY.txt"))
        about = Statement(
            wanted=self._wanted,
            exchanges=self._exchanges,
            numbers=self._by_name(numbers),
            seals=seals,
            sealed=self._sealed,
            texts=dict(self._texts),
            now=now,
            left_out=self.made.left_out,
        )
        self._folder.put("STATEMENT.html", statement(about).encode("utf-8"))
        self.made.records, self.made.texts = len(records), len(self._texts)
        self.made.seals = sorted({seal.number for seal in seals.values()})

    def _by_name(self, numbers: Mapping[tuple[Path, int], int]) -> Mapping[str, int]:
        """Return the numbers of the captures' records by the ids under which the archive knows them."""
        every = [record for exchange in self._exchanges.values() for record in exchange.records]
        places = [(one.record_id, (self._archive.path(one.warc), one.offset)) for one in every]
        return {name: numbers[place] for name, place in places if place in numbers}

    def _write_records(self, records: Sequence[SealedRecord]) -> None:
        lines, at = [], 0
        with self._folder.open("records.warc.gz") as out:
            for number, one in enumerate(records, 1):
                with one.warc.path.open("rb") as file:
                    for done in range(0, one.length, _PIECE):
                        out.write(read_at(file, min(_PIECE, one.length - done), one.offset + done))
                lines.append(f"{number}\t{at}\t{one.length}\t{one.warc.entry.index}\n")
                at += one.length
                self._folder.put(f"proofs/{number}", bytes(one.warc.proof(one.number)))
        self._folder.put("records.tsv", "".join(lines).encode("ascii"))

    def _write_entries(self, records: Sequence[SealedRecord]) -> Mapping[int, Seal]:
        """Write the entry of each file with its proof; returns the seal of each."""
        seals = {}
        for index in dict.fromkeys(one.warc.entry.index for one in records):
            seals[index] = write_entry(self._folder, self._sealed, index, f"entries/{index}")
        return seals

    def _write_texts(self, numbers: Mapping[tuple[Path, int], int]) -> None:
        items, bodies = [], {}
        for name, text in self._texts:
            answer = text.answer
            path = self._archive.path(answer.capture.warc)
            by_type = {record.type: numbers[path, record.offset] for record in answer.records}
            body = by_type.get("response")
            if body is None or "metadata" not in by_type:  # another tool's record: nothing sealed names its body
                self.made.left_out.append(f"{name}: nothing in the archive names the digest of its body")
                continue
            if not self._put_commitment(body, text):
                bodies[body] = (by_type["metadata"], text.body)
            self._folder.put(name, text.data)
            items.append(f"{name}\t{body}\t{text.start}\t{text.length}\t{text.wp_id}\n")
        for body, (_, data) in bodies.items():
            self._folder.put(f"bodies/{body}", data)
        self._folder.put("items.tsv", "".join(items).encode("ascii"))
        self._folder.put("bodies.tsv", "".join(f"{n}\t{m}\n" for n, (m, _) in sorted(bodies.items())).encode("ascii"))

    def _put_commitment(self, body: int, text: ItemText) -> bool:
        """Write the commitment to an item of a listing, and its proof; whether one was sealed."""
        warc = self._warc(text.answer.capture)
        place = warc.commitment_to(text.answer.capture.capture, text.element)
        if place is None:
            return False
        name = f"commitments/{body}-{text.start}"
        if name not in self._committed:
            self._committed.add(name)
            self._folder.put(name, warc.items[place])
            self._folder.put(f"{name}.tlog-proof", bytes(warc.item_proof(place)))
        return True

    def _write_seals(self, seals: Mapping[int, Seal]) -> None:
        for seal in set(seals.values()):
            write_seal(self._folder, seal)
        write_trust(self._folder, self._sealed)


def write_entry(folder: PackageFolder, sealed: SealedLog, index: int, name: str) -> Seal:
    """Write an entry of the log as the file `name`, with its proof beside it; returns the seal that it leads to."""
    entry = sealed.entry(index)
    proof, seal = sealed.entry_proof(index)
    folder.put(name, entry.behind or entry.line)
    if entry.behind:
        folder.put(f"{name}.hidden", entry.line)
    folder.put(f"{name}.tlog-proof", bytes(proof))
    return seal


def write_seal(folder: PackageFolder, seal: Seal) -> None:
    """Copy all that is in the folder of a seal."""
    for path in seal.files():
        if _PLAIN.fullmatch(path.name):
            folder.put(f"seals/{seal.folder.name}/{path.name}", path.read_bytes())


def write_trust(folder: PackageFolder, sealed: SealedLog) -> None:
    """Copy the archive's own word on whose keys and certificates count: for convenience, and auditors bring their own."""
    signers = sealed.seals.signers
    folder.put("allowed_signers", signers.read_bytes() if signers.is_file() else b"")
    certificates = sorted(path for path in sealed.seals.authorities.glob("*.pem") if not path.is_symlink())
    folder.put("authorities.pem", b"".join(path.read_bytes() for path in certificates))
