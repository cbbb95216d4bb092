"""Resume files by byte range: which piece continues which, what to request next, and when the file is whole.

A piece continues another only when both carry the same strong validator and its range begins where the other ended.
Source: RFC 9110, sections 8.8 (validators), 13.1.5 (If-Range), 14 (ranges), 15.3.7 (206).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from wparchive.http1.message import is_whole, whole_number

__all__ = ["KEPT", "LEAST", "Chain", "Piece", "piece"]

LEAST = 1 << 20  # bytes: a shorter piece isn't worth resuming, the whole file is requested again
# The headers that a file's row in the capture log keeps, so that the next run can resume without reading the WARC.
KEPT = ("etag", "last-modified", "date", "content-length", "content-range", "content-encoding")

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
_STRONG_TAG = re.compile(r'"[^"\x00-\x1f\x7f]*"')
# A Last-Modified counts as strong if it is at least this much older than the response's Date (RFC 9110, 8.8.2.2).
_STEADY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Piece:
    """What one response holds of a file: `size` bytes of payload from offset `first`, of `total` where that is known.

    `validator` is the strong validator that came with it; empty without one, or when the payload has a content coding.
    """

    status: int | None
    size: int
    cut: bool
    validator: str = ""
    first: int = 0
    total: int | None = None


def piece(status: int | None, size: int, *, cut: bool, headers: Mapping[str, str]) -> Piece:
    """Return the piece that a response holds.

    `headers` has lower-case names, and at least those of KEPT.
    """
    validator = "" if headers.get("content-encoding", "identity").lower() not in ("", "identity") else _strong(headers)
    found = _RANGE.fullmatch(headers.get("content-range", "").strip()) if status == 206 else None
    if status == 206 and not found:
        return Piece(status, size, cut)
    if found:
        total = None if found[3] == "*" else int(found[3])
        return Piece(status, size, cut, validator, int(found[1]), total)
    return Piece(status, size, cut, validator, 0, whole_number(headers.get("content-length", "")))


def _strong(headers: Mapping[str, str]) -> str:
    tag = headers.get("etag", "").strip()
    if tag:
        return tag if _STRONG_TAG.fullmatch(tag) else ""
    modified = headers.get("last-modified", "").strip()
    seen, changed = _date(headers.get("date", "")), _date(modified)
    return modified if seen and changed and seen - changed >= _STEADY else ""


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else None


class Chain:
    """The consecutive pieces of one file, added in the order in which they came.

    `size` bytes from the start are held, in the last `length` pieces that were accepted; `whole` is set when they are
    the whole file.
    """

    __slots__ = ("length", "size", "total", "validator", "whole")

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self.size = 0
        self.length = 0
        self.total: int | None = None
        self.validator = ""
        self.whole = False

    def take(self, piece: Piece) -> bool:
        """Add the next response; returns whether it was accepted, as a first piece or as a continuation."""
        if is_whole(piece.status):
            return self._begin(piece)
        if piece.status == 206:
            return self._continue(piece)
        if piece.status in (404, 410, 416):  # the file whose beginning is held is gone
            self._reset()
        return False

    def _begin(self, piece: Piece) -> bool:
        self._reset()
        if piece.cut and (piece.size < LEAST or not piece.validator):
            return False
        self.size, self.length, self.validator = piece.size, 1, piece.validator
        self.total = piece.total if piece.cut else piece.size
        self.whole = not piece.cut
        return True

    def _continue(self, piece: Piece) -> bool:
        fits = piece.validator and piece.validator == self.validator and piece.first == self.size and not self.whole
        agrees = self.total is None or piece.total is None or piece.total == self.total
        if not fits or not agrees:
            self._reset()
            return False
        self.size += piece.size
        self.length += 1
        self.total = piece.total if self.total is None else self.total
        self.whole = self.size == self.total
        return True

    @property
    def open(self) -> bool:
        """Whether a beginning is held that can be resumed."""
        return self.size > 0 and not self.whole

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The request headers for the missing bytes; If-Range makes the server send the whole file if it has changed."""
        return (("Range", f"bytes={self.size}-"), ("If-Range", self.validator)) if self.open else ()
