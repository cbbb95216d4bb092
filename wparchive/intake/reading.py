"""Reads foreign files onto the shelf: every stretch scanned, every answer judged, what isn't taken counted by its reason."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from wparchive.errors import ExitCode, StorageError, WparchiveError
from wparchive.intake.foreign.formats import HarmedError, NoWarcError, Stretch
from wparchive.intake.foreign.interest import Interest, Note
from wparchive.intake.foreign.packages import stretches
from wparchive.intake.foreign.scan import Gap, Scan, Taken
from wparchive.intake.judging.foreign_answers import Answer, Asked
from wparchive.intake.judging.judge import judge_answer, judge_request
from wparchive.intake.sources import Digest, Source, Sources
from wparchive.intake.told import FileTold
from wparchive.store.warc.fields import parse_block

__all__ = ["Finds", "Progress", "read_file"]

_TOLD_EVERY = 500  # records of interest
_LARGE = 16 << 20  # bytes
_MOST_INFOS = 1000  # warcinfo records of one file that are remembered
_MOST_GAPS = 10_000  # damaged stretches of one file that are remembered one by one
_MOST_PLACED = 1000  # answers of one file that can't be read or taken, whose places are remembered
_FURTHER = "damaged in many more places between"
_PLACED = {
    "undated": "without a usable date; not taken",
    "future": "dated in the future; not taken",
    "no-id": "without a record id; not taken",
    "too-large": "too large; not taken",
    "no-http": "no HTTP; not taken",
    "userinfo": "with a user's name or password in its address; not taken",
    "coding": "in a content coding that is unknown or broken; not taken",
    "unread-coding": "in a content coding that is unknown or broken; taken as it is, but nothing in it can be read",
    "unread-cut": "cut off; taken as far as it goes",
    "unread-json": "not readable as JSON, or not all of it; taken as it is",
    "unread-letters": "not in UTF-8; taken as it is, but some letters can't be read",
    "unread-large": "larger than is read; taken as it is",
    "unread-digest": "not what the digest in its record says; taken as it is",
}
_INFO = {"software": "software", "operator": "operator", "part_of": "isPartOf"}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is in a file, in bytes, and how many answers it has found in all."""

    file: str
    read: int
    total: int
    found: int


class Finds(Protocol):
    """What takes what is found: the shelf, or a file from which it is put there."""

    def put(self, source: int, answer: Answer) -> None:
        """Add an answer in the source of this number."""

    def ask(self, source: int, asked: Asked) -> None:
        """Add a request."""

    def note(self, source: int, note: Note) -> None:
        """Add what may belong to a site of which there are answers in any of the files."""


def read_file(
    path: Path,
    shelf: Finds,
    sources: Sources,
    scratch: Path,
    now: datetime,
    progress: Callable[[Progress], None],
    *,
    fast: bool,
) -> list[FileTold]:
    """Put what is in the file at `path` on the shelf; return what is to be told of each WARC in it. Raises nothing for a file."""
    _keep_memory()
    try:
        before = path.stat()
        found = [*stretches(path, scratch)]
        digest = Digest(path)
    except (WparchiveError, OSError) as error:
        return [_unread(path, error)]
    told: list[FileTold] = []
    for one in found:
        try:
            if isinstance(one, NoWarcError):
                raise one
            told.append(
                _Reading(one, Source(one, digest, before.st_size), shelf, sources, now, progress).run(fast=fast)
            )
        except (WparchiveError, OSError) as error:
            told.append(_unread(path, error))
    if fault := _change(path, before):
        told.append(
            FileTold(path.name, fault=f"{path}: {fault}; import it again when that is over", code=ExitCode.INCOMPLETE)
        )
    return told


def _change(path: Path, before: os.stat_result) -> str:
    try:
        after = path.stat()
    except OSError:
        return "it went away while it was read"
    same = (before.st_size, before.st_mtime_ns, before.st_ino) == (after.st_size, after.st_mtime_ns, after.st_ino)
    return "" if same else "it was written to while it was read"


def _unread(path: Path, error: WparchiveError | OSError) -> FileTold:
    storage = isinstance(error, StorageError | OSError)
    fault = str(error) if isinstance(error, WparchiveError) else f"{path}: can't be read ({error.strerror or error})"
    harmed = isinstance(error, HarmedError)
    return FileTold(
        path.name, fault=fault, code=ExitCode.STORAGE if storage else ExitCode.INCOMPLETE if harmed else ExitCode.USAGE
    )


@cache
def _keep_memory() -> None:
    """Have the C library keep the memory of a large body for the next one: to take it anew each time costs a sixth of an import.

    Once a block as large as this was freed, it does so with what is smaller (glibc: M_MMAP_THRESHOLD, which adjusts itself).
    """
    bytes(_LARGE)


class _Reading:
    """One stretch being read."""

    def __init__(
        self,
        stretch: Stretch,
        source: Source,
        shelf: Finds,
        sources: Sources,
        now: datetime,
        progress: Callable[[Progress], None],
    ) -> None:
        self._stretch, self._source, self._shelf, self._now = stretch, source, shelf, now
        self._number = sources.add(source)
        self._sources, self._progress = sources, progress
        self._interest = Interest(lambda note: shelf.note(self._number, note))

    def run(self, *, fast: bool) -> FileTold:
        source, stretch = self._source, self._stretch
        scan = Scan(self._sources.file(self._number), stretch, self._interest, fast=fast)
        source.packing = scan.packing
        source.damage += [Gap(*fault) for fault in stretch.faults]
        for number, one in enumerate(scan):
            if isinstance(one, Gap):
                self._hurt(one)
            else:
                self._take(one)
            if not number % _TOLD_EVERY:
                self._tell(scan)
        source.records = scan.records
        self._tell(scan)
        if not source.records:
            why = "".join(f" ({one.reason})" for one in source.damage[:1])
            if stretch.faults or scan.packing.is_unsound(stretch.start):
                raise HarmedError(f"{stretch.name}: damaged: no record in it can be read{why}")
            raise NoWarcError(f"{stretch.name}: not a WARC file: no record in it can be read{why}")
        return FileTold(
            stretch.name,
            str(stretch.coding),
            stretch.end - stretch.start,
            source.info("").get("software") or "",
            source.records,
            source.taken,
            dict(source.skipped),
            tuple(source.damage),
            source=self._number,
        )

    def _hurt(self, gap: Gap) -> None:
        """Add a damaged stretch; what follows one of its kind at once is one with it, and so is what comes after very many."""
        damage = self._source.damage
        if len(damage) > _MOST_GAPS:
            gap = replace(gap, reason=_FURTHER)
        last = damage[-1] if damage and not damage[-1].answer else None
        if last and last.reason == gap.reason and (last.end == gap.start or gap.reason == _FURTHER):
            gap = replace(damage.pop(), end=gap.end)
        damage.append(gap)

    def _tell(self, scan: Scan) -> None:
        start = self._stretch.start
        self._progress(Progress(self._stretch.name, scan.at - start, self._stretch.end - start, self._source.taken))

    def _take(self, taken: Taken) -> None:
        kind = taken.fields.get("WARC-Type").lower()
        if kind == "warcinfo":
            self._inform(taken)
        elif kind == "request":
            if asked := judge_request(taken):
                self._shelf.ask(self._number, asked)
        else:
            judged = judge_answer(taken, self._now)
            if isinstance(judged, Answer):
                self._put(judged)
            self._count(taken, judged if isinstance(judged, str) else judged.unread and f"unread-{judged.unread}")

    def _count(self, taken: Taken, reason: str) -> None:
        """Count an answer that isn't taken, or can't be read, and remember its place if something is wrong with it."""
        source = self._source
        if not reason:
            return
        source.skipped[reason] += 1
        if reason in _PLACED and sum(source.skipped[one] for one in _PLACED) <= _MOST_PLACED:
            source.damage.append(Gap(taken.offset, taken.offset + taken.length, _PLACED[reason], answer=True))

    def _put(self, answer: Answer) -> None:
        source = self._source
        self._shelf.put(self._number, answer)
        if not answer.route:
            source.skipped["redirect"] += 1
            return
        source.taken += 1
        source.first_at = min(source.first_at or answer.at, answer.at)
        source.last_at = max(source.last_at, answer.at)

    def _inform(self, taken: Taken) -> None:
        fields = parse_block(taken.block or b"")
        info = {name: fields[key][:500] for name, key in _INFO.items() if fields.get(key)}
        ids = taken.fields.ids("WARC-Record-ID")[:1] if len(self._source.infos) < _MOST_INFOS else []
        self._source.infos.update(dict.fromkeys(("", *ids), info))
