"""Bring a site's capture log in line with its WARCs before a run: adopt what it lacks, forget what is gone."""

import os
from collections.abc import Callable, Set
from pathlib import Path

from wparchive.errors import DamagedError
from wparchive.model import Capture
from wparchive.store.folder import SiteFolder
from wparchive.store.log.capture_log import CaptureLog
from wparchive.store.log.database import OlderError
from wparchive.store.losses import Losses
from wparchive.store.remote import Remote
from wparchive.store.sqlite import set_aside
from wparchive.store.warc.blobs import Blob
from wparchive.store.warc.reader import Entry, ResourceRecord, StoredExchange, exchanges
from wparchive.store.warc.recovery import Recovery, recover
from wparchive.store.warc.resync import Damage
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["align", "open_log"]

_BATCH = 500  # captures in one transaction


def open_log(folder: SiteFolder) -> tuple[CaptureLog, str]:
    """Open the capture log; returns it and, in one line, why it was replaced, if it was.

    An unusable log is set aside for a new one, which `align` rebuilds from the WARCs.
    """
    try:
        if _is_empty(folder):
            raise DamagedError(f"{folder.frontier}: empty")
        return CaptureLog(folder.frontier, folder.name), ""
    except DamagedError as error:
        why = " ".join(str(error).removeprefix(f"{folder.path}/").partition(";")[0].split())
        try:
            aside = set_aside(folder.frontier, "older" if isinstance(error, OlderError) else "damaged")
        except OSError as trouble:
            raise storage_error(folder.frontier, trouble) from None
        kept = f"set aside as {aside.name}" if os.path.lexists(aside) else "taken away"
        return CaptureLog(folder.frontier, folder.name), f"{folder.name}/{why}; {kept}, and rebuilt from the WARCs"


def _is_empty(folder: SiteFolder) -> bool:
    """Whether the file is empty although the site has WARCs."""
    path = folder.frontier
    return path.is_file() and not path.is_symlink() and not path.stat().st_size and bool(folder.warcs(imports=False))


def align(
    folder: SiteFolder, log: CaptureLog, losses: Losses, on_finished: Callable[[Path], None] | None = None
) -> list[Recovery]:
    """Adopt what the capture log lacks, forget what is lost, finish open files; returns the recoveries.

    `on_finished` is called with each file that is finished here. A file that lies elsewhere isn't lost.
    """
    committed, lost = log.files(), log.lost()
    adopter = _Adopter(log, losses)
    recovered = []
    present = set()
    for path in folder.warcs(imports=False):
        warc = folder.relative(path)
        known = 0 if warc in lost else committed.get(warc, 0)
        size = path.stat().st_size
        present.add(warc)
        if warc in lost and size >= committed.get(warc, 0):  # it is back; a shorter one was reported before
            losses.forget(warc)
        if path.name.endswith(".open"):
            recovered.append(recover(path, known, adopter.take))
            size = recovered[-1].size
            if on_finished and size:
                on_finished(path.with_name(path.name.removesuffix(".open")))
        else:
            adopter.read(path, known)
        adopter.flush((warc, size))
        if size < committed.get(warc, 0):
            log.forget(warc, size)
            losses.take_gone(warc, size, committed[warc])
    elsewhere = _align_remote(folder, log, losses, adopter, present)
    for warc in committed.keys() - present - lost - elsewhere:
        log.forget(warc)
        if f"{folder.name}/{warc.partition('/')[2]}" not in present:  # otherwise only the site's folder was renamed
            losses.take_gone(warc, 0, committed[warc])
    losses.conclude()
    return recovered


def _align_remote(
    folder: SiteFolder, log: CaptureLog, losses: Losses, adopter: "_Adopter", present: Set[str]
) -> Set[str]:
    """Adopt what the capture log lacks of WARCs that lie elsewhere; returns all that do, as far as it knows them."""
    remote, known = folder.remote, log.elsewhere.sizes()
    if remote is None:
        return frozenset()
    committed, lost = log.files(), log.lost()
    listed = dict(remote.recent() if committed else remote.every())
    for warc in committed.keys() - present - known.keys() - listed.keys():
        if blob := remote.blob(warc):
            listed[warc] = blob.size
    found = set()
    for warc, size in listed.items():
        upto = 0 if warc in lost else committed.get(warc, 0)
        if warc in present or size < upto:
            continue
        if size > upto and (blob := remote.blob(warc)):
            losses.forget(warc)
            adopter.read_remote(blob, upto, remote)
            adopter.flush((warc, size))
        found.add(warc)
    log.elsewhere.note(found)
    return found | known.keys()


class _Adopter:
    """Adds the entries of a WARC to the capture log, in batches, and its damage to the losses."""

    def __init__(self, log: CaptureLog, losses: Losses) -> None:
        self._log, self._losses = log, losses
        self._captures: list[Capture] = []

    def read(self, path: Path, known: int) -> None:
        """Read a finished file: from its committed end if it only grew, from the start if it was rewritten."""
        changed = self._losses.has_changed(path)
        if changed or path.stat().st_size > known:
            for entry in exchanges(path, 0 if changed else known, every_byte=changed):
                self.take(entry)

    def read_remote(self, blob: Blob, known: int, remote: Remote) -> None:
        """Read a file that lies elsewhere from its committed end."""
        for entry in exchanges(blob, known, elsewhere=remote.blob):
            self.take(entry)

    def take(self, entry: Entry) -> None:
        if isinstance(entry, Damage):
            self._losses.take(entry)
        elif isinstance(entry, ResourceRecord) and entry.removed:
            self._losses.take_gone(entry.records[0].warc, entry.records[0].offset, entry.end)
        elif isinstance(entry, ResourceRecord):
            self._log.learn(entry.run, entry.name, entry.value, entry.date)
        elif isinstance(entry, StoredExchange) and entry.capture.crawl:
            self._captures.append(entry.capture)
            if len(self._captures) >= _BATCH:
                self.flush((entry.capture.warc, entry.end))

    def flush(self, position: tuple[str, int]) -> None:
        self._log.commit(self._captures, [position] if position[1] else [])
        self._captures = []
