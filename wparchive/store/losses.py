"""The known damage in a site's WARCs before a run, and what was removed from them, so that the run requests it again.

It comes from reading files that changed since the last run, and from the index, whose rebuild checks every byte. No
file is read only to look for damage: `verify` does that. Kept in the capture log while the damage lasts.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from wparchive.errors import WparchiveError
from wparchive.store.folder import SiteFolder
from wparchive.store.log.capture_log import CaptureLog
from wparchive.store.sqlite import read_only
from wparchive.store.symlinks import inside
from wparchive.store.warc.names import is_import, warc_name
from wparchive.store.warc.resync import Damage
from wparchive.store.warc.writing.tombstones import tombstone_at

__all__ = ["Loss", "Losses", "losses_noted", "note_losses"]

_NAME = "damage"
_INDEXED = "SELECT warc, offset, length, held_again FROM damage WHERE kind IN ('broken', 'torn', 'removed')"


class Loss(NamedTuple):
    """A damaged stretch of a file, in bytes; `file` is relative to the site's folder."""

    file: str
    offset: int
    length: int


class Losses:
    """The losses of one site: `open` lists those that no complete run has made good, `fresh` is set when one is new.

    Those in `damaged` are open and weren't removed on purpose.
    """

    def __init__(self, folder: SiteFolder, log: CaptureLog) -> None:
        self._folder, self._log = folder, log
        self._noted = losses_noted(log.get(_NAME))
        self._known = dict(self._noted)
        self._times = log.times()
        self._indexed = _indexed(folder)
        self.open: tuple[Loss, ...] = ()
        self.damaged: tuple[Loss, ...] = ()
        self.fresh = False

    def has_changed(self, path: Path) -> bool:
        """Whether a finished file was written to since the last look; what is known about it is dropped then."""
        noted = self._times.get(warc_name(path))
        changed = noted is not None and noted != path.stat().st_mtime_ns
        if changed:
            self.forget(warc_name(path))
        return changed

    def take(self, damage: Damage) -> None:
        """Add a damaged stretch that a walk found."""
        self._known.setdefault(Loss(self._file(warc_name(damage.path)), damage.offset, damage.length), False)

    def take_gone(self, warc: str, offset: int, end: int) -> None:
        """Add a file, or the end of one, that is no longer there."""
        self._known.setdefault(Loss(self._file(warc), offset, end - offset), False)

    def conclude(self) -> None:
        """Forget the captures in lost stretches, and note all losses in the capture log."""
        # A loss that the index has found captured again needs no new request.
        for loss, made_good in self._indexed.items():
            self._known[loss] = self._known.get(loss, False) or made_good
        self.open = tuple(sorted(loss for loss, made_good in self._known.items() if not made_good))
        self.fresh = any(loss not in self._noted for loss in self.open)
        self.damaged = tuple(one for one in self.open if not self._was_removed(one))
        # Captures in lost stretches must not count as held, or they would never be requested again.
        self._log.forget_within((f"{self._folder.name}/{loss.file}", loss.offset, loss.length) for loss in self.open)
        self._note()
        self.note_times(self._folder.warcs(imports=False))

    def _was_removed(self, loss: Loss) -> bool:
        place = inside(self._folder.path, loss.file)
        return place is not None and tombstone_at(place, loss.offset)

    def made_good(self) -> list[list[object]]:
        """Note that everything the site shows is held again; returns the open losses, for the fact that records it."""
        self._known |= dict.fromkeys(self.open, True)
        self._note()
        return [list(loss) for loss in self.open]

    def note_times(self, paths: Iterable[Path]) -> None:
        """Note the modification times of finished files."""
        # An open file changes until it is finished.
        finished = [path for path in paths if not path.name.endswith(".open")]
        self._log.note_times({warc_name(path): path.stat().st_mtime_ns for path in finished})

    def _note(self) -> None:
        self._log.set(_NAME, _written(self._known))

    def forget(self, warc: str) -> None:
        """Forget what is known about a file: it is read again from the start."""
        file = self._file(warc)
        for kept in (self._known, self._indexed):
            for loss in [loss for loss in kept if loss.file == file]:
                del kept[loss]

    def _file(self, warc: str) -> str:
        return warc.partition("/")[2]


def note_losses(log: CaptureLog, losses: Iterable[Loss]) -> None:
    """Note in the capture log that these stretches are lost, for the index and for the next run."""
    known = losses_noted(log.get(_NAME)) | dict.fromkeys(losses, False)
    log.set(_NAME, _written(known))


def _written(known: Mapping[Loss, bool]) -> str:
    return json.dumps([[*loss, good] for loss, good in sorted(known.items())])


def losses_noted(text: str | None) -> dict[Loss, bool]:
    """Parse the capture log's note: each loss, and whether it was made good. Invalid entries are left out."""
    try:
        noted = json.loads(text or "[]")
    except (ValueError, TypeError, RecursionError):
        return {}
    return {Loss(*one[:3]): one[3] is True for one in noted if _is_loss(one)} if isinstance(noted, list) else {}


def _is_loss(noted: object) -> bool:
    return isinstance(noted, list) and [type(part) for part in noted] == [str, int, int, bool]


def _indexed(folder: SiteFolder) -> dict[Loss, bool]:
    """Return the damage that the index lists, and whether it was made good; nothing without an index."""
    try:
        with read_only(folder.path.parent / "archive.db", "") as db:
            rows = db.execute(_INDEXED).fetchall()
    except WparchiveError:
        return {}
    # What other tools captured can't be requested again.
    mine = [row for row in rows if str(row[0]).startswith(f"{folder.name}/") and not is_import(Path(str(row[0])))]
    found = {Loss(str(warc).partition("/")[2], at, size): bool(run) for warc, at, size, run in mine}
    return {loss: good for loss, good in found.items() if _is_loss([*loss, good])}
