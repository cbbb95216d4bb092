"""What a person writes for a moment: so long ago (`7d`), or a date; and the nearest right word to a wrong one."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from wparchive.errors import UsageError
from wparchive.model import timestamp
from wparchive.setting_values import meant

__all__ = ["nearest", "since"]

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"([0-9]{1,9})([mhdw])")
_NEARLY = re.compile(r"([0-9]{1,9}) *([mhdw])[a-z]*(?: ago)?", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].+)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[./-]?([0-9]{1,2})[./-]?([0-9]{1,2})")
_WORDS = {"today": "1d", "yesterday": "1d", "week": "1w", "hour": "1h", "day": "1d", "last week": "1w"}


def since(text: str, now: datetime, *, last: bool = True) -> str:
    """The moment that `text` names, seen from `now`, as `model.timestamp` spells it; a time without a zone is UTC.

    `last`: whether the command takes this word too. Raises UsageError, with the nearest that is right.
    """
    if moment := _moment(text, now):
        return timestamp(moment)
    likely = _meant(text.strip(), now)
    asked = f"did you mean {likely}? " if likely and (last or likely != "last") else ""
    ways = f"30m, 12h, 7d or 2w, a date as {now:%Y-%m-%d} or {now:%Y-%m-%dT%H:%MZ}{', or last' if last else ''}"
    raise UsageError(f"--since {text}: no time; {asked}write {ways}")


def nearest(wrong: str, right: Iterable[str]) -> str:
    """Which of `right` was most likely meant, as the end of a message; else all of them."""
    choices = list(right)
    return meant(wrong, choices) or f"; there is {', '.join(choices) or 'none'}"


def _meant(text: str, now: datetime) -> str:
    if nearly := _NEARLY.fullmatch(text):
        likely = f"{nearly[1]}{nearly[2].lower()}"
    elif day_first := _DAY_FIRST.fullmatch(text):
        likely = "-".join((day_first[3], day_first[2].zfill(2), day_first[1].zfill(2)))
    elif year_first := _YEAR_FIRST.fullmatch(text):
        likely = "-".join(part.zfill(2) for part in year_first.groups())
    else:
        close = get_close_matches(text.casefold(), [*_WORDS, "last"], 1, 0.7)
        likely = _WORDS.get(close[0], close[0]) if close else f"{text}d" if re.fullmatch("[0-9]{1,4}", text) else ""
    return likely if likely == "last" or _moment(likely, now) else ""


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        if _DATE.fullmatch(text):
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    return None
