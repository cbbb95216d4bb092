"""What one site says of when an article was published, and what contradicts that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta

__all__ = ["Side", "contradictions", "moment", "ready_made"]

_ZONES = timedelta(hours=14)
_WORDPRESS = datetime(2003, 5, 27, tzinfo=UTC)  # its first release
_MONTH = 7  # characters of YYYY-MM


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two articles: what is held and what its site claims. Times are ISO 8601 in UTC, None where unknown.

    `seen_at` is when a capture first held its text on its site (in the item `held_in` if not in its own), `absent_at` when one
    last lacked it (an earlier version if it `came_by_edit`, else a complete listing). `lower` are the claimed dates of the
    items with the next lower ids, `upload` the newest month (YYYY-MM) of its own uploads, `stated` other dates of its
    publication, as a feed has, by where they stand. `foreign_guid` says that its guid names another host, `points` how it
    names the other as its source.
    """

    item: str
    seen_at: str
    held_in: str | None = None
    absent_at: str | None = None
    came_by_edit: bool = False
    date: str | None = None
    modified: str | None = None
    revisions: int | None = None
    lower: tuple[str, ...] = ()
    upload: str | None = None
    stated: tuple[tuple[str, str], ...] = ()
    foreign_guid: bool = False
    points: tuple[str, ...] = ()


def moment(text: str | None) -> datetime | None:
    """Return a time as ISO 8601 has it, in UTC if it names no zone; None if there is none, or it is no time."""
    try:
        found = datetime.fromisoformat(text) if text else None
        found = found and (found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
    return found if found and MINYEAR < found.year < MAXYEAR else None  # room for reckoning on both sides


def contradictions(side: Side) -> Iterator[str]:
    """Yield in words what contradicts the date that a site claims."""
    date, seen, absent = (moment(one) for one in (side.date, side.seen_at, side.absent_at))
    if date is None:
        return
    if date < _WORDPRESS:
        yield f"dated {side.date}, before there was WordPress"
    if seen and date > seen + _ZONES:
        yield f"dated {side.date}, after it was held ({side.seen_at})"
    if absent and not side.came_by_edit and date < absent - _ZONES:
        yield f"dated {side.date}, but its site's whole listing lacked it at {side.absent_at}"
    before = [found for one in side.lower if (found := moment(one))]
    if len(before) > 1 and date < min(before) - _ZONES:
        yield f"ids are out of order: {len(before)} items with lower ids are dated later, from {min(before):%Y-%m-%d} on"
    if side.upload and (side.date or "")[:_MONTH] < side.upload and (side.modified or "")[:_MONTH] < side.upload:
        yield f"dated {side.date}, but shows files that were uploaded in {side.upload}"
    for where, text in side.stated:
        if (other := moment(text)) and abs(other - date) > _ZONES:
            yield f"dated {side.date}, but {text} by {where}"


def ready_made(side: Side) -> Iterator[str]:
    """Yield in words the traces of an importer: it writes whatever date it is told."""
    if side.foreign_guid:
        yield "its guid names another site: it was imported"
    elif side.date and side.date == side.modified and side.revisions == 0:
        yield "never edited since it was inserted: no revisions, and its two dates are equal, as importers leave them"
