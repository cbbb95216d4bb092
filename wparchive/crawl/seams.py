"""What a run takes from the machine around it, as values: tests pass their own."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

__all__ = ["MACHINE", "Seams"]


_NOW = partial(datetime.now, UTC)


def _look_up(host: Any, port: Any, **how: Any) -> list[Any]:
    return socket.getaddrinfo(host, port, **how)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """The time of day `now`, the `clock` (seconds) that waits and limits go by, `sleep`, and `look_up` of a host's addresses.

    `look_up` is `socket.getaddrinfo` or its like; without a `sleep` a run waits until it is stopped, or so many seconds.
    """

    now: Callable[[], datetime] = _NOW
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] | None = None
    look_up: Callable[..., list[Any]] = _look_up


MACHINE = Seams()
