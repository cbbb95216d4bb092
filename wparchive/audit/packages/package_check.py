"""Is all that an evidence package shows proven by what is in it? The same steps as `verify.sh`, and the same answer."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.packages.contents import Contents, UnreadableFile, read_small_file, sha256_of_file
from wparchive.audit.packages.package_records import PackageRecords
from wparchive.audit.packages.package_seals import PackageSeals
from wparchive.audit.seals.trust import Trust
from wparchive.seal.endorsement.signing import PACKAGE_NAMESPACE
from wparchive.seal.proof.checkpoint import Proof, to_base64
from wparchive.seal.proof.tree import leaf_hash

__all__ = ["PackageCheck", "is_package", "package_finding"]

_LINE = re.compile(rb"([0-9a-f]{64})  ([A-Za-z0-9._/-]{1,200})")
_SUMS, _SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
_ROW = re.compile(r"([A-Za-z0-9._/-]{1,200})" + r"\t(0|[1-9][0-9]{0,14})" * 3 + r"\t(0|[1-9][0-9]{0,18})")
# What no record proves: what the package's maker says, whom they trust, and the lists of what is in it.
_WORDS = ("verify.sh", "VERIFY.txt", "STATEMENT.html", "allowed_signers", "authorities.pem")
_LISTS = ("records.warc.gz", "records.tsv", "bodies.tsv", "items.tsv")
_SPACE = b" \t\r\n"
_PAIR = re.compile(r"(0|[1-9][0-9]{0,14})\t(0|[1-9][0-9]{0,14})")


def is_package(contents: Contents) -> bool:
    """Whether `contents` look like an evidence package: of an item with its records, or of one alone."""
    return _SUMS in contents.names and ("records.tsv" in contents.names or "commitment" in contents.names)


def package_finding(code: str, message: str, file: str = "") -> Finding:
    """Return a finding about the file called `file` of a package."""
    return Finding("package", message, file, code=code)


class PackageCheck:
    """One evidence package, judged by whom an auditor trusts."""

    def __init__(self, contents: Contents, trust: Trust, tally: Tally) -> None:
        self._contents, self._tally = contents, tally
        self._trust = trust
        self._seals = PackageSeals(contents, trust, tally)
        self._proven = {_SUMS, _SIGNATURE, *_WORDS}  # files that a step looked at

    def findings(self) -> Iterator[Finding]:
        """Yield what isn't proven."""
        yield from self._step("package-files", self._files)
        yield from self._step("package-signature", self._signature)
        self._scripts()
        yield from self._step("package-seal", self._seals.findings)
        if "records.tsv" in self._contents.names:
            yield from self._step("package-record", self._records)
        else:
            yield from self._step("package-commitment", self._alone)
        for name in sorted(set(self._contents.names) - self._proven):
            yield package_finding("package-files", "nothing proves it", name)
        self._tally.sealed = self._seals.in_words()

    def _step(self, code: str, step: Any) -> Iterator[Finding]:
        try:
            yield from step()
        except UnreadableFile as error:
            yield package_finding(code, str(error))

    def _read(self, name: str) -> bytes:
        self._proven.add(name)
        return read_small_file(self._contents, name)

    def _files(self) -> Iterator[Finding]:
        for name in self._contents.odd:
            yield package_finding("package-files", "no plain file, or there twice", name)
        listed: dict[str, str] = {}
        for line in self._read(_SUMS).splitlines():
            found = _LINE.fullmatch(line)
            if not found:
                yield package_finding("package-files", "a line of it names no file", _SUMS)
                continue
            if found[2].decode("ascii") in listed:
                yield package_finding("package-files", "is listed twice", found[2].decode("ascii"))
            listed[found[2].decode("ascii")] = found[1].decode("ascii")
        here = set(self._contents.names) - {_SUMS, _SIGNATURE}
        for name in sorted(here ^ listed.keys()):
            message = "isn't listed in SHA256SUMS" if name in here else "is listed in SHA256SUMS, and isn't there"
            yield package_finding("package-files", message, name)
        for name in sorted(here & listed.keys()):
            self._tally.files += 1
            if sha256_of_file(self._contents, name) != listed[name]:
                yield package_finding("package-sums", "isn't as SHA256SUMS says", name)

    def _signature(self) -> Iterator[Finding]:
        if _SIGNATURE not in self._contents.names:
            if self._trust.signers:
                yield package_finding("package-signature", "nobody signed it, so none of your signers did", _SUMS)
            self._tally.notes.append("SHA256SUMS isn't signed: what was left out of the package shows nowhere")
            return
        who, why = self._seals.signer(self._read(_SUMS), self._read(_SIGNATURE), PACKAGE_NAMESPACE)
        if who:
            self._tally.notes.append(f"the package was signed by {who}")
        else:
            yield package_finding("package-signature", f"not signed by whom it should be: {why}", _SIGNATURE)

    def _scripts(self) -> None:
        """Tell of a script that isn't the one that this program writes: whoever runs it runs its maker's."""
        if "verify.sh" in self._contents.names:
            own = files("wparchive") / "export" / "evidence" / "checks"
            last = "package.sh" if "records.tsv" in self._contents.names else "alone.sh"
            if self._read("verify.sh") != b"".join((own / part).read_bytes() for part in ("common.sh", last)):
                self._tally.notes.append(
                    "verify.sh isn't the one that this wparchive writes: read it before you run it"
                )

    def _records(self) -> Iterator[Finding]:
        records = PackageRecords(self._contents)
        yield from records.findings(self._entry_value)
        if not records.found:
            yield package_finding("package-record", "no record is in it", "records.tsv")
        self._tally.records += len(records.found)
        self._proven |= {*_LISTS, *(f"proofs/{number}" for number in records.found)}
        for index in sorted(records.entries):
            yield from self._entry(f"entries/{index}")
        yield from self._texts(records)

    def _entry_value(self, index: int) -> Mapping[str, Any]:
        """Return what the entry of a file says; {} for what is none."""
        return _object(self._read(f"entries/{index}"))

    def _entry(self, name: str) -> Iterator[Finding]:
        line = self._read(name)
        if f"{name}.hidden" in self._contents.names:
            hidden = self._read(f"{name}.hidden")
            if _object(hidden).get("hash") != to_base64(hashlib.sha256(line).digest()):
                yield package_finding("package-entry", "isn't what the log hides", name)
            line = hidden
        proof = self._proof(f"{name}.tlog-proof")
        if proof is None or not proof.holds(leaf_hash(line)):
            yield package_finding("package-entry", "its proof doesn't lead to its root", name)
        elif seal := self._seals.texts.get(bytes(proof.checkpoint)):
            self._proven |= {one for one in self._contents.names if one.startswith(f"seals/{seal}/")}
        else:
            yield package_finding("package-entry", "its proof leads to no seal of this package", name)

    def _proof(self, name: str) -> Proof | None:
        try:
            return Proof.parse(self._read(name))
        except ValueError:
            return None

    def _texts(self, records: PackageRecords) -> Iterator[Finding]:
        bound = {}
        for line in self._read("bodies.tsv").decode("ascii", "replace").splitlines():
            pair = _PAIR.fullmatch(line)
            if not pair:
                yield package_finding("package-text", "a line of it names no body", "bodies.tsv")
                continue
            body, metadata = int(pair[1]), int(pair[2])
            bound[body] = self._read(f"bodies/{body}")
            if fault := records.body_fault(body, metadata, hashlib.sha256(bound[body]).hexdigest()):
                yield package_finding("package-text", fault, f"bodies/{body}")
        for line in self._read("items.tsv").decode("ascii", "replace").splitlines():
            row = _ROW.fullmatch(line)
            if not row:
                yield package_finding("package-text", "a line of it names no text", "items.tsv")
                continue
            name, start, length = row[1], int(row[3]), int(row[4])
            text = self._read(name)
            committed = f"commitments/{row[2]}-{row[3]}"
            if committed in self._contents.names:
                if fault := self._commitment_fault(records, committed, int(row[2]), (start, start + length), text):
                    yield package_finding("package-text", fault, name)
            elif not text or (start, text) != _whole(bound.get(int(row[2]), b"")) or length != len(text):
                yield package_finding("package-text", "doesn't stand there in the body", name)
            if not text.startswith(b'{"id":%s,' % row[5].encode()):
                yield package_finding("package-text", "is another item", name)

    def _commitment_fault(
        self, records: PackageRecords, name: str, number: int, span: tuple[int, int], text: bytes
    ) -> str:
        """Return why a commitment isn't one to `text`, at the bytes `span` of the body of the record `number`; "" when it is."""
        line, proof, record = self._read(name), self._proof(f"{name}.tlog-proof"), records.found.get(number)
        value = _object(line)
        if proof is None or not proof.holds(leaf_hash(line)):
            return "the proof of its commitment doesn't lead to its root"
        entry = self._entry_value(records.entry_of.get(number, -1)) if record else {}
        tree = (proof.checkpoint.size, to_base64(proof.checkpoint.root))
        if (
            record is None
            or tree != (entry.get("items"), entry.get("items_root"))
            or value.get("record") != to_base64(record.leaf)
        ):
            return "its commitment is of another record"
        held = (value.get("bytes"), value.get("sha256")) == ([*span], hashlib.sha256(text).hexdigest())
        return "" if held else "isn't what was committed to"

    def _alone(self) -> Iterator[Finding]:
        line, entry = self._read("commitment"), _object(self._read("entries/entry"))
        proof = self._proof("commitment.tlog-proof")
        if proof is None or not proof.holds(leaf_hash(line)):
            yield package_finding("package-commitment", "its proof doesn't lead to its root", "commitment")
        elif (proof.checkpoint.size, to_base64(proof.checkpoint.root)) != (entry.get("items"), entry.get("items_root")):
            yield package_finding(
                "package-commitment", "its proof is of another tree than the entry names", "commitment"
            )
        yield from self._entry("entries/entry")
        if hashlib.sha256(self._read("item.json")).hexdigest() != _object(line).get("sha256"):
            yield package_finding("package-text", "isn't what was committed to", "item.json")
        self._tally.records += 1


def _whole(body: bytes) -> tuple[int, bytes]:
    """Return the one object that a body is, and where it begins: a part of it is no item."""
    return len(body) - len(body.lstrip(_SPACE)), body.strip(_SPACE)


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
