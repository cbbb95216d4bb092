"""What each change of a run says, in a line that can be read in a table: `The signal was [-working-] {+off+}`."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from wparchive.wordpress.changes.differences import ChangeKind
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.prose import Piece, Row, html_diff, in_context, tally, telling, text_diff

__all__ = ["in_words", "summaries"]

_COMPARED = 200  # changes of one run whose words are compared; a plug-in may change all articles at once
_LONGEST = 300
_SIGNS = {"removed": "[-{}-]", "added": "{{+{}+}}"}
_NOTICED = """
    SELECT o.rowid, o.type, o.wp_id, o.change, o.fields, o.before, k.status, k.code FROM observations o
    LEFT JOIN captures k ON k.capture = o.after WHERE o.rowid > ? AND +o.site = ? AND o.summary IS NULL ORDER BY o.rowid"""
_STATES = """
    SELECT title, content, excerpt FROM versions WHERE site = ? AND type = ? AND wp_id = ? AND privilege = 'anonymous'
    ORDER BY last_seen DESC, first_seen DESC, payload_sha256"""
# Between both may be others, which differ by noise or by what a cache had: that before is the one that its capture began.
_BEFORE = "SELECT title, content, excerpt FROM versions WHERE capture = ? AND site = ? AND type = ? AND wp_id = ?"
_ANSWERS = {
    ChangeKind.DELETED: "WordPress says that there is no such item",
    ChangeKind.UNPUBLISHED: "WordPress says that it exists, but not for strangers",
}
_SAID = {ChangeKind.APPEARED: "first seen", ChangeKind.RESTORED: "shown again"}


def summaries(conn: sqlite3.Connection, site: str, noticed: int, noise: SiteNoise) -> Iterator[tuple[str, int]]:
    """Yield the summary and row id of each observation after the rowid `noticed`."""
    left = _COMPARED
    for rowid, kind, wp_id, change, fields, before, status, code in conn.execute(_NOTICED, (noticed, site)).fetchall():
        if change in _ANSWERS:
            answer = " ".join(str(one) for one in (status, code) if one)
            yield f"{_ANSWERS[change]} ({answer})" if answer else _ANSWERS[change], rowid
            continue
        words = ""
        if change != ChangeKind.APPEARED and fields != "[]" and left > 0:
            left -= 1
            words = _words(_states(conn, before, (site, kind, wp_id)), noise.of(kind))
        yield ". ".join(filter(None, (_SAID.get(change, ""), words))) or _named(fields), rowid


def _states(conn: sqlite3.Connection, before: str | None, item: tuple[str, str, int]) -> list[tuple[str | None, ...]]:
    """Return title, content and excerpt of an item's newest state, and of that before the change."""
    newest = conn.execute(_STATES, item).fetchmany(2)
    begun = conn.execute(_BEFORE, (before, *item)).fetchall()
    return [*newest[:1], *begun] if begun and begun != newest[:1] else newest


def _named(fields: str | None) -> str:
    names = json.loads(fields or "[]")
    return f"changed: {', '.join(map(str, names))}"[:_LONGEST] if names else "nothing that a reader sees"


def _words(states: Iterable[tuple[str | None, ...]], noise: Noise) -> str:
    """Return the change that matters most between the two newest states, and how many words changed; "" if none did."""
    texts = [(title or "", *(noise.denoised(one or "") for one in html)) for title, *html in states]
    if len(texts) < 2:
        return ""
    (title, *new), (old_title, *old) = texts
    return in_words([*text_diff(old_title, title), *html_diff(old[0] or old[1], new[0] or new[1])])


def in_words(rows: Sequence[Row]) -> str:
    """Return which of several changes matters most, and how many words changed; "" if none did."""
    best, counted = telling(rows), tally(rows)
    if best is None:
        return ""
    shown = "".join(_marked(piece) for piece in in_context(best.pieces)) or "; ".join(map(str, best.notes))
    short = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    return f"+{counted.added} −{counted.removed} words: {short}"


def _marked(piece: Piece) -> str:
    text = " ".join(piece.text.split())
    before, after = (" " if piece.text[:1].isspace() else ""), (" " if piece.text[-1:].isspace() else "")
    return f"{before}{_SIGNS.get(piece.op, '{}').format(text)}{after}" if text else " "
