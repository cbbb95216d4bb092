"""When a site is due again, after how its turn ended: pure rules."""

from dataclasses import dataclass
from typing import Final

from wparchive.errors import ExitCode

__all__ = ["FAILURES_OF_A_DEAD_SITE", "Next", "next_turn", "reindexed"]

_SLOWER: Final = 1.3
_FASTER: Final = 1.5
FAILURES_OF_A_DEAD_SITE: Final = 5
"""After so many turns without any answer, a site is asked ever more rarely; it is never dropped."""
_MOST: Final = 28 * 86_400.0
_SOON: Final = 0.0
_UNANSWERED: Final = 3_600.0  # seconds until a site that gave no answer is asked again, at first


@dataclass(frozen=True, slots=True)
class Next:
    """In how many seconds a site is due, at which pace from now on; `network_pause` is for all of its network, in seconds."""

    due_in: float
    pace: float
    failures: int = 0
    network_pause: float = 0.0


def next_turn(
    code: ExitCode,
    *,
    every: float,
    every_max: float,
    pace: float,
    changed: bool,
    cut_short: bool,
    answered: bool,
    failures: int,
    retry_after: float = 0.0,
) -> Next:
    """Return what follows a turn that ended with `code`; all times are seconds.

    A turn that ran out of time goes on at once. A site that refuses us rests for as long as it asks, and so does its
    network. The pace slows down while nothing changes, and quickens when something did.
    """
    if cut_short or code is ExitCode.INTERRUPTED:
        return Next(_SOON, pace, failures)
    if code is ExitCode.REFUSED:
        rest = max(retry_after, every)
        return Next(rest, pace, 0, network_pause=rest)
    if code in (ExitCode.STORAGE, ExitCode.LOCKED):
        return Next(max(every, _UNANSWERED), pace, failures)  # ours, and nothing that the site could help
    if not answered:
        return _unanswered(every, pace, failures + 1)
    if code in (ExitCode.ERROR, ExitCode.USAGE):
        return Next(max(every, _UNANSWERED), pace, failures + 1)
    faster, slower = max(every, pace / _FASTER), min(every_max, pace * _SLOWER)
    pace = faster if changed else slower
    return Next(pace, pace)


def _unanswered(every: float, pace: float, failures: int) -> Next:
    if failures < FAILURES_OF_A_DEAD_SITE:
        return Next(max(every, _UNANSWERED), pace, failures)
    pace = min(max(pace, every, _UNANSWERED) * 2, _MOST)
    return Next(pace, pace, failures)


def reindexed(every: float) -> float:
    """Return in how many seconds a site whose head moved is indexed: at most daily, at the latest after a day."""
    return min(every, 86_400.0)
