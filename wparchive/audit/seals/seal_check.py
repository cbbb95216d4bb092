"""All that `verify` asks of an archive's seals, in the course of its one pass over the WARCs."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.seals.endorsement_check import Endorsed, EndorsementCheck
from wparchive.audit.seals.file_check import FileCheck, RecordSink
from wparchive.audit.seals.log_check import LogCheck, seal_finding
from wparchive.audit.seals.trust import Trust
from wparchive.seal.proof.checkpoint import Checkpoint
from wparchive.seal.seals_folder import Seals
from wparchive.store import Archive
from wparchive.store.warc.names import is_finished

__all__ = ["SealCheck", "removal_note"]

_START = "start"


class SealCheck:
    """The seals of an archive, and those that came with site folders from others; made before the WARCs are read.

    Raises UsageError for what `trust` names and can't be read, and StorageError.
    """

    def __init__(self, archive: Archive, trust: Trust, tally: Tally) -> None:
        trust.check()
        self._archive, self._trust, self._tally = archive, trust, tally
        own = Seals.of(archive)
        self._logs = [LogCheck(own, "seals")]
        came = own.folder / "from"
        if came.is_dir() and not came.is_symlink():
            folders = sorted(path for path in came.rglob("log") if path.is_file() and not path.is_symlink())
            self._logs += [LogCheck(Seals(path.parent), _relative(archive, path.parent)) for path in folders]
        self._files = [FileCheck(one.log, one.name, partial=one is not self._logs[0]) for one in self._logs]
        for path, head in trust.heads():
            self._expect(head, str(path))
        self._named: dict[str, str] = {}  # origin of a log that a run names → the run
        self._unsealed = 0

    def _expect(self, head: Checkpoint, who: str) -> None:
        meant = next((one for one in self._logs if one.log.origin == head.origin), self._logs[0])
        meant.expected.append((head, who))

    def sink(self, path: Path) -> RecordSink | None:
        """Return what takes the records of a WARC while it is read; None for one that no seal can name yet."""
        return next((files.sink(path) for files in self._files if files.names(path)), None)

    def read(self, path: Path, sink: RecordSink | None) -> None:
        """Note a WARC that was read, with its records in `sink`; one of a forgotten site without. Raises OSError."""
        file = _relative(self._archive, path)
        for files in self._files:
            files.read(file, path, sink)
        if is_finished(path.name) and not self._files[0].names(path):
            self._unsealed += 1

    def fact(self, name: str, value: object) -> None:
        """Note what the first record of a run, `RUN:start`, says of the seal that came before it."""
        run, _, which = name.partition(":")
        sealed = value.get("sealed") if which == _START and isinstance(value, dict) else None
        text = sealed.get("checkpoint") if isinstance(sealed, dict) else None
        if not isinstance(text, str):
            return
        try:
            head = Checkpoint.parse(text.encode())
        except ValueError:
            return
        if any(one.log.origin == head.origin for one in self._logs):
            self._expect(head, f"the run {run}")
        else:
            self._named.setdefault(head.origin, run)

    def findings(self) -> Iterator[Finding]:
        """Yield all findings about seals, once the WARCs were read; says in the tally what is sealed."""
        for path in (path for site in self._archive.forgotten() for path in site.warcs()):
            self.read(path, None)
        for origin, run in self._named.items():
            message = f"the run {run} names the log of seals {origin[:100]}, which isn't here; put it back"
            yield seal_finding("seal-expect", f"{message}, or into seals/from/ if its site came from another archive")
        yield from self._lacking()
        for log, files in zip(self._logs, self._files, strict=True):
            yield from log.findings()
            yield from files.findings()
            endorsing = EndorsementCheck(log.seals, log.name, log.log, self._trust)
            yield from endorsing.findings()
            self._say(log, files, endorsing)

    def _lacking(self) -> Iterator[Finding]:
        """Yield what must be there and isn't: seals, for whoever names signers; the names of files made with credentials."""
        own = self._logs[0]
        if not own.all and (self._trust.signers or self._trust.authorities):
            message = "there are no seals here, so nothing is the word of whom you named"
            yield seal_finding("seal-missing", message, "seals")
        if self._archive.is_private and any(entry.type == "hidden" for entry in own.log.entries):
            message = (
                "it doesn't say which files the log hides, though files made with credentials are here; put it back"
            )
            yield seal_finding("seal-missing", message, "seals/private/entries")

    def _say(self, log: LogCheck, files: FileCheck, endorsing: EndorsementCheck) -> None:
        notes, own = self._tally.notes, log is self._logs[0]
        unsealed = self._unsealed + files.strangers()
        if own and unsealed:
            notes.append(f"{unsealed:,} finished WARCs aren't sealed yet; `wparchive seal` seals them")
        if log.log.torn:
            notes.append(f"{log.name}/log: a torn last line; the next seal cuts it off")
        if moved := files.moved():
            notes.append(f"{moved:,} sealed WARCs lie elsewhere than when they were sealed (the same files)")
        notes += [removal_note(value) for _, value in log.log.named("removal")]
        if any(entry.type == "hidden" for entry in log.log.entries):
            notes.append(f"{log.name}: what is behind hidden entries isn't here, so their files weren't compared")
        if endorsing.lacking:
            notes.append(f"signatures and time stamps weren't checked: {endorsing.lacking}")
        if endorsing.claimed:
            notes.append(
                f"{log.name}: no stamp covers {endorsing.claimed:,} signatures: only the log says when they were made"
            )
        if own and log.all:
            self._tally.sealed = self._in_words(log, endorsing.endorsed)

    def _in_words(self, log: LogCheck, endorsed: Mapping[int, Endorsed]) -> str:
        signers = sorted({who for one in endorsed.values() for who in one.signers})
        whose = "" if self._trust.signers else " (by the archive's own word: give --signers)"
        signed = f"signed by {', '.join(signers)}{whose}" if signers else "signed by nobody whom we know"
        stamps = [(name, at) for one in endorsed.values() for name, at in {**one.text_only, **one.signed}.items()]
        newest = max(stamps, key=lambda stamp: stamp[1], default=None)
        by_whom = "" if self._trust.authorities else " (certificates by the archive's own word: give --authorities)"
        stamped = f"; last stamped {_time(newest[1])} by {newest[0]}{by_whom}" if newest else "; not stamped"
        count = sum(1 for _ in log.log.named("seal"))
        return f"{count:,} seals of {len(self._files[0].sealed):,} WARCs; {signed}{stamped}"


def removal_note(value: Mapping[str, Any]) -> str:
    """Return what an auditor reads of a removal that the log tells of."""
    leaves = value.get("leaves")
    count = len(leaves) if isinstance(leaves, list) else 0
    order = f", on the order of {value['order']}" if value.get("order") else ""
    return f"{value.get('file')}: {count:,} records were removed at {value.get('at')}: {value.get('reason')}{order}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}"


def _relative(archive: Archive, path: Path) -> str:
    return path.relative_to(archive.root).as_posix()
