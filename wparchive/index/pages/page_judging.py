"""What kind of page came, and whether it shows what its item says, judged when its response is read."""

import sqlite3
from typing import NamedTuple

from wparchive.index.pages.page_answers import PageAnswer
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.pages.article import article_of
from wparchive.wordpress.pages.page_audit import DOUBTFUL, Audited, Standing, audit_page
from wparchive.wordpress.pages.page_verdict import PageKind
from wparchive.wordpress.values import loads

__all__ = ["Judged", "as_before", "judged", "reason_of"]

_BEFORE = (
    "SELECT verdict, agrees, text_sha256, canonical, reason, payload_sha256 FROM pages WHERE site = ? AND url = ? "
    "AND status BETWEEN 200 AND 299 ORDER BY captured_at DESC LIMIT 1"
)


class Judged(NamedTuple):
    """Columns of a page; `doubt` says that it has to be looked at again when all of the run is known."""

    verdict: str | None = None
    agrees: int | None = None
    text_sha256: str | None = None
    canonical: str | None = None
    reason: str | None = None
    doubt: bool = False


def judged(answer: PageAnswer, raw: str | None, noise: Noise) -> Judged:
    """Return what a response for a page says; `raw` is its item, if that is public and whole."""
    if answer.whole is None:
        return Judged(answer.problem)
    item = loads(raw) if raw else None
    audited = audit_page(answer.whole, article_of(item, noise) if isinstance(item, dict) else None, noise)
    kind = audited.verdict.kind
    said = None if kind is PageKind.OK else str(kind)
    # What the transfer shows is more precise than that nothing is known.
    transferred = answer.problem if kind in (PageKind.OK, PageKind.ERROR, PageKind.UNKNOWN) else None
    verdict = transferred or said
    agrees = 1 if audited.standing is Standing.SAME else None
    # Of what came in part, the rest may say it.
    doubt = audited.standing in DOUBTFUL and answer.problem is None
    return Judged(verdict, agrees, audited.text_sha256, audited.canonical or None, reason_of(audited, verdict), doubt)


def reason_of(audited: Audited, verdict: str | None) -> str:
    """Return why a page is judged so: why it isn't what was asked for, else how it stands to its item."""
    return audited.verdict.reason if verdict else audited.reason


def as_before(conn: sqlite3.Connection, site: str, answer: PageAnswer, version: str | None) -> Judged:
    """Return what the response said that one without a body (304) refers to; `version` is what the item says now."""
    row = conn.execute(_BEFORE, (site, answer.url)).fetchone()
    if row is None:
        return Judged(answer.problem)
    verdict, agrees, text, canonical, reason, compared = row
    known = compared == version and (agrees == 1 or verdict is not None)
    return Judged(
        verdict, 1 if known and agrees == 1 else None, text, canonical, reason, doubt=not known and version is not None
    )
