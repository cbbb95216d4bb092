"""Where a page of a list begins."""

from wparchive.browse.web import Refused, Room

__all__ = ["offset_of"]

_FAR = 1_000_000


def offset_of(room: Room) -> int:
    """Return the parameter `offset`, 0 without it. Raises Refused for what is no such number."""
    given = room.args.get("offset") or "0"
    if not (given.isascii() and given.isdigit() and int(given[:9]) <= _FAR and len(given) < 9):
        raise Refused(400, "offset must be a number from 0 to 1,000,000.")
    return int(given)
