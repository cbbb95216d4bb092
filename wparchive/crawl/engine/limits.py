"""The operator's own limits on a run: how many requests, and for how long."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from wparchive.errors import WparchiveError

__all__ = ["CutShort", "RunLimits"]


class CutShort(WparchiveError):
    """The run reached a limit that the operator set; what it holds stays, and the next run goes on."""


@dataclass(slots=True)
class RunLimits:
    """The operator's own limits: how many requests in all, and until when on `clock` (seconds)."""

    max_requests: int | None = None
    deadline: float | None = None
    clock: Callable[[], float] = time.monotonic

    def reached(self, requests: int) -> str:
        """Why to stop now, or an empty string."""
        if self.max_requests is not None and requests >= self.max_requests:
            return "stopped at --max-requests"
        if self.deadline is not None and self.clock() >= self.deadline:
            return "stopped at --max-time"
        return ""
