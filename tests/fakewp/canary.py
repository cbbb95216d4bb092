"""A second origin on loopback that nothing should reach: it records every request, and answers."""

from typing import Self

from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler, SimulatedSite

__all__ = ["Canary", "canary"]


class Canary(SimulatedSite):
    """Answers 200 text/plain, or a redirect to `redirect`; `requests` must stay empty where it is a trap."""

    def __init__(self, redirect: str | None = None, body: bytes = b"canary\n", kind: str = "text/plain") -> None:
        super().__init__()
        self.redirect, self.body, self.kind = redirect, body, kind

    def respond(self, handler: Handler, request: Request) -> None:
        if self.redirect:
            handler.send(Answer(302, [("Location", self.redirect)]))
        else:
            handler.send(Answer(200, [("Content-Type", self.kind)], self.body))

    def __enter__(self) -> Self:
        return self.start()


def canary(redirect: str | None = None, body: bytes = b"canary\n", kind: str = "text/plain") -> Canary:
    """A canary, to be used in a `with`."""
    return Canary(redirect, body, kind)
