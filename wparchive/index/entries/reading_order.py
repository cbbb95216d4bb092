"""The order in which the entries of a site's WARCs are read: file by file, but import runs that overlap in time together.

Each import writes runs of its own, beside those that hold captures of the same days. What became of an item is told in the
order of its captures, so these are read by their time, whichever import took them; such runs are one stretch. So are those
that begin within a day after an item was refused: they may tell whether its whole list was. A stretch follows from the files'
names and records alone.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from wparchive.store import Damage, ResourceRecord, StoredExchange, WholeEntry
from wparchive.store.strays import stamp_of
from wparchive.store.warc.names import is_import
from wparchive.store.warc.reader import Entry
from wparchive.wordpress.age import moment

__all__ = ["REFUSALS", "OpenFile", "ReadingOrder", "Task", "after_refusal", "place_in_time", "run_and_date"]

REFUSALS = (401, 403)
"""The HTTP status of answers that refuse something to strangers."""

_MOST = 100  # files that are open at once
_DAY = timedelta(days=1)
_LAST_YEAR = 9999


@dataclass(frozen=True, slots=True)
class Task:
    """A WARC to read from offset `start` to `end` (bytes); `warc` is its name in the archive, `run` that of what was read."""

    warc: str
    path: Path
    start: int
    end: int | None = None
    run: str | None = None


@dataclass(slots=True)
class OpenFile:
    """A file that is being read: `head` is its next entry, `at` that one's place in time, `run` is for the reader to note."""

    number: int
    task: Task
    stretch: int | None
    at: str = ""
    run: str | None = None
    head: Entry | None = None
    entries: Iterator[Entry] | None = field(default=None, repr=False)  # None while it is closed

    @property
    def left(self) -> Task:
        """What is left to read."""
        head = self.head
        assert head is not None
        start = head.offset if isinstance(head, Damage) else min(one.offset for one in head.records)
        return replace(self.task, start=start, run=self.run)


class ReadingOrder:
    """Yields the file whose head comes next, until all are read; `entries` opens one.

    `stretch` is the number of the present stretch, and `reach` how far in time it was read: another process continues with them.
    """

    def __init__(
        self, tasks: Iterable[Task], entries: Callable[[Task], Iterator[Entry]], stretch: int = 0, reach: str = ""
    ) -> None:
        self._waiting = deque(enumerate(tasks))
        self._entries = entries
        self._open: list[tuple[str, int, OpenFile]] = []
        self.stretch, self.reach = stretch, reach

    def __iter__(self) -> Iterator[OpenFile]:
        """Yield each file once for each of its entries."""
        while True:
            while self._is_due():
                self._begin(*self._waiting.popleft())
            if not self._open:
                return
            at, _, file = self._open[0]
            self.reach = max(self.reach, at, _reach(file.head))
            yield file
            if self._advance(file):
                heapq.heapreplace(self._open, (file.at, file.number, file))
            else:
                heapq.heappop(self._open)

    def left(self) -> list[tuple[int, Task]]:
        """Return what is left to read, each file with its number."""
        begun = sorted((number, file.left) for _, number, file in self._open)
        return [*begun, *self._waiting]

    def _is_due(self) -> bool:
        """Return whether the next file is to be opened now."""
        if not self._waiting:
            return False
        if not self._open:
            return True
        task = self._waiting[0][1]
        return self._open[0][2].stretch is not None and is_import(task.path) and self._is_reached(task)

    def _is_reached(self, task: Task) -> bool:
        """Return whether an import run belongs to the present stretch: it was begun, or begins before what was read."""
        return bool(task.start) or stamp_of(task.path) <= max(self.reach, self._open[0][0] if self._open else "")

    def _begin(self, number: int, task: Task) -> None:
        imported = is_import(task.path)
        if not imported:
            self.reach = ""
        elif not self._open and not self._is_reached(task):
            self.stretch += 1
            self.reach = ""
        file = OpenFile(
            number, task, self.stretch if imported else None, stamp_of(task.path) if imported else "", task.run
        )
        file.entries = self._entries(task)
        if self._advance(file):
            heapq.heappush(self._open, (file.at, number, file))
        if len(self._open) > _MOST:
            self._rest()

    def _advance(self, file: OpenFile) -> bool:
        """Take the next entry of a file; return whether there is one."""
        if file.entries is None:
            assert file.head is not None
            file.entries = self._entries(replace(file.task, start=file.head.end))
        file.head = next(file.entries, None)
        if file.head is not None and file.stretch is not None:
            file.at = max(file.at, place_in_time(_date(file.head)))
        return file.head is not None

    def _rest(self) -> None:
        """Close the file whose turn comes last; it is opened again for its next entry."""
        file = max(one for one in self._open if one[2].entries is not None)[2]
        close = getattr(file.entries, "close", None)
        if close:
            close()
        file.entries = None


def _reach(entry: Entry | None) -> str:
    """Return up to when it may be told what an entry says: the refusal of an item, a day later."""
    capture = entry.capture if isinstance(entry, StoredExchange) else None
    refused = capture is not None and capture.kind == "probe" and capture.status in REFUSALS
    return after_refusal(capture.captured_at) if capture and refused else ""


def after_refusal(date: str) -> str:
    """Return the place in time up to which a refusal at an ISO date may be explained."""
    at = moment(date)
    return f"{at + _DAY:%Y%m%d%H%M%S}" if 1000 < at.year < _LAST_YEAR else ""


def _date(entry: Entry) -> str:
    """Return the date of a capture, or of a fact of a run; all else follows what stands before it."""
    if isinstance(entry, StoredExchange):
        return entry.capture.captured_at
    return entry.date if isinstance(entry, ResourceRecord) and entry.run else ""


def place_in_time(date: str) -> str:
    """Return what an ISO date is sorted by, beside stamps of files: its digits, and fractions of a second."""
    return "".join(sign for sign in date[:19] if sign.isdecimal()) + date[19:].rstrip("Z")


def run_and_date(entry: WholeEntry) -> tuple[str | None, str]:
    """Return the run that an entry belongs to, None if it states none, and the entry's time."""
    if isinstance(entry, StoredExchange):
        return entry.capture.run, entry.capture.captured_at
    if isinstance(entry, ResourceRecord):
        return entry.run or None, entry.date
    return entry.fields.get("isPartOf"), entry.date
