"""Does the index of a WACZ lead to the records that it says, and to all of its WARCs?"""

import gzip
import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from wparchive.audit.finding import Finding
from wparchive.audit.packages.contents import Contents, UnreadableFile, pieces
from wparchive.store import Damage, walk
from wparchive.store.warc.fields import bare, whole_date

__all__ = ["WaczIndex"]

_LONGEST = 1 << 20  # bytes of a line of the index
_ARCHIVE = "archive/"
_STAMP = 14  # digits of a CDXJ line's time
_MOST = 20  # findings of one file: one shows as well as a thousand that it is forged


class WaczIndex:
    """The lines of the index, noted by the WARC and the offset that each leads to."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._lines: dict[str, dict[int, list[tuple[str, str]]]] = {}

    def lines(self, name: str) -> Iterator[Finding]:
        """Read the index `name`; yields lines that lead nowhere. Raises UnreadableFile."""
        for line in _lines_of(self._contents, name):
            head, brace, rest = line.partition(b"{")
            fields, parts = _object(brace + rest), head.split()
            warc, offset = f"{_ARCHIVE}{fields.get('filename')}", str(fields.get("offset"))
            if warc not in self._contents.names or not offset.isdecimal() or len(parts) != 2:
                yield _finding(f"leads to {warc}, which isn't there", name)
                return
            place = self._lines.setdefault(warc, {}).setdefault(int(offset), [])
            place.append((str(fields.get("url")), parts[1].decode("ascii", "replace")))

    def records(self) -> Iterator[Finding]:
        """Yield WARCs that no line leads to, and lines that lead to another record than they say. Raises UnreadableFile."""
        for warc in (one for one in self._contents.names if one.startswith(_ARCHIVE)):
            lines = self._lines.pop(warc, {})
            if not lines:
                yield _finding("no line of the index leads to it, so no viewer shows it", warc)
                continue
            for count, message in enumerate(self._faults(warc, lines)):
                if count == _MOST:
                    break
                yield _finding(message, warc)

    def _faults(self, warc: str, lines: Mapping[int, list[tuple[str, str]]]) -> Iterator[str]:
        left = dict(lines)
        with tempfile.TemporaryDirectory() as place:
            path = Path(place, "file.warc.gz")
            with path.open("wb") as file:
                for piece in pieces(self._contents, warc):
                    file.write(piece)
            for found in walk(path, 0, lambda member: (member.offset, member.headers)):
                if isinstance(found, Damage):
                    yield f"at offset {found.offset}: {found.reason}"
                    continue
                offset, headers = found
                stamp = "".join(filter(str.isdigit, whole_date(headers.get("WARC-Date"))[:19]))[:_STAMP]
                for url, time in left.pop(offset, ()):
                    if (url, time) != (bare(headers.get("WARC-Target-URI")), stamp):
                        yield f"at offset {offset} is another record than the index says: {url}"
        yield from (f"at offset {offset}, where the index leads, no record begins" for offset in left)


def _lines_of(contents: Contents, name: str) -> Iterator[bytes]:
    """Yield the lines of a gzip file, of very long ones the beginning."""
    with closing(contents.open(name)) as file, gzip.GzipFile(fileobj=file) as unpacked:
        try:
            while line := unpacked.readline(_LONGEST):
                yield line
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFile(f"{name}: can't be unpacked ({error})") from None


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _finding(message: str, file: str) -> Finding:
    return Finding("package", message, file, code="package-index")
