"""What discovery asks of a site, what came back, and what that means for a REST root."""

from dataclasses import dataclass

from wparchive.message import Head
from wparchive.model import Verdict
from wparchive.wordpress import payload
from wparchive.wordpress.capabilities import Index
from wparchive.wordpress.verdict import Meaning, error_of, judge

__all__ = ["Answer", "Ask", "Trial", "index_of"]

_FINAL = frozenset({Meaning.CHALLENGE, Meaning.THROTTLED, Meaning.REFUSED})


@dataclass(frozen=True, slots=True)
class Ask:
    """A URL to get. `kind` is the target's (home, index, rsd), `why` is for the log.

    `again` > 0 asks for something that was asked for already and answered with rubbish: it must not come from a store.
    """

    url: str
    kind: str
    method: str
    why: str
    again: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `redirects` are the URLs asked before `url_final`, in order; `body` is decoded.

    With `Verdict.GUARDED` after a redirect, `url_final` is the hop that was not followed.
    """

    url_final: str
    head: Head | None = None
    body: bytes = b""
    redirects: tuple[str, ...] = ()
    verdict: Verdict = Verdict.ANSWERED
    capture: str | None = None
    reason: str = ""

    @property
    def status(self) -> int:
        """The HTTP status, 0 without an answer."""
        return self.head.status if self.head else 0


@dataclass(frozen=True, slots=True)
class Trial:
    """A root that was asked, how it came to be one, and what the answer means."""

    signal: str
    url: str
    answer: Answer
    meaning: Meaning
    reason: str
    index: Index | None = None

    @classmethod
    def of(cls, signal: str, url: str, answer: Answer) -> "Trial":
        """The trial of the root at `url`, which `signal` led to and which gave `answer`."""
        index = index_of(answer)
        judged = judge(answer.head, answer.body)
        meaning = Meaning.OK if index else _meaning(answer, judged.meaning)
        return cls(signal, url, answer, meaning, answer.reason or judged.reason, index)

    @property
    def advertised(self) -> bool:
        """Whether the site named this root itself."""
        return self.signal != "guess"

    @property
    def final(self) -> bool:
        """Whether the answer holds for the whole site, whatever else is asked."""
        return self.meaning in _FINAL


def index_of(answer: Answer) -> Index | None:
    """The REST index that `answer` is, if it is one."""
    if answer.verdict is not Verdict.ANSWERED or answer.status >= 400:
        return None
    return Index.parse(payload.read(answer.body).value)


def _meaning(answer: Answer, meaning: Meaning) -> Meaning:
    """What the answer means for a root: a web server's 404 is an absence, a WordPress error of any status a refusal."""
    if answer.verdict is Verdict.THROTTLED:
        return Meaning.THROTTLED
    if meaning is Meaning.BLOCKED and answer.status not in (401, 403):
        return Meaning.MISSING
    if meaning in (Meaning.OTHER, Meaning.NO_ROUTE, Meaning.MISSING) and error_of(payload.read(answer.body).value):
        return Meaning.REFUSED
    return meaning
