"""The rows of media files, derived from the captures of each URL in order.

`url` is the URL as spelled by the item that names the file (made absolute if relative); `key` identifies the file, as
`signed.file_key` of it. A file that cannot be requested has no capture, but a problem with the reason ("unaskable:
..."); if an attachment has no URL at all, `attachment/ID` stands for it. A row keeps referring to the last good
capture. What a later response states (not modified, gone, replaced by something else) is noted in other columns.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from wparchive.errors import DamagedError
from wparchive.http1.message import decode, is_success
from wparchive.http1.ranges import KEPT, Chain, piece
from wparchive.index.database.creation import ensure_index
from wparchive.index.entries.response_at import response_at
from wparchive.index.files.file_answers import FileAnswer, judged
from wparchive.index.items.rows import Row
from wparchive.index.statements import insert
from wparchive.store import Archive, StoredExchange
from wparchive.wordpress.files.signed import file_key
from wparchive.wordpress.values import clean, integer, mapping, members

__all__ = ["FileWriter", "file_bytes"]

_COLUMNS = (
    *("site", "url", "media", "role", "status", "problem", "mime", "detected", "bytes", "sha256", "width", "height"),
    *("first_seen", "last_seen", "gone", "gone_since", "latest", "pieces", "flags", "key", "capture"),
)
_KNOWN = f"SELECT {', '.join(_COLUMNS)} FROM media_files WHERE site = ? AND key = ?"  # noqa: S608 (names of our own)
_PUT = insert("media_files", _COLUMNS, verb="INSERT OR REPLACE")
_STILL = (
    "UPDATE media_files SET last_seen = max(last_seen, :seen), gone = NULL, gone_since = NULL, latest = :capture, "
    "media = coalesce(:media, media), role = :role WHERE site = :site AND key = :key"
)
_GONE = (
    "UPDATE media_files SET gone = :problem, gone_since = CASE WHEN gone IS NULL THEN :seen ELSE gone_since END, "
    "latest = :capture WHERE site = :site AND key = :key"
)
_AS_BEFORE = (
    "UPDATE media_files SET latest = :capture, media = coalesce(:media, media), role = :role "
    "WHERE site = :site AND key = :key"
)
_NAMED = "DELETE FROM media_files WHERE site = :site AND url = :url"  # an attachment without a URL has one now
_OBSERVED = insert("observations", ("run", "site", "type", "wp_id", "change", "fields", "before", "after", "confirmed"))
_DOUBT = insert("_wparchive_replaced", verb="INSERT OR REPLACE")
_DOUBTED = "SELECT before, sha256 FROM _wparchive_replaced WHERE site = ? AND key = ?"
_NO_DOUBT = "DELETE FROM _wparchive_replaced WHERE site = ? AND key = ?"
_MOVES = "SELECT 1 FROM _wparchive_volatile WHERE site = ? AND type = 'file' AND entry = 'file:' || ?"
# These say nothing about a file that is held.
_NO_WORD = frozenset(("throttled", "challenge", "no-answer", "timeout", "truncated", "lost"))
_GAP = insert("gaps", ("run", "site", "route", "reason"))
_PARTS = (
    "SELECT capture, warc, offset, url, truncated FROM captures WHERE site = :site AND key = :key AND kind = 'file' "
    # Pieces from another URL do not count; a signed URL has a different signature each time.
    "AND (url = :key OR (url > :key || '?' AND url < :key || '@')) "
    "AND method = 'GET' AND status BETWEEN 200 AND 299 AND privilege = 'anonymous' ORDER BY rowid"
)


class FileWriter:
    """Writes what responses show of the files of one site. The caller has opened a transaction and flushed captures."""

    def __init__(self, conn: sqlite3.Connection, archive: Archive, site: str) -> None:
        self._conn = conn
        self._archive = archive
        self._site = site
        # A new database gets its indexes only at the end, but each response looks its file up.
        ensure_index(conn, "media_files", "site key")

    def take(self, run: str, answer: FileAnswer) -> None:
        """Process one response; an attempt that was followed by others counts only as a piece of their file."""
        if not answer.final:
            return
        if answer.status == 206 and answer.problem is None:
            answer = self._joined(answer)
        old = self._row(answer.key)
        if answer.again:
            self._take_again(run, answer, old)
        elif answer.status == 304 or (answer.method == "HEAD" and is_success(answer.status)):
            self._take_still(run, answer, old)
        elif answer.problem is None:
            self._take_good(run, answer, old)
        elif statement := _standing(answer, old):
            self._conn.execute(statement, self._about(answer))
        else:
            self._put(answer, old)

    def _row(self, key: str) -> Row | None:
        found = self._conn.execute(_KNOWN, (self._site, key)).fetchone()
        return dict(zip(_COLUMNS, found, strict=True)) if found else None

    def _about(self, answer: FileAnswer) -> Row:
        named = ("key", "capture", "seen", "media", "role", "problem")
        return {"site": self._site, **{name: getattr(answer, name) for name in named}}

    def _take_still(self, run: str, answer: FileAnswer, old: Row | None) -> None:
        if old is None or not old["sha256"]:
            return
        if answer.method != "HEAD":
            self._confirm(run, answer, old)
        elif answer.length != str(old["bytes"]) and not self._moves(answer.key):
            return
        self._conn.execute(_STILL, self._about(answer))

    def _take_good(self, run: str, answer: FileAnswer, old: Row | None) -> None:
        known = old["sha256"] if old else None
        if old and known == answer.sha256:
            self._confirm(run, answer, old)
            if not old["pieces"]:
                self._conn.execute(_STILL, self._about(answer))
                return
        self._put(answer, old)
        if old and known and known != answer.sha256 and not self._moves(answer.key):
            self._doubt(run, answer, old)

    def _doubt(self, run: str, answer: FileAnswer, old: Row) -> None:
        """Note that a file differs from its row `old`, until a second reading confirms that it was replaced."""
        before, sha256 = self._doubted(answer.key) or (old["capture"], old["sha256"])
        self._clear(answer.key)
        if answer.pieces:  # the server itself says that the pieces belong together, so it was read twice as it is
            self._observe(run, answer, before, answer.capture, None)
        elif sha256 != answer.sha256:
            self._conn.execute(_DOUBT, {"site": self._site, "key": answer.key, "before": before, "sha256": sha256})

    # ---- a file that differs is doubted until a second reading confirms it

    def _take_again(self, run: str, answer: FileAnswer, row: Row | None) -> None:
        """Process a second reading, made seconds after the one that differed."""
        if row and answer.problem is None and answer.sha256 == row["sha256"] and answer.status != 304:
            self._confirm(run, answer, row)
        elif answer.problem is None:
            self._clear(answer.key)  # it varies by itself

    def _confirm(self, run: str, answer: FileAnswer, row: Row) -> None:
        """Confirm that `answer` shows the file as in its row; if that was doubted, the file was replaced."""
        if doubted := self._doubted(answer.key):
            self._clear(answer.key)
            self._observe(run, answer, doubted[0], row["capture"], answer.capture)

    def _observe(self, run: str, answer: FileAnswer, before: str, after: str, confirmed: str | None) -> None:
        kind = "file" if answer.media is None else "attachment"
        seen = {"run": run, "site": self._site, "type": kind, "wp_id": answer.media, "change": "edited"}
        about = {"fields": json.dumps(["file"]), "before": before, "after": after, "confirmed": confirmed}
        self._conn.execute(_OBSERVED, seen | about)

    def _doubted(self, key: str) -> tuple[str, str] | None:
        """Return capture and digest of the file before it differed, as long as that is not confirmed."""
        row: tuple[str, str] | None = self._conn.execute(_DOUBTED, (self._site, key)).fetchone()
        return row

    def _clear(self, key: str) -> None:
        self._conn.execute(_NO_DOUBT, (self._site, key))

    def _moves(self, key: str) -> bool:
        """Return whether the file is known to differ on every request."""
        return self._conn.execute(_MOVES, (self._site, key)).fetchone() is not None

    def _put(self, answer: FileAnswer, old: Row | None) -> None:
        good = answer.problem is None
        row = (
            self._about(answer)
            | _contents(answer)
            | {
                "url": old["url"] if old else answer.url,
                "first_seen": old["first_seen"] if old and old["first_seen"] else answer.seen,
                "last_seen": answer.seen if good else None,
                "gone": None,
                "gone_since": None,
                "latest": answer.capture,
            }
        )
        if old and old["url"] != answer.url and not old["capture"]:
            self._conn.execute("DELETE FROM media_files WHERE site = ? AND key = ?", (self._site, answer.key))
        self._conn.execute(_PUT, row)
        if answer.media is not None:
            self._conn.execute(_NAMED, {"site": self._site, "url": f"attachment/{answer.media}"})

    def _joined(self, answer: FileAnswer) -> FileAnswer:
        """Return `answer`, the last piece of a file, as the complete file with the pieces before it, if they fit."""
        ensure_index(self._conn, "captures", "url")
        try:
            chain, parts = self._pieces_until(answer)
            if not chain.whole or len(parts) != chain.length or parts[-1].capture.capture != answer.capture:
                return replace(answer, problem="truncated")
            return self._whole(answer, parts, chain.size)
        except DamagedError:
            return replace(answer, problem="lost")

    def _pieces_until(self, answer: FileAnswer) -> tuple[Chain, list[StoredExchange]]:
        """Return the pieces of a file that belong together, up to `answer`. Raises DamagedError."""
        chain = Chain()
        parts: list[StoredExchange] = []
        for *place, truncated in self._conn.execute(_PARTS, {"site": self._site, "key": answer.key}).fetchall():
            stored = response_at(self._archive, *place)
            head, size = stored.head, stored.capture.payload_size
            values = {name: head.get(name) for name in KEPT} if head else {}
            part = piece(stored.capture.status, size, cut=bool(truncated), headers=values)
            if truncated != "length" and chain.take(part):
                parts = [*parts, stored][-chain.length :]
            if stored.capture.capture == answer.capture:
                break
        return chain, parts

    def _whole(self, answer: FileAnswer, parts: list[StoredExchange], size: int) -> FileAnswer:
        digest, count = hashlib.sha256(), 0
        for part in parts:
            for data in part.payload():
                digest.update(data)
                count += len(data)
        if count != size:
            return replace(answer, problem="truncated")
        pieces = tuple(part.capture.capture for part in parts)
        whole = replace(answer, bytes=size, sha256=digest.hexdigest(), pieces=pieces)
        return judged(whole, parts[0], parts[-1])

    def take_fact(self, run: str, value: object) -> None:
        """Record what no capture shows: files that were never requested, and those that a run is missing."""
        for entry in members(mapping(value).get("files"), dict):
            if isinstance(entry.get("url"), str):
                self._take_note(run, entry)

    def _take_note(self, run: str, entry: Mapping[str, Any]) -> None:
        url, problem = clean(entry["url"]), clean(str(entry.get("problem")))
        key = file_key(entry["url"]) or url
        if problem == "gap":
            reason = clean(str(entry.get("reason") or ""))
            self._conn.execute(_GAP, {"run": run, "site": self._site, "route": url, "reason": reason})
            problem = clean(str(entry.get("wall") or "no-answer"))
        if self._row(key) is None:
            row = dict.fromkeys(_COLUMNS) | {"site": self._site, "url": url, "key": key, "problem": problem}
            row |= {"media": integer(entry.get("media")), "role": clean(str(entry.get("role") or "linked"))}
            self._conn.execute(_PUT, row)


def _standing(answer: FileAnswer, old: Row | None) -> str | None:
    """Return what to note of a problem in a row that stands nevertheless; None if the problem replaces the row."""
    if not old:
        return None
    if old["sha256"]:
        return _AS_BEFORE if answer.problem in _NO_WORD else _GONE
    same = old["capture"] and (old["status"], old["problem"]) == (answer.status, answer.problem)
    return _AS_BEFORE if same else None


def _contents(answer: FileAnswer) -> Row:
    """Return the columns that a response alone determines."""
    width, height = answer.size or (None, None)
    return {
        "status": answer.status,
        "mime": answer.mime or None,
        "detected": answer.sniffed or None,
        "bytes": answer.bytes if answer.status else None,
        "sha256": (answer.sha256 or None) if answer.problem is None else None,
        "width": width,
        "height": height,
        "pieces": json.dumps(answer.pieces) if answer.pieces else None,
        "flags": json.dumps(answer.flags) if answer.flags else None,
    }


def file_bytes(archive: Archive, captures: Iterable[tuple[str, str, int, str]], limit: int) -> bytes:
    """Return the file in the captures (id, WARC, offset, URL): one, or its pieces in order; at most `limit` bytes.

    Raises DamagedError.
    """
    out = b""
    for row in captures:
        stored = response_at(archive, *row)
        head = stored.answer.head
        out += decode(stored.payload(), head, limit - len(out)).data if head else b""
    return out
