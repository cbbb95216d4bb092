"""The values of a listing: the page that is asked for, what came back for it, and what the whole walk can claim."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wparchive.message import Head
from wparchive.model import Verdict
from wparchive.wordpress.payload import Skim, elements, fits, integer, read, skim, skims
from wparchive.wordpress.verdict import Answer, Meaning, judge

__all__ = ["Gap", "Outcome", "Page", "Proof", "Reply", "read_reply"]


class Outcome(StrEnum):
    """How a listing ended."""

    COMPLETE = "complete"
    CHANGED = "changed"
    SHORT = "short"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, order=True)
class Page:
    """A request of the walk: `size` rows from `offset` (counted from 0). `retries` None leaves that to the policy."""

    offset: int
    size: int
    again: int = 0
    fields: str = ""
    by: str = "page"
    retries: int | None = None
    params: tuple[tuple[str, str], ...] = ()

    @property
    def key_suffix(self) -> str:
        """What tells a second reading of the same page from the first in a target's key."""
        return f" again={self.again}" if self.again else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back for a page. `empties` counts elements that show nothing (`[]`), `items` are the others."""

    answer: Answer
    total: int | None = None
    total_pages: int | None = None
    items: Sequence[Skim] = ()
    empties: int = 0
    flags: tuple[str, ...] = ()
    capture: str | None = None
    verdict: Verdict = Verdict.ANSWERED


@dataclass(frozen=True, slots=True)
class Gap:
    """A named hole: 1-based positions in id order, both ends included; `last` None when the end isn't known."""

    first: int
    last: int | None
    reason: str

    @staticmethod
    def merged(gaps: Iterable["Gap"]) -> tuple["Gap", ...]:
        """The same holes in order, without overlaps, neighbours of one reason as one."""
        whole: list[Gap] = []
        for gap in sorted(gaps, key=lambda one: one.first):
            before = whole[-1] if whole else Gap(0, 0, "")
            if before.last is None or (gap.last is not None and gap.last <= before.last):
                continue
            if whole and gap.reason == before.reason and gap.first <= before.last + 1:
                whole[-1] = Gap(before.first, gap.last, gap.reason)
            else:
                whole.append(Gap(max(gap.first, before.last + 1), gap.last, gap.reason))
        return tuple(whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a listing can claim. `verified`: totals were there on every page and agree with what was read."""

    route: str
    type: str
    stated: int | None
    held: int
    withheld: int
    pages: int
    outcome: Outcome
    verified: bool
    gaps: tuple[Gap, ...]
    capture: str | None
    reason: str = ""


_VERDICTS: Mapping[Verdict, tuple[Meaning, str]] = {
    Verdict.THROTTLED: (Meaning.THROTTLED, "throttled"),
    Verdict.ROBOTS: (Meaning.REFUSED, "robots.txt"),
    Verdict.GUARDED: (Meaning.REDIRECT, "guarded"),
    Verdict.STOPPED: (Meaning.NOTHING, "stopped"),
}


def read_reply(
    head: Head | None,
    body: bytes | None,
    *,
    capture: str | None,
    verdict: Verdict = Verdict.ANSWERED,
    reason: str = "",
) -> Reply:
    """Make a Reply of an answer, parsing no more of it than needed.

    `verdict` and `reason` are those of the Fetched; `capture` is None only when nothing at all was exchanged.
    """
    if verdict in _VERDICTS:
        meaning, words = _VERDICTS[verdict]
        answer = Answer(meaning, head.status if head else None, reason=reason or words)
        return Reply(answer=answer, capture=capture, verdict=verdict)
    if head is None or body is None:
        answer = Answer(Meaning.NOTHING, reason=reason or "no answer")
        return Reply(answer=answer, capture=capture, verdict=verdict)
    # Whoever relabels JSON as a page may have rewritten it too; and what is too big to be read isn't held.
    plain = 200 <= head.status < 300 and head.mime == "application/json" and fits(body)
    found = skim(body) if plain else None
    if found is not None:
        return _reply(head, Answer(Meaning.OK, head.status), found, 0, (), capture, verdict)
    document = read(body)
    answer = judge(head, body, document)
    found, rows = skims(document), elements(document)
    if answer.ok and rows is None:
        answer = Answer(Meaning.NOT_JSON, head.status, reason=f"{head.status}, not a list")
    return _reply(head, answer, found, len(rows or ()) - len(found), document.flags, capture, verdict)


def _reply(
    head: Head,
    answer: Answer,
    found: Sequence[Skim],
    empties: int,
    flags: tuple[str, ...],
    capture: str | None,
    verdict: Verdict,
) -> Reply:
    if verdict is Verdict.FAILED and answer.ok:
        answer = Answer(Meaning.NOTHING, head.status, reason="cut off")
    return Reply(
        answer=answer,
        total=_stated(head, "x-wp-total"),
        total_pages=_stated(head, "x-wp-totalpages"),
        items=found,
        empties=empties,
        flags=flags,
        capture=capture,
        verdict=verdict,
    )


def _stated(head: Head, name: str) -> int | None:
    number = integer(re.split(r"[,;]", head.get(name))[0].strip())
    return number if number is not None and number >= 0 else None
