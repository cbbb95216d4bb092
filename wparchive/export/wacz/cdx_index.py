"""The index of a package: CDXJ lines in gzip blocks, and where each block begins.

Source: WACZ 1.1.1, 5.3; the compressed form is that of cdxj-indexer and pywb (ZipNum).
"""

import hashlib
import json
import zlib
from collections.abc import Iterable
from itertools import islice
from typing import BinaryIO

__all__ = ["write_index"]

_LINES = 300  # in a block
_NAME = "index.cdx.gz"


def write_index(lines: Iterable[bytes], blocks: BinaryIO, index: BinaryIO) -> None:
    """Write sorted `lines` to `blocks` (index.cdx.gz) and the list of the blocks, with their digests, to `index` (index.idx).

    Raises OSError.
    """
    _write_line(index, b"!meta 0", {"format": "cdxj-gzip-1.0", "filename": _NAME})
    given, offset = iter(lines), 0
    while block := list(islice(given, _LINES)):
        packed = _packed(b"".join(block))
        blocks.write(packed)
        about = {"offset": offset, "length": len(packed), "digest": f"sha256:{hashlib.sha256(packed).hexdigest()}"}
        _write_line(index, b" ".join(block[0].split(b" ", 2)[:2]), about)
        offset += len(packed)


def _write_line(index: BinaryIO, key: bytes, value: dict[str, object]) -> None:
    index.write(key + b" " + json.dumps(value).encode() + b"\n")


def _packed(data: bytes) -> bytes:
    # Without a time in its header, unlike what the module gzip writes.
    engine = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return engine.compress(data) + engine.flush()
