"""Cuts the captures of a site into import runs, by time. What changed within one, the index finds out when it reads it."""

import hashlib
import json
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from wparchive.intake.judging.foreign_answers import moment_of
from wparchive.intake.shelf import Row, Shelf

__all__ = ["ImportRun", "import_runs"]

_PAUSE = timedelta(hours=24)  # after so long without a capture a run ends
_ROWS = (
    "SELECT n, id, at, source FROM answers "
    "WHERE site = ? AND private = ? AND skipped IS NULL ORDER BY replace(at, 'Z', ''), source, \"offset\""
)


@dataclass(slots=True)
class ImportRun:
    """Captures of one site that follow each other in time; `rows` are their numbers on the shelf.

    `states` is what it says besides; a run may say something and have no captures.
    """

    site: str
    private: bool
    first: str
    last: str = ""
    rows: "array[int]" = field(default_factory=lambda: array("q"))
    sources: set[int] = field(default_factory=set)  # numbers of the stretches that they come from
    states: dict[str, object] = field(default_factory=dict)
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def stamp(self) -> str:
        """When it begins: YYYYMMDDHHMMSS."""
        return "".join(one for one in self.first[:19] if one.isdecimal())

    @property
    def id(self) -> str:
        """The run's id: the same captures have the same, whoever imports them."""
        about = self._digest.copy()
        about.update(f"{self.site}\n{self.private}{json.dumps(self.states) if self.states else ''}".encode())
        return f"{self.stamp}-i{about.hexdigest()[:7]}"

    def add(self, row: Row) -> None:
        """Add the next capture."""
        self.last = row["at"]
        self.rows.append(row["n"])
        self.sources.add(row["source"])
        self._digest.update(f"{row['id']}\n".encode())


def import_runs(shelf: Shelf, site: str, own: Sequence[datetime], *, private: bool) -> Iterator[ImportRun]:
    """Yield the runs of a site; `own` are the beginnings of its crawls.

    A new one begins after a day without a capture, and where a crawl of our own began.
    """
    own = sorted(own)
    run: ImportRun | None = None
    before = datetime.min.replace(tzinfo=UTC)
    for row in shelf.rows(_ROWS, site, int(private)):
        at = moment_of(row["at"]) or before
        if run is None or at - before > _PAUSE or bisect_right(own, at) != bisect_right(own, before):
            if run is not None:
                yield run
            run = ImportRun(site, private, row["at"])
        run.add(row)
        before = at
    if run is not None:
        yield run
