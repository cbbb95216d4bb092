"""Is a WACZ as it was made, and are its WARCs those that were sealed? Source: WACZ 1.1.1."""

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.packages.contents import Contents, UnreadableFile, read_small_file, sha256_of_file
from wparchive.audit.packages.wacz_index import WaczIndex
from wparchive.audit.seals.endorsement_check import EndorsementCheck
from wparchive.audit.seals.log_check import LogCheck
from wparchive.audit.seals.seal_check import removal_note
from wparchive.audit.seals.trust import Trust
from wparchive.seal.entries import SealedFile, removals_in, sealed_files
from wparchive.seal.seals_folder import Seals

__all__ = ["WaczCheck", "is_wacz"]

_PACKAGE, _DIGEST = "datapackage.json", "datapackage-digest.json"
_EVIDENCE = "evidence/"
_MADE = ("reading.warc.gz", "records.warc.gz")  # copies for reading, and cut records, which no seal can name
_OF_SEAL = re.compile(r"(\d{6,12})-([A-Za-z0-9._-]+)")
_TOP = {"log.txt": "log", "allowed_signers.txt": "allowed_signers"}
_NEEDED = ("archive/", "indexes/", "pages/pages.jsonl")


def is_wacz(contents: Contents) -> bool:
    """Whether `contents` look like a WACZ."""
    return _PACKAGE in contents.names


class WaczCheck:
    """One WACZ, judged by whom an auditor trusts."""

    def __init__(self, contents: Contents, trust: Trust, tally: Tally) -> None:
        self._contents, self._trust, self._tally = contents, trust, tally
        self._digests: dict[str, str] = {}

    @property
    def _demanding(self) -> bool:
        """Whether the auditor named anybody or anything that must bear it out."""
        return bool(self._trust.signers or self._trust.authorities or self._trust.expect)

    def findings(self) -> Iterator[Finding]:
        """Yield what isn't as it was made, and what isn't as it was sealed."""
        for name in self._contents.odd:
            yield _finding("package-files", "no plain file, or there twice", name)
        try:
            yield from self._listed(_object(read_small_file(self._contents, _PACKAGE)))
            yield from self._digest()
            yield from self._index()
            yield from self._sealed()
        except UnreadableFile as error:
            yield _finding("package-files", str(error))

    def _listed(self, package: Mapping[str, Any]) -> Iterator[Finding]:
        """Compare all files with the list of them."""
        resources = package.get("resources")
        listed = {one["path"]: one for one in (resources if isinstance(resources, list) else ()) if _is_resource(one)}
        if not listed:
            yield _finding("package-files", "it lists no files", _PACKAGE)
        here = set(self._contents.names) - {_PACKAGE, _DIGEST}
        for name in sorted(here ^ listed.keys()):
            message = "isn't listed in datapackage.json" if name in here else "is listed, and isn't there"
            yield _finding("package-files", message, name)
        for name in sorted(here & listed.keys()):
            self._tally.files += 1
            self._digests[name] = sha256_of_file(self._contents, name)
            if listed[name].get("hash") != f"sha256:{self._digests[name]}":
                yield _finding("package-sums", "isn't as datapackage.json says", name)
        for needed in _NEEDED:
            if not any(name.startswith(needed) for name in here):
                yield _finding("package-files", "is missing: no viewer shows what isn't in it", needed)

    def _digest(self) -> Iterator[Finding]:
        if _DIGEST not in self._contents.names:
            yield _finding("package-files", "is missing: without it nothing speaks of the list of files", _DIGEST)
            return
        stated = _object(read_small_file(self._contents, _DIGEST))
        held = hashlib.sha256(read_small_file(self._contents, _PACKAGE)).hexdigest()
        if stated.get("hash") != f"sha256:{held}":
            yield _finding("package-sums", "isn't the digest of datapackage.json", _DIGEST)
        signed = (
            "it is signed by a server's key, which isn't judged here" if stated.get("signedData") else "isn't signed"
        )
        self._tally.notes.append(
            f"{_DIGEST}: {signed}: when the WACZ was made, and what was left out, is its maker's word"
        )

    def _index(self) -> Iterator[Finding]:
        """Compare the index with the records: it decides what a viewer shows at an address."""
        check = WaczIndex(self._contents)
        for name in (one for one in self._contents.names if one.startswith("indexes/") and one.endswith(".cdx.gz")):
            yield from check.lines(name)
        yield from check.records()

    def _sealed(self) -> Iterator[Finding]:
        """Check the seals that came with it, and the WARCs that they name."""
        names = [name for name in self._contents.names if name.startswith(_EVIDENCE)]
        if f"{_EVIDENCE}log.txt" not in names:
            message = "no seals are in it: nothing says when its WARCs were there, or whose they are"
            self._tally.notes.append(message)
            if self._demanding:
                yield _finding("package-seal", f"{message}, whomever you named", _EVIDENCE)
            return
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            for name in names:
                self._put(folder, name.removeprefix(_EVIDENCE), read_small_file(self._contents, name))
            seals = Seals(folder)
            log = LogCheck(seals, "evidence")
            log.expected += [(head, str(path)) for path, head in self._trust.heads()]
            yield from log.findings()
            endorsing = EndorsementCheck(seals, "evidence", log.log, self._trust)
            yield from endorsing.findings()
            sealed = {one.name: one for one in sealed_files(log.log)}
            now = {one.name: one.sha256 for one in removals_in(log.log)}
            self._tally.notes += [removal_note(value) for _, value in log.log.named("removal")]
            yield from self._warcs(sealed, now)
            signers = sorted({who for one in endorsing.endorsed.values() for who in one.signers})
            self._tally.sealed = f"{len(log.all):,} seals; signed by {', '.join(signers) or 'nobody whom we know'}"

    @staticmethod
    def _put(folder: Path, name: str, data: bytes) -> None:
        """Write a file of the seals where an archive has it."""
        of_seal = _OF_SEAL.fullmatch(name)
        parts: tuple[str, ...] | None = (_TOP[name],) if name in _TOP else None
        if of_seal:
            parts = (of_seal[1], "checkpoint" if of_seal[2] == "checkpoint.txt" else of_seal[2])
        elif name.startswith("authorities-"):
            parts = ("authorities", name.removeprefix("authorities-"))
        if parts:
            path = folder.joinpath(*parts)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)

    def _warcs(self, sealed: Mapping[str, SealedFile], now: Mapping[str, str]) -> Iterator[Finding]:
        unsealed = []
        count = 0
        for name in (one for one in self._contents.names if one.startswith("archive/")):
            entry = sealed.get(name.rpartition("/")[2])
            if entry is None:
                unsealed.append(name)
            elif self._digests.get(name) not in (now.get(entry.name, entry.sha256),):
                yield _finding("package-warc", "isn't the file that was sealed under its name", name)
            else:
                count += 1
        self._tally.records += count
        others = len(sealed) - count
        self._tally.notes.append(
            f"{count:,} WARCs are as they were sealed; {others:,} more are in the log, and not here"
        )
        for name in unsealed:
            made = name.rpartition("/")[2] in _MADE
            what = "made for this WACZ: what it shows is its maker's word" if made else "no seal names it"
            self._tally.notes.append(f"{name}: {what}")
            if self._demanding and not made:
                yield _finding("package-warc", "no seal names it, so it is nobody's word", name)


def _is_resource(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("path"), str)


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _finding(code: str, message: str, file: str = "") -> Finding:
    return Finding("package", message, file, code=code)
