"""Tiny real image files, drawn when they are asked for."""

import struct
import zlib
from functools import lru_cache

__all__ = ["pdf", "png"]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@lru_cache(maxsize=256)
def png(width: int, height: int, seed: int = 0) -> bytes:
    """A valid PNG of this size; another `seed` gives other stripes."""
    palette = b"".join(
        bytes(((seed * 37 + n * 60) % 256, (seed * 91 + n * 25) % 256, (n * 80 + 40) % 256)) for n in range(4)
    )
    rows = b"".join(b"\0" + bytes([(y * 8 // max(height, 1) + seed) % 4]) * width for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = _chunk(b"IHDR", header) + _chunk(b"PLTE", palette) + _chunk(b"IDAT", zlib.compress(rows, 6))
    return b"\x89PNG\r\n\x1a\n" + body + _chunk(b"IEND", b"")


def pdf(title: str) -> bytes:
    """A one-page document without text."""
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        f"<< /Title ({title.encode('ascii', 'replace').decode()}) >>",
    )
    body, places = "%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}" + trailer).encode()
