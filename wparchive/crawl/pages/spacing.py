"""When what did not come is asked for again: at once in a few runs, then at growing distance, and in the end no more."""

from datetime import datetime, timedelta
from typing import Final

from wparchive.wordpress.age import moment

__all__ = ["AT_ONCE", "is_due"]

AT_ONCE: Final = 3  # runs in a row that try
_TRIES: Final = 8  # in all
_FACTOR: Final = 3  # days: 1, 3, 9, 27, 81


def is_due(tries: int, at: str, now: datetime) -> bool:
    """Return whether what did not come in so many `tries`, the last of them `at`, is to be tried `now`."""
    return tries < AT_ONCE or (tries < _TRIES and now - moment(at) >= timedelta(days=_FACTOR ** (tries - AT_ONCE)))
