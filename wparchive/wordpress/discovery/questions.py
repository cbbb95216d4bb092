"""The requests of discovery, the responses, and what they mean for a REST root."""

from dataclasses import dataclass, field
from functools import cached_property

from wparchive.http1.message import Head
from wparchive.model import Verdict
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.judgement import Judgement, Meaning, error_of, judge
from wparchive.wordpress.payload.document import Document
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.values import mapping, members

__all__ = ["CONTENT", "Answer", "Ask", "Trial", "index_of", "shows_content"]

# Requests to a root with an unreadable index, in this order, as long as WordPress refuses each.
CONTENT: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("/wp/v2/posts", (("per_page", "1"),)),
    ("/wp/v2/pages", (("per_page", "1"),)),
    ("/wp/v2/types", ()),
)
# Fields typical of WordPress's REST responses.
_WORDPRESS = frozenset({"_links", "rest_base", "guid"})
_FINAL = frozenset({Meaning.CHALLENGE, Meaning.THROTTLED, Meaning.REFUSED})


@dataclass(frozen=True, slots=True)
class Ask:
    """A URL to request with GET. `kind` is the target's: home, index, rsd.

    `again` > 0 repeats a request that was answered with garbage; a stored capture must not be used for it.
    """

    url: str
    kind: str
    again: int = 0


@dataclass(frozen=True)
class Answer:
    """The response to an `Ask`. `redirects` are the URLs requested before `url_final`, in order; `body` is decoded.

    `parsed` is the body as JSON, if it was parsed already.

    With `Verdict.GUARDED` after a redirect, `url_final` is the hop that was not followed.
    """

    url_final: str
    head: Head | None = None
    body: bytes = b""
    redirects: tuple[str, ...] = ()
    verdict: Verdict = Verdict.ANSWERED
    capture: str | None = None
    reason: str = ""
    parsed: Document | None = field(default=None, repr=False, compare=False)

    @property
    def status(self) -> int:
        """The HTTP status, 0 without a response."""
        return self.head.status if self.head else 0

    @cached_property
    def document(self) -> Document:
        """The body as JSON, parsed once."""
        return read(self.body) if self.parsed is None else self.parsed

    @property
    def judgement(self) -> Judgement:
        """What the response means."""
        return judge(self.head, self.body, self.document)


@dataclass(frozen=True, slots=True)
class Trial:
    """A possible root that was requested, the signal that led to it, and what the answer means."""

    signal: str
    url: str
    answer: Answer
    meaning: Meaning
    reason: str
    index: RestIndex | None = None

    @classmethod
    def of(cls, signal: str, url: str, answer: Answer) -> "Trial":
        """Return the trial of the root at `url`, found by `signal`, which returned `answer`."""
        index = index_of(answer)
        judged = answer.judgement
        meaning = Meaning.OK if index else _meaning(answer, judged.meaning)
        return cls(signal, url, answer, meaning, answer.reason or judged.reason, index)

    @classmethod
    def by_content(cls, hidden: "Trial", answer: Answer) -> "Trial":
        """Return the trial of a root with an unreadable index whose content, `answer`, is readable."""
        found = mapping(hidden.answer.document.value)
        index = {} if error_of(found) else found
        names = [*members(index.get("namespaces"), str), "wp/v2"]
        raw = {**index, "namespaces": names, "routes": mapping(index.get("routes"))}
        reason = f"its index can't be read ({hidden.reason or 'it lists no content'}), its content can"
        return cls(hidden.signal, hidden.url, answer, Meaning.OK, reason, RestIndex.parse(raw))

    @property
    def advertised(self) -> bool:
        """Whether the site itself named this root."""
        return self.signal != "guess"

    @property
    def hides(self) -> bool:
        """Whether this may be a root that hides only its index: it refuses, or returns something that is no index."""
        if self.answer.verdict is Verdict.ROBOTS:
            return True
        walls = (Meaning.CHALLENGE, Meaning.THROTTLED, Meaning.NOTHING, Meaning.REDIRECT, Meaning.SERVER_ERROR)
        return self.answer.verdict in (Verdict.ANSWERED, Verdict.FAILED) and self.meaning not in walls

    @property
    def final(self) -> bool:
        """Whether the answer holds for the whole site, so that nothing else need be requested."""
        return self.meaning in _FINAL


def index_of(answer: Answer) -> RestIndex | None:
    """Return the REST index in `answer`, or None."""
    if answer.verdict is not Verdict.ANSWERED or answer.status >= 400:
        return None
    return RestIndex.parse(answer.document.value)


def shows_content(answer: Answer) -> bool:
    """Return whether `answer`, to a request in CONTENT, is WordPress's own: posts or types."""
    if answer.verdict is not Verdict.ANSWERED or answer.head is None:
        return False
    if not answer.judgement.ok:
        return False
    value = answer.document.value
    rows = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(rows, list):
        return False
    counted = isinstance(value, list) and answer.head.get("x-wp-total").strip().isdigit()
    return counted or any(isinstance(row, dict) and "slug" in row and not _WORDPRESS.isdisjoint(row) for row in rows)


def _meaning(answer: Answer, meaning: Meaning) -> Meaning:
    """Return what an answer means for a root: a plain 404 is an absence, a WordPress error of any status a refusal."""
    if answer.verdict is Verdict.THROTTLED:
        return Meaning.THROTTLED
    if meaning is Meaning.BLOCKED and answer.status not in (401, 403):
        return Meaning.MISSING
    if meaning in (Meaning.OTHER, Meaning.NO_ROUTE, Meaning.MISSING) and error_of(answer.document.value):
        return Meaning.REFUSED
    return meaning
