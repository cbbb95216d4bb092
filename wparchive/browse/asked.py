"""Reads what a page of changes is asked for; what is no time or no kind is a sentence for the reader, not an empty page."""

from datetime import UTC, datetime

from wparchive.browse.queries.changes import Asked
from wparchive.browse.render import look
from wparchive.browse.web import Refused, Room
from wparchive.model import timestamp

__all__ = ["asked_of", "moment"]


def moment(value: str | None, name: str) -> str:
    """Return a time as the database spells it; "" for none. Raises Refused for what is no time."""
    if not value:
        return ""
    try:
        found = datetime.fromisoformat(value)
        return timestamp(found if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):  # of a time at the edge of the calendar there is no UTC
        raise Refused(400, f"{name} must be a date or a time, as 2026-11-05 or 2026-11-05T09:30Z.") from None


def asked_of(room: Room) -> Asked:
    """Return what the request's parameters ask for. Raises Refused for a kind or a time that is none."""
    args = room.args
    kind = args.get("kind") or ""
    if kind and kind not in look.KINDS:
        raise Refused(400, f"There is no such kind of change: {kind[:40]}.")
    return Asked(
        site=args.get("site") or "",
        kind=kind,
        type=args.get("type") or "",
        run=args.get("run") or "",
        since=moment(args.get("since"), "since"),
        before=moment(args.get("before"), "before"),
        private=room.with_private,
        closed=room.closed_items,
        hidden=room.closed_kinds,
    )
