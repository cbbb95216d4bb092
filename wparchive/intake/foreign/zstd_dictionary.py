"""The dictionary of a `.warc.zst` file: a skippable frame at its beginning, itself compressed or not.

Source: the IIPC's proposal for WARC with zstd, "Dictionary frame".
"""

from typing import BinaryIO

from wparchive.errors import UsageError
from wparchive.store.warc.blobs import read_at

__all__ = ["dictionary_at"]

_MAGIC = b"\x5d\x2a\x4d\x18"
_FRAME = b"\x28\xb5\x2f\xfd"
_MOST = 64 << 20


def dictionary_at(file: BinaryIO, start: int) -> tuple[bytes | None, int]:
    """Return the dictionary in the frame at `start`, and where the records begin; None where there is no such frame.

    Raises UsageError when the extra that reads it isn't installed, or it is no dictionary.
    """
    head = read_at(file, 8, start)
    size = int.from_bytes(head[4:8], "little")
    if head[:4] != _MAGIC:
        return None, start
    data = read_at(file, min(size, _MOST), start + 8)
    if data.startswith(_FRAME):
        import zstandard

        try:
            with zstandard.ZstdDecompressor().stream_reader(data) as reader:
                data = reader.read(_MOST)
        except zstandard.ZstdError as error:
            raise UsageError(f"{file.name}: the dictionary that it begins with is damaged ({error})") from None
    return data, start + 8 + size
