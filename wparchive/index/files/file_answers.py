"""What one captured response shows about the file at its URL: it is good, or it has a problem.

Only complete files of the right kind are good; every other response is named by its `problem`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wparchive.errors import DamagedError
from wparchive.http1.message import is_success, is_whole
from wparchive.index.files.filetypes import HEAD, TAIL, dimensions, ends, family, has_script, same_kind, sniff
from wparchive.model import AGAIN, Capture, Verdict
from wparchive.store import StoredExchange
from wparchive.wordpress.judgement import is_walled, may_be_wall
from wparchive.wordpress.values import clean, integer

__all__ = ["FileAnswer", "judged", "problem_of", "read_file"]

_PROBLEMS: Mapping[int | None, str] = {
    404: "missing",
    410: "missing",
    401: "refused",
    403: "refused",
    451: "refused",
    429: "throttled",
    None: "no-answer",
}
_VERDICTS = {"guarded": "guarded", "robots": "robots", "throttled": "throttled", "stopped": "truncated"}
_CUT = {"time": "timeout", "length": "too-big"}
_FLAWS = {"bomb": "bomb"} | dict.fromkeys(("cut", "surplus", "odd-length", "broken-chunks"), "truncated")
_TIMED_OUT = ("timed out", "no bytes for", "longer than the time")
_PAGES = ("text/html", "application/xhtml+xml")
_LARGE_SVG = 8 << 20  # bytes; a script may be anywhere in it


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What one response shows about a file; `problem` is None for a good one. Plain values, for another process."""

    key: str
    url: str
    capture: str
    seen: str
    method: str
    status: int | None
    final: bool
    again: bool  # a second reading, to confirm the first
    role: str
    media: int | None
    expected: str
    mime: str
    bytes: int
    length: str
    sha256: str
    problem: str | None
    sniffed: str = ""
    size: tuple[int, int] | None = None
    flags: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()


def read_file(stored: StoredExchange) -> FileAnswer:
    """Return what the exchange `stored`, of kind file, shows about its file."""
    capture = stored.capture
    about = {name.removeprefix("about-"): value for name, value in capture.extra.items() if name.startswith("about-")}
    key = capture.key.removeprefix("HEAD ").removeprefix(AGAIN)
    answer = FileAnswer(
        key=key,
        url=clean(about.get("url", key)),
        capture=capture.capture,
        seen=capture.captured_at,
        method=capture.method,
        status=capture.status,
        final=capture.final,
        again=capture.key.startswith(AGAIN),
        role=clean(about.get("role", "linked")),
        media=integer(about.get("media")),
        expected=about.get("mime", "").lower(),
        mime=clean(capture.mime),
        bytes=capture.payload_size,
        length=capture.extra.get("http-content-length", ""),
        sha256=capture.body_sha256,
        problem=_wall(stored) or problem_of(capture),
    )
    if answer.problem or not is_whole(capture.status) or capture.method != "GET":
        return answer
    try:
        return judged(answer, stored, stored)
    except DamagedError:  # the referenced response is lost; `verify` reports it
        return replace(answer, problem="lost")


def _wall(stored: StoredExchange) -> str | None:
    """Return "challenge" if a bot wall's page came instead of the file."""
    capture = stored.capture
    if capture.verdict != Verdict.ANSWERED or not may_be_wall(capture.status, capture.mime):
        return None
    try:
        return "challenge" if is_walled(stored.head, lambda limit: stored.body(limit).data) else None
    except DamagedError:
        return None


def _tail(stored: StoredExchange) -> bytes:
    """Return the last bytes of the payload, if the response contains them unencoded."""
    head = stored.answer.head
    plain = head is not None and not head.codings and not head.chunked
    size = min(TAIL, stored.capture.payload_size)
    return stored.tail(size) if plain and size else b""


def problem_of(capture: Capture) -> str | None:
    """Return the problem of a file or page that follows from its transfer, or None."""
    if capture.verdict in _VERDICTS:
        return _VERDICTS[capture.verdict]
    if capture.status is None:
        return _failure(capture)
    if not is_success(capture.status) and capture.status != 304:
        return _PROBLEMS.get(capture.status, "redirect" if capture.status < 400 else "error")
    return _defect(capture)


def _defect(capture: Capture) -> str | None:
    """Return what is wrong with the file that the server sent, as far as its transfer shows."""
    if capture.truncated:
        return _CUT.get(capture.truncated, "truncated")
    if flaw := next((problem for flag, problem in _FLAWS.items() if flag in capture.flags), None):
        return flaw
    is_file = is_whole(capture.status) and capture.method == "GET"
    return "empty" if is_file and not capture.payload_size else None


def _failure(capture: Capture) -> str:
    """Return why no response came at all."""
    reported = capture.extra.get("error", "")
    known = next((flag for flag in ("no-address", "certificate") if flag in capture.flags), "")
    return known or ("timeout" if any(words in reported for words in _TIMED_OUT) else "no-answer")


def judged(answer: FileAnswer, first: StoredExchange, last: StoredExchange) -> FileAnswer:
    """Judge `answer` by the beginning and end of its file, which are in `first` and `last`. Raises DamagedError."""
    head, tail = first.body(HEAD).data, _tail(last)
    found = sniff(head)
    problem = _mismatch(answer, found, head)
    if problem is None and tail and not ends(found, head, tail, answer.bytes):
        problem = "truncated"
    svg = found == "image/svg+xml" and has_script(first.body(_LARGE_SVG).data)
    flags = ("script",) if svg else ()
    return replace(answer, problem=problem, sniffed=found, size=dimensions(found, head), flags=flags)


def _mismatch(answer: FileAnswer, found: str, head: bytes) -> str | None:
    """Return the problem of a file that isn't what was expected; `found` is the type that its bytes show."""
    expected = answer.expected or answer.mime
    if found == "text/html" and family(expected) != "text":
        return "soft-404"
    if answer.mime in _PAGES and not found and family(answer.expected) != "text":
        return "soft-404" if answer.expected else None
    return None if same_kind(expected, found, head) else "wrong-type"
