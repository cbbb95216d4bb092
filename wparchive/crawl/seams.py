"""Clock, sleep and name look-up of the machine, as values that tests replace."""

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
    """What a run uses of the machine: the date `now`, a monotonic `clock` in seconds, `sleep`, and `look_up`.

    `look_up` is `socket.getaddrinfo` or its like. Without `sleep`, a run waits on its stop event, with a time-out.
    """

    now: Callable[[], datetime] = _NOW
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] | None = None
    look_up: Callable[..., list[Any]] = _look_up


MACHINE = Seams()
