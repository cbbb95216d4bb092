"""Follows the records in what is unpacked, to see whether there still are any: a little may become very much."""

from wparchive.http1.message import head_length, whole_number
from wparchive.store.warc.fields import parse_header

__all__ = ["RecordsSeen"]

_MAGIC, _END = b"WARC/1.", 4
_TOGETHER = 1 << 20  # bytes
_HEADER = 1 << 16


class RecordsSeen:
    """`idle` are the bytes behind the last record, in which none begins; they are counted a megabyte at a time."""

    def __init__(self) -> None:
        self.idle = 0
        self._waiting, self._size = [b""], 0
        self._left = 0  # bytes of a record that are still to come

    def see(self, piece: bytes) -> None:
        """Take what comes next."""
        taken = min(self._left, len(piece)) if not self._size else 0
        self._left -= taken
        if taken < len(piece):
            self._waiting.append(piece[taken:])
            self._size += len(piece) - taken
        if self._size >= _TOGETHER:
            data = b"".join(self._waiting)
            rest = data[self._read(data) :]
            self._waiting, self._size = [rest], 0

    def _read(self, data: bytes) -> int:
        """Return how much of `data` is done with."""
        at = 0
        while at < len(data):
            found = data.find(_MAGIC, at)
            end = head_length(data, found) if found >= 0 else -1
            if end < 0:
                # What begins here may go on in what follows.
                keep = data.find(_MAGIC, max(at, len(data) - _HEADER))
                keep = keep if keep >= 0 else max(at, len(data) - len(_MAGIC))
                self.idle += keep - at
                return keep
            stated = (
                whole_number(parse_header(data[found:end]).get("Content-Length")) if end - found <= _HEADER else None
            )
            if stated is None:
                self.idle += end - at
                at = end
                continue
            self.idle = 0
            at = end + stated + _END
        self._left = at - len(data)
        return len(data)
