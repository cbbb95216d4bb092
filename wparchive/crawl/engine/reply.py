"""What fetching one target gave, read once for everyone who asks what it says."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from wparchive.http1.message import Head
from wparchive.model import ECHOED, Capture, Target, Verdict
from wparchive.wordpress.judgement import Judgement, judge_fetched
from wparchive.wordpress.listing import PageReply, read_reply
from wparchive.wordpress.payload.document import Document
from wparchive.wordpress.payload.payload import read

__all__ = ["Get", "Recent", "Reply"]

_KEPT = 4 << 20  # bytes of bodies: a read one takes some five times as much memory


@dataclass(frozen=True)
class Reply:
    """What one target's fetching gave; `capture` is None when nothing was kept (guarded, robots, before the store opened).

    `age` is how many seconds old the answer is by what caches say.
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
    def status(self) -> int | None:
        """The HTTP status of the answer."""
        return self.head.status if self.head else None

    @property
    def base(self) -> str:
        """The URL that the answer came from, against which its links are read."""
        return self.capture.url if self.capture else self.url

    @cached_property
    def document(self) -> Document:
        """The body as JSON, read once for all who ask."""
        return read(self.body)

    @property
    def judgement(self) -> Judgement:
        """What the answer means."""
        return judge_fetched(self.verdict, self.head, self.body, self.document, self.reason)

    @property
    def page(self) -> PageReply:
        """The answer as a page of a listing."""
        capture = self.capture.capture if self.capture else None
        page = read_reply(
            self.head, self.body, capture=capture, verdict=self.verdict, reason=self.reason, document=self.document
        )
        # A body that was left unread here, or cut off, says nothing of how much the server had to say.
        unread = self.truncated or ECHOED in self.flags
        return replace(page, flags=tuple(flag for flag in page.flags if flag != "empty")) if unread else page


Get = Callable[[Target], Reply]  # asks for one target, and waits for its reply


class Recent:
    """The last replies, as many as have room: whoever needs their captures again needn't read them back from the WARC."""

    def __init__(self) -> None:
        self._replies: OrderedDict[str, Reply] = OrderedDict()
        self._size = 0

    def keep(self, reply: Reply) -> None:
        """Remember `reply`, and forget the oldest ones that it takes the room of."""
        if reply.capture is None or reply.target.route is None or len(reply.body) > _KEPT:
            return
        self._replies[reply.capture.capture] = reply
        self._size += len(reply.body)
        while self._size > _KEPT:
            _, oldest = self._replies.popitem(last=False)
            self._size -= len(oldest.body)

    def document(self, capture: str) -> Document | None:
        """The body that was captured as `capture`; None when it isn't remembered."""
        reply = self._replies.get(capture)
        return reply.document if reply else None
