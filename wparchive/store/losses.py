"""What of a site's WARCs is known to be damaged before a run, so that what was lost with it is asked for once more.

A walk over files that changed under our hands tells, and the index, which looks at every byte when it is made anew. Nothing
is walked again only to find out: that is what `verify` is for. Kept in the capture log, as long as the damage is there.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from wparchive.errors import WparchiveError
from wparchive.store.folder import SiteFolder
from wparchive.store.log.capture_log import CaptureLog
from wparchive.store.sqlite import read_only
from wparchive.store.warc.reader import warc_name
from wparchive.store.warc.resync import Damage

__all__ = ["Loss", "Losses", "losses_noted"]

_NAME = "damage"
_TOLD = "SELECT warc, offset, length, held_again FROM damage WHERE kind IN ('broken', 'torn')"


class Loss(NamedTuple):
    """A damaged stretch of a file; `file` is relative to the site's folder."""

    file: str
    offset: int
    length: int


class Losses:
    """The losses of one site: `open` are those that no complete run has made good, `fresh` whether any of them is news."""

    def __init__(self, folder: SiteFolder, log: CaptureLog) -> None:
        self._folder, self._log = folder, log
        self._noted = losses_noted(log.get(_NAME))
        self._known = dict(self._noted)
        self._times = log.times()
        self._told = _told(folder)
        self.open: tuple[Loss, ...] = ()
        self.fresh = False

    def has_changed(self, path: Path) -> bool:
        """Whether somebody wrote to a finished file since we last looked; what is known of it doesn't hold then."""
        noted = self._times.get(warc_name(path))
        changed = noted is not None and noted != path.stat().st_mtime_ns
        if changed:
            self.forget(warc_name(path))
        return changed

    def take(self, damage: Damage) -> None:
        """Take in what a walk came across."""
        self._known.setdefault(Loss(self._file(warc_name(damage.path)), damage.offset, damage.length), False)

    def take_gone(self, warc: str, offset: int, end: int) -> None:
        """Take in that a file, or its end, isn't there any more."""
        self._known.setdefault(Loss(self._file(warc), offset, end - offset), False)

    def conclude(self) -> None:
        """Forget the captures that stand in what is lost, and note all of it."""
        for loss, made_good in self._told.items():
            self._known[loss] = self._known.get(loss, False) or made_good
        self.open = tuple(sorted(loss for loss, made_good in self._known.items() if not made_good))
        self.fresh = any(loss not in self._noted for loss in self.open)
        self._log.forget_within((f"{self._folder.name}/{loss.file}", loss.offset, loss.length) for loss in self.open)
        self._note()
        self.note_times(self._folder.warcs())

    def made_good(self) -> list[list[object]]:
        """All that the site shows is held again: the open ones as the fact that says so."""
        self._known |= dict.fromkeys(self.open, True)
        self._note()
        return [list(loss) for loss in self.open]

    def note_times(self, paths: Iterable[Path]) -> None:
        """Note when finished files were last written to."""
        finished = [path for path in paths if not path.name.endswith(".open")]
        self._log.note_times({warc_name(path): path.stat().st_mtime_ns for path in finished})

    def _note(self) -> None:
        self._log.set(_NAME, json.dumps([[*loss, good] for loss, good in sorted(self._known.items())]))

    def forget(self, warc: str) -> None:
        """Forget what is known of a file: it is walked again as a whole."""
        file = self._file(warc)
        for kept in (self._known, self._told):
            for loss in [loss for loss in kept if loss.file == file]:
                del kept[loss]

    def _file(self, warc: str) -> str:
        return warc.partition("/")[2]


def losses_noted(text: str | None) -> dict[Loss, bool]:
    """What the capture log has noted: each loss, and whether it was made good; what makes no sense is left out."""
    try:
        noted = json.loads(text or "[]")
    except (ValueError, TypeError, RecursionError):
        return {}
    return {Loss(*one[:3]): one[3] is True for one in noted if _is_loss(one)} if isinstance(noted, list) else {}


def _is_loss(noted: object) -> bool:
    return isinstance(noted, list) and [type(part) for part in noted] == [str, int, int, bool]


def _told(folder: SiteFolder) -> dict[Loss, bool]:
    """What the index says is damaged, and whether that was made good; nothing where there is no index."""
    try:
        with read_only(folder.path.parent / "archive.db", "") as db:
            rows = db.execute(_TOLD).fetchall()
    except WparchiveError:
        return {}
    mine = [row for row in rows if str(row[0]).startswith(f"{folder.name}/")]
    told = {Loss(str(warc).partition("/")[2], at, size): bool(run) for warc, at, size, run in mine}
    return {loss: good for loss, good in told.items() if _is_loss([*loss, good])}
