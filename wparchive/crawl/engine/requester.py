"""Send requests within a run's limits: exchanges are counted, responses are checked for walls and for their age.

Nothing is stored here: the caller's `keep` does that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from wparchive.crawl.engine.freshness import Freshness
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.engine.stop import Halt
from wparchive.crawl.engine.walls import Walls
from wparchive.crawl.report import Tally
from wparchive.errors import Interrupted
from wparchive.events import Emit
from wparchive.fetch import Fetcher
from wparchive.model import Capture, Exchange, Fetched, Target, Verdict, timestamp

__all__ = ["Keep", "Requester"]

Keep = Callable[[Fetched], Capture | None]  # returns the capture of the response, where there is a store


@dataclass(slots=True, kw_only=True)
class Requester:
    """Sends the requests of one run; `fetch` may be called from any thread, the rest from one.

    `in_flight` is the number of targets being fetched whose requests aren't counted yet. Methods raise Interrupted,
    CutShort, or RefusedError once the whole host is behind a wall.
    """

    fetcher: Fetcher
    halt: Halt
    emit: Emit
    tally: Tally = field(default_factory=Tally)
    walls: Walls = field(default_factory=Walls)
    freshness: Freshness = field(default_factory=Freshness)
    in_flight: int = 0

    def get(self, target: Target, keep: Keep) -> Reply:
        """Request `target` now and return the judged reply."""
        return self.judged(self._get_now(self.freshness.spelled(target), keep), keep)

    def check(self) -> None:
        """Raise what has to end the run before its next request."""
        self.halt.check(self.tally.requests + self.in_flight)

    def fetch(self, target: Target) -> Fetched:
        """Fetch `target`, past a cache known to serve old responses; nothing is counted."""
        return self.fetcher.fetch(self.freshness.spelled(target))

    def count(self, fetched: Fetched) -> None:
        """Add what was fetched to the tally, and emit an event for each exchange."""
        for exchange in fetched.exchanges:
            self.tally.requests += 1
            self.tally.bytes += exchange.payload_size
            self.emit("fetched", _as_event(exchange))

    def reply(self, fetched: Fetched, capture: Capture | None) -> Reply:
        """Return what was fetched as the reply to its target."""
        # `check` raises for the limit that was reached, if it was one.
        if fetched.verdict is Verdict.STOPPED:
            self.check()
            raise Interrupted("stopped; run the same command again to resume")
        last, target = fetched.last, fetched.target
        if last is None:
            return Reply(target, fetched.verdict, reason=fetched.reason, capture=capture, url=target.url)
        return Reply(
            target,
            fetched.verdict,
            reason=fetched.reason or last.error or "",
            capture=capture,
            head=last.head,
            body=last.body or b"",
            url=last.url,
            redirects=tuple(dict.fromkeys(one.url for one in fetched.exchanges if one.url != last.url)),
            flags=last.flags,
            truncated=last.truncated,
            age=self.freshness.age_of(target, last.head, timestamp(last.began)),
        )

    def judged(self, reply: Reply, keep: Keep) -> Reply:
        """Check `reply` for walls; where it is old, returns the one requested past the cache instead."""

        def get(target: Target) -> Reply:
            return self._get_now(target, keep)

        self.walls.mind(reply, get)
        return self.freshness.freshest(reply, get)

    def _get_now(self, target: Target, keep: Keep) -> Reply:
        """Request `target` as it is spelled, while the caller waits."""
        self.check()
        fetched = self.fetcher.fetch(target)
        self.count(fetched)
        return self.reply(fetched, keep(fetched))


def _as_event(exchange: Exchange) -> dict[str, object]:
    """Return an exchange in the form of the event `fetched`."""
    named = {name: getattr(exchange, name) for name in ("method", "url", "status", "attempt", "error")}
    return {**named, "bytes": exchange.payload_size, "seconds": round(exchange.elapsed, 3)}
