"""The reply to one target, parsed once for all who read it."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from wparchive.http1.message import Head
from wparchive.model import UNREAD, Capture, Target, Verdict
from wparchive.wordpress.judgement import Judgement, judge_fetched
from wparchive.wordpress.listing import PageReply, read_reply
from wparchive.wordpress.payload.document import Document
from wparchive.wordpress.payload.payload import read

__all__ = ["Get", "Recent", "Reply"]

_KEPT = 4 << 20  # bytes of bodies: a parsed one takes about five times as much memory


@dataclass(frozen=True)
class Reply:
    """The result of fetching one target; `capture` is None when nothing was stored.

    That is so for targets that the guard or robots.txt refused, and before the store is open. `age` is the response's
    age in seconds, by what caches state.
    """

    target: Target
    verdict: Verdict
    reason: str = ""
    capture: Capture | None = None
    head: Head | None = None
    body: bytes = b""
    url: str = ""
    redirects: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    truncated: str | None = None
    age: int = 0

    @property
    def capture_id(self) -> str | None:
        """The id of its capture, which is the evidence of what it shows."""
        return self.capture.capture if self.capture else None

    @property
    def status(self) -> int | None:
        """The HTTP status of the response."""
        return self.head.status if self.head else None

    @property
    def base(self) -> str:
        """The URL of the response, against which its links are resolved."""
        return self.capture.url if self.capture else self.url

    @cached_property
    def document(self) -> Document:
        """The body as JSON, parsed once."""
        return read(self.body)

    @property
    def judgement(self) -> Judgement:
        """What the response means."""
        return judge_fetched(self.verdict, self.head, self.body, self.document, self.reason)

    @property
    def page(self) -> PageReply:
        """The response as a page of a listing."""
        page = read_reply(
            self.head,
            self.body,
            capture=self.capture_id,
            verdict=self.verdict,
            reason=self.reason,
            document=self.document,
        )
        # A body that was left unread, or was cut off, doesn't show that the server had nothing to send.
        unread = self.truncated or not UNREAD.isdisjoint(self.flags)
        return replace(page, flags=tuple(flag for flag in page.flags if flag != "empty")) if unread else page


Get = Callable[[Target], Reply]  # requests one target and waits for the reply


class Recent:
    """The latest replies, within a limit of memory, so that their captures needn't be read back from the WARC."""

    def __init__(self) -> None:
        self._replies: OrderedDict[str, Reply] = OrderedDict()
        self._size = 0

    def keep(self, reply: Reply) -> None:
        """Add `reply`, and drop the oldest ones beyond the limit."""
        if reply.capture is None or reply.target.route is None or len(reply.body) > _KEPT:
            return
        self._replies[reply.capture.capture] = reply
        self._size += len(reply.body)
        while self._size > _KEPT:
            _, oldest = self._replies.popitem(last=False)
            self._size -= len(oldest.body)

    def document(self, capture: str) -> Document | None:
        """Return the body captured as `capture`; None when it is no longer here."""
        reply = self._replies.get(capture)
        return reply.document if reply else None
