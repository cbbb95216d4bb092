"""What the answer to a request for a file comes to, for the run that asked, and the run's account of its files."""

from collections import Counter
from dataclasses import dataclass, field

from wparchive.crawl.engine.engine import Reply
from wparchive.http1.message import is_success
from wparchive.model import Verdict

__all__ = ["ANSWERS", "FileReport", "final_answer", "outcome"]

# A host that isn't there any more, or shows a false certificate, has given its answer.
ANSWERS = ("no-address", "certificate")
_LINES = 1000  # failures that are kept as lines for people; facts hold them all


@dataclass(slots=True)
class FileReport:
    """What became of the files of a run: how many of each outcome, which are missing and why.

    `unsure` files came different, and couldn't be read a second time.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    unsure: int = 0

    @property
    def gaps(self) -> int:
        """How many files could not be had."""
        return self.counts["failed"]

    def fail(self, url: str, reason: str) -> None:
        """One more file is missing."""
        self.counts["failed"] += 1
        if len(self.failures) < _LINES:
            self.failures.append(f"{url}: {reason}")


def outcome(reply: Reply) -> tuple[str, str]:
    """What an answer comes to: fetched, same, answered (404 and its like), refused or failed; and why."""
    status = reply.capture.status if reply.capture else None
    if reply.verdict is Verdict.ANSWERED:
        if status == 304 or reply.target.method == "HEAD":
            return "same", ""
        return ("fetched" if is_success(status) else "answered"), f"HTTP {status}"
    if reply.verdict in (Verdict.GUARDED, Verdict.ROBOTS):
        return "refused", reply.reason
    known = final_answer(reply)
    return ("refused", known) if known else ("failed", reply.reason or "no answer")


def final_answer(reply: Reply) -> str:
    """Which of `ANSWERS` the reply is, if any: asking again would change nothing."""
    return next((name for name in ANSWERS if name in reply.flags and "Temporary" not in reply.reason), "")
