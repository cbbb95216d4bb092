"""Seal what is finished: measure each WARC, append it to the log, sign the log's head, have it stamped.

Every step is on the disk before the next begins, and each is made up for by the next `seal`: nothing sealed is lost, and the
log never forks. No key and no network are needed; what is missing then is added later.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from wparchive.errors import AlteredLogError, StorageError
from wparchive.model import timestamp
from wparchive.seal.endorsement.endorsing import Endorsing, KeyChange
from wparchive.seal.endorsement.programs import MissingProgram, run
from wparchive.seal.endorsement.stamping import Post
from wparchive.seal.entries import SOFTWARE, log_value, seals_in, warc_value
from wparchive.seal.log import Log, append, cut_torn
from wparchive.seal.proof.checkpoint import to_base64
from wparchive.seal.proof.file_measure import UnsoundFile, measure_file
from wparchive.seal.removing import finish_removals
from wparchive.seal.seal_result import SealResult
from wparchive.seal.seals_folder import Seals
from wparchive.seal.settings import SealSettings
from wparchive.seal.unsealed import Unsealed, unsealed
from wparchive.store import Archive, is_ours
from wparchive.store.archive import Lock
from wparchive.store.symlinks import links_below
from wparchive.store.warc.names import is_import
from wparchive.store.warc.writing.writer import storage_error, sync_folder

__all__ = ["seal"]

_WAIT = 60.0  # seconds for another process that seals
_ANNOUNCING = 60.0


def seal(
    archive: Archive,
    settings: SealSettings,
    *,
    post: Post,
    now: Callable[[], datetime],
    change: KeyChange | None = None,
    note: str = "",
    wait: float = _WAIT,
) -> SealResult:
    """Seal the finished WARCs of `archive` that no seal names yet, and make up for what earlier seals lack.

    `change` is that of the signing key, `note` a text for the log. Raises LockedError when another process seals for longer
    than `wait` seconds, AlteredLogError when the log isn't the one that was sealed, UsageError and StorageError.
    """
    seals = Seals.of(archive)
    links = (seals.folder,) if seals.folder.is_symlink() else links_below(seals.folder)
    if link := next(iter(links), None):
        raise StorageError(f"{link}: a symbolic link, and nothing in an archive may be one: remove it")
    with Lock(
        seals.folder / ".lock", f"{seals.folder}: process PID is sealing; run `wparchive seal` when it has ended", wait
    ):
        return _Sealing(archive, seals, settings, post, now).run(change, note)


class _Sealing:
    """One sealing, under the lock."""

    def __init__(
        self, archive: Archive, seals: Seals, settings: SealSettings, post: Post, now: Callable[[], datetime]
    ) -> None:
        self._archive, self._seals, self._settings, self._now = archive, seals, settings, now
        self._log = seals.log()
        self._result = SealResult()
        self._endorsing = Endorsing(archive, seals, settings, post, now)

    def run(self, change: KeyChange | None, note: str) -> SealResult:
        cut_torn(self._seals.folder, self._log)
        _refuse_altered(self._seals, self._log)
        self._finish_removals()
        self._finish_begun()
        keys = self._endorsing.key_entries(self._log, change)
        notes = [{"type": "note", "at": self._at(), "text": note}] if note else []
        files = list(self._measured())
        behind = self._log.entries[self._sealed() :]  # what a crash kept from being sealed
        if files or keys or notes or behind:
            self._append([*keys, *notes], files)
            self._write_checkpoint()
        self._describe()
        if self._result.number is not None:
            self._endorsing.endorse(self._log, change, self._result)
            if self._result.made:
                self._announce()
        return self._result

    def _at(self) -> str:
        return timestamp(self._now())

    def _sealed(self) -> int:
        """How many entries the newest seal covers."""
        newest = self._seals.newest()
        return newest.checkpoint().size if newest else 0

    def _finish_removals(self) -> None:
        """Do what `remove` has logged and a crash kept it from doing."""
        for file in finish_removals(self._archive, self._log):
            self._result.notes.append(
                f"{file}: a removal that was cut off is done now; run `wparchive index --rebuild`"
            )

    def _finish_begun(self) -> None:
        """Write the checkpoint of a seal whose last line is in the log already: a crash came between."""
        newest, last = self._seals.newest(), next(reversed([*seals_in(self._log)]), None)
        if last and last.index + 1 == len(self._log.entries) and last.number > (newest.number if newest else 0):
            self._write_checkpoint()

    def _measured(self) -> Iterator[tuple[Unsealed, dict[str, Any]]]:
        """Yield each WARC to be sealed with its entry; one that isn't sound is left out and named."""
        for found in unsealed(self._archive, self._log):
            try:
                measure = measure_file(found.path)
            except UnsoundFile as fault:
                self._result.unsound.append(f"{found.file}: not sealed: {fault}")
            except FileNotFoundError:
                continue  # put elsewhere meanwhile, by `rename` or `forget`
            except OSError as error:
                self._result.unsound.append(f"{found.file}: not sealed: can't be read ({error.strerror})")
            else:
                yield found, warc_value(found.file, measure, foreign=is_import(found.path) or not is_ours(found.path))

    def _append(self, others: Sequence[dict[str, Any]], files: Sequence[tuple[Unsealed, dict[str, Any]]]) -> None:
        """Append the new entries, and the line that closes the seal."""
        newest = self._seals.newest()
        opening = [] if self._log.entries else [log_value(self._at(), self._settings.origin)]
        count = sum(1 for entry in self._log.entries[self._sealed() :] if entry.type == "warc") + len(files)
        last = {
            "type": "seal",
            "number": newest.number + 1 if newest else 1,
            "at": self._at(),
            "software": SOFTWARE,
            "files": count,
            "previous": hashlib.sha256(newest.text).hexdigest() if newest else "",
            "receipts": self._receipts(),
        }
        hide = [self._settings.hide_names or found.private for found, _ in files]
        values = [*opening, *others, *(value for _, value in files), last]
        hidden = [False] * (len(opening) + len(others)) + hide + [False]
        try:
            self._seals.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(self._seals.folder, error) from None
        append(self._seals.folder, self._log, values, hidden=hidden)
        self._result.files = count

    def _receipts(self) -> dict[str, str]:
        """The digest of each file of earlier seals that no entry names yet: a later stamp then covers it too."""
        known = {name for line in seals_in(self._log) for name in line.receipts}
        found = {
            f"{one.folder.name}/{path.name}": path
            for one in self._seals.all()
            for path in one.files()
            if path.name != "checkpoint" and not path.name.startswith(".")
        }
        try:
            return {
                name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items() if name not in known
            }
        except OSError as error:
            raise storage_error(self._seals.folder, error) from None

    def _write_checkpoint(self) -> None:
        """Write the checkpoint over the whole log as the next seal: there whole, or not at all."""
        newest = self._seals.newest()
        place = self._seals.place(newest.number + 1 if newest else 1)
        new = place.with_name(f"{place.name}.new")
        try:
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            with (new / "checkpoint").open("wb") as file:
                file.write(bytes(self._log.head()))
                file.flush()
                os.fsync(file.fileno())
            sync_folder(new)
            new.rename(place)
            sync_folder(place.parent)
        except OSError as error:
            raise storage_error(place, error) from None
        self._result.made = True

    def _describe(self) -> None:
        newest = self._seals.newest()
        if newest:
            checkpoint = newest.checkpoint()
            self._result.number, self._result.entries = newest.number, checkpoint.size
            self._result.root = to_base64(checkpoint.root)

    def _announce(self) -> None:
        """Hand the seal's folder to the program that the settings name."""
        newest = self._seals.newest()
        if not self._settings.announce or newest is None:
            return
        try:
            said = run([*self._settings.announce, newest.folder], seconds=_ANNOUNCING)
            complaint = said.complaint or f"exit code {said.code}" if said.code else ""
        except MissingProgram as error:
            complaint = str(error)
        if complaint:
            self._result.notes.append(f"announce: {self._settings.announce[0]}: {complaint}")


def _refuse_altered(seals: Seals, log: Log) -> None:
    """Raise AlteredLogError when the newest seal isn't one of this log: it must never be continued."""
    newest = seals.newest()
    if newest is None:
        return
    try:
        fits = log.fits(newest.checkpoint())
    except ValueError:
        fits = False
    if not fits:
        raise AlteredLogError(
            f"{seals.folder / 'log'}: not the log that seal {newest.number} was made of, so nothing was sealed: "
            "put the log back from a copy, and see `wparchive verify`"
        )
