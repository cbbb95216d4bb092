"""Read on after damage: the only place that looks for the next whole record in a WARC.

A damaged stretch costs the records in it and no others. Every reader of WARCs (index, crawl, recovery, audit) uses this
walk, and gets each damaged stretch in its place among the records.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from wparchive.store.warc.blobs import Source, opened, place_of, size_of
from wparchive.store.warc.gzip_members import MAGIC, begins_record
from wparchive.store.warc.members import BrokenMemberError, Member, members

__all__ = ["Damage", "walk"]

T = TypeVar("T")

_SCAN = 1 << 20
_PROBE = 1 << 9  # bytes of a member from which the start of its record can be inflated


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a WARC that isn't a whole record; `torn` is set when the file ends inside it.

    `record_id` is empty when it can't be read.
    """

    path: Path
    offset: int
    length: int
    reason: str
    torn: bool = False
    record_id: str = ""

    @property
    def end(self) -> int:
        """Where the next record begins, or the file ends."""
        return self.offset + self.length


def walk(source: Source, offset: int, read: Callable[[Member], T]) -> Iterator[T | Damage]:
    """Yield `read(member)` for each whole record from `offset` on, and the damage between them.

    Raises OSError.
    """
    at: int | None = offset
    warcinfo = ""
    while at is not None:
        try:
            for member in members(source, at):
                at = member.offset
                taken = read(member)
                member.finish()  # the checksum at its end shows whether it is whole
                at += member.length
                warcinfo = _warcinfo(member) or warcinfo
                yield taken
            return
        except BrokenMemberError as error:
            damage, at = error, _next_record(source, error.offset + 1, warcinfo)
        end = _end(source) if at is None else at
        yield Damage(
            place_of(source),
            damage.offset,
            end - damage.offset,
            damage.reason,
            at is None and damage.torn,
            damage.record_id,
        )


def _warcinfo(member: Member) -> str:
    """Return the id of the warcinfo record that this record names, or is."""
    return member.record_id if member.type == "warcinfo" else "".join(member.headers.ids("WARC-Warcinfo-ID")[:1])


def _end(source: Source) -> int:
    with opened(source) as file:
        return size_of(file)


def _next_record(source: Source, start: int, warcinfo: str) -> int | None:
    """Return the next offset, from `start` on, at which a record begins, preferably one that names `warcinfo`.

    A damaged record may contain a WARC that the site offered for download: its records name another warcinfo.
    """
    other: int | None = None
    with opened(source) as file:
        for at in _candidates(file, start):
            try:
                found = _warcinfo(next(members(source, at)))
            except BrokenMemberError:
                continue
            if not warcinfo or found == warcinfo:
                return at
            other = at if other is None else other
    return other


def _candidates(file: BinaryIO, start: int) -> Iterator[int]:
    """Yield the offsets from `start` on at which a gzip member begins with a WARC record."""
    while True:
        file.seek(start)
        # Overlapping, so that a member at the border can be probed.
        data = file.read(_SCAN + _PROBE)
        at = data.find(MAGIC)
        while 0 <= at < _SCAN:
            if begins_record(data[at : at + _PROBE]):
                yield start + at
            at = data.find(MAGIC, at + 1)
        if len(data) <= _SCAN:
            return
        start += _SCAN
