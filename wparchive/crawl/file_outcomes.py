"""What the answer to a request for a file comes to, for the run that asked."""

from wparchive.crawl.engine import Reply
from wparchive.message import is_success
from wparchive.model import Verdict

__all__ = ["ANSWERS", "final_answer", "outcome"]

# A host that isn't there any more, or shows a false certificate, has given its answer.
ANSWERS = ("no-address", "certificate")


def outcome(reply: Reply) -> tuple[str, str]:
    """What an answer comes to: fetched, same, answered (404 and its like), refused, throttled or failed; and why."""
    status = reply.capture.status if reply.capture else None
    if reply.verdict is Verdict.ANSWERED:
        if status == 304 or reply.target.method == "HEAD":
            return "same", ""
        return ("fetched" if is_success(status) else "answered"), f"HTTP {status}"
    if reply.verdict in (Verdict.GUARDED, Verdict.ROBOTS):
        return "refused", reply.reason
    if reply.verdict is Verdict.THROTTLED:
        return "throttled", reply.reason
    known = final_answer(reply)
    return ("refused", known) if known else ("failed", reply.reason or "no answer")


def final_answer(reply: Reply) -> str:
    """Which of `ANSWERS` the reply is, if any: asking again would change nothing."""
    return next((name for name in ANSWERS if name in reply.flags and "Temporary" not in reply.reason), "")
