"""Sets an event from a signal handler, which may not do that itself: the code that it interrupts may hold the event's lock."""

import os
from contextlib import suppress
from threading import Event, Thread

__all__ = ["Bell"]


class Bell:
    """What a signal handler may `ring` at any moment: a thread then sets `event`."""

    def __init__(self, event: Event) -> None:
        self._heard, self._rung = os.pipe()
        Thread(target=self._listen, args=(event,), name="bell", daemon=True).start()

    def ring(self) -> None:
        """Have the event set; a second time nothing more happens."""
        with suppress(OSError):
            os.write(self._rung, b"!")

    def close(self) -> None:
        """Set it no more."""
        os.close(self._rung)

    def _listen(self, event: Event) -> None:
        if os.read(self._heard, 1):
            event.set()
        os.close(self._heard)
