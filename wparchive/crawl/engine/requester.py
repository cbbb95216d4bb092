"""Asking a site within a run's limits: each exchange is counted, each answer judged for walls and for its age.

Nothing is kept here: whoever asks says with `keep` what becomes of what was fetched.
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

Keep = Callable[[Fetched], Capture | None]  # gives the capture of the answer, where there is a store


@dataclass(slots=True, kw_only=True)
class Requester:
    """Sends the requests of one run; `fetch` may be called from any thread, the rest from one.

    `in_flight` is how many targets are being fetched whose requests aren't counted yet. What it does raises Interrupted,
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
        """Ask for `target` now, and judge the answer."""
        return self.judged(self._get_now(self.freshness.spelled(target), keep), keep)

    def check(self) -> None:
        """Raise what ends the run before its next request."""
        self.halt.check(self.tally.requests + self.in_flight)

    def fetch(self, target: Target) -> Fetched:
        """Fetch `target`, past a cache that is known to give old answers; nothing is counted."""
        return self.fetcher.fetch(self.freshness.spelled(target))

    def count(self, fetched: Fetched) -> None:
        """Add what was fetched to the tally, and tell of it."""
        for exchange in fetched.exchanges:
            self.tally.requests += 1
            self.tally.bytes += exchange.payload_size
            self.emit("fetched", _told(exchange))

    def reply(self, fetched: Fetched, capture: Capture | None) -> Reply:
        """What was fetched as the reply to its target."""
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
        """`reply`, after a look at what it says of walls; where it is old, what asking past the cache gave."""

        def get(target: Target) -> Reply:
            return self._get_now(target, keep)

        self.walls.mind(reply, get)
        return self.freshness.freshest(reply, get)

    def _get_now(self, target: Target, keep: Keep) -> Reply:
        """Ask for `target` as it is spelled, while everything else waits."""
        self.check()
        fetched = self.fetcher.fetch(target)
        self.count(fetched)
        return self.reply(fetched, keep(fetched))


def _told(exchange: Exchange) -> dict[str, object]:
    """An exchange as the event `fetched` tells it."""
    return {
        "method": exchange.method,
        "url": exchange.url,
        "status": exchange.status,
        "bytes": exchange.payload_size,
        "seconds": round(exchange.elapsed, 3),
        "attempt": exchange.attempt,
        "error": exchange.error,
    }
