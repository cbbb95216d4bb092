"""What a file's bytes show: its type, its width and height, and whether its end is present.

Only magic numbers and the fixed fields after them are read, in the beginning or the end of the file; nothing is decoded
or run, and nothing raises. Sources: PNG 3rd ed., ITU T.81 (JPEG), GIF89a, WebP container, ISO 14496-12.
"""

import re
import struct
from collections.abc import Callable, Mapping

__all__ = ["HEAD", "TAIL", "dimensions", "ends", "family", "has_script", "same_kind", "sniff"]

HEAD = 1 << 17  # bytes needed from the beginning
TAIL = 1 << 12  # bytes needed from the end

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\0\0\1\0", "image/x-icon"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\3\4", "application/zip"),
    (0, b"PK\5\6", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\7", "application/vnd.rar"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic"}
_FORMS = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_SPACE = b" \t\r\n\f"
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|script|h1|div)\b", re.I)
_SVG = re.compile(rb"<svg\b", re.I)
_DOCTYPE = re.compile(rb"<!doctype\s+svg\b[^\[>]*+(?:\[[^\]]*+\]|(?!))?+[^>]*+>", re.I)
_SCRIPT = re.compile(rb"<script\b|\son[a-z]+\s*=|javascript:|<!ENTITY|<foreignObject\b|<iframe\b", re.I)
# Types that always begin with their magic number; a file without it is of another type.
_SURE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "application/pdf"})
# Synonyms.
_ALIKE = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
}


def sniff(head: bytes) -> str:
    """Return the type shown by the first bytes, empty if none."""
    for at, magic, mime in _MAGIC:
        if head.startswith(magic, at):
            return mime
    if head[:4] == b"RIFF":
        return _FORMS.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    start = head[:8192].removeprefix(b"\xef\xbb\xbf")
    at = _past_prolog(start)
    return "image/svg+xml" if _SVG.match(start, at) else "text/html" if _HTML.match(start, at) else ""


def _past_prolog(text: bytes) -> int:
    """Return where the first element begins, after white space, comments, the XML declaration and an SVG's doctype."""
    at = 0
    while at < len(text):
        if text[at] in _SPACE:
            at += 1
            continue
        doctype = _DOCTYPE.match(text, at)
        mark = next((end for begin, end in _SKIPPED if text.startswith(begin, at)), None)
        end = text.find(mark, at + 2) + len(mark) if mark else -1
        if doctype:
            at = doctype.end()
        elif mark and end >= len(mark):
            at = end
        else:
            break
    return at


_SKIPPED = ((b"<!--", b"-->"), (b"<?", b"?>"))


def family(mime: str) -> str:
    """Return the family of a type: image, media (audio, video), text, or document."""
    kind = mime.partition("/")[0]
    return {"image": "image", "audio": "media", "video": "media", "text": "text"}.get(kind, "document")


def same_kind(expected: str, found: str, head: bytes) -> bool:
    """Return whether a file of the `expected` type may be what its bytes show (`found`, "" for nothing)."""
    expected = _ALIKE.get(expected, expected)
    if not expected or expected == "application/octet-stream":
        return True
    if not found:
        return expected not in _SURE and (family(expected) != "image" or b"\0" in head[:512])
    if family(found) == family(expected):
        return True
    # Office formats are zip files, and a text may begin in any way.
    return family(expected) == "document" and found in (
        "application/zip",
        "application/x-ole-storage",
        "application/gzip",
    )


def has_script(svg: bytes) -> bool:
    """Return whether an SVG contains something that a browser would run or fetch by itself."""
    return bool(_SCRIPT.search(svg))


def ends(mime: str, head: bytes, tail: bytes, size: int) -> bool:
    """Return whether a file of type `mime` and `size` bytes has its proper end; True if that cannot be determined."""
    if mime == "image/webp":
        return size >= int.from_bytes(head[4:8], "little") + 8
    if mime == "image/jpeg":
        return _jpeg_ends(tail, size)
    if mime == "image/gif":
        return tail.rstrip(_PADDING).endswith(b";")
    if mime == "image/svg+xml":
        return _SVG_END.search(tail) is not None
    return _ENDS.get(mime, b"") in tail


def _jpeg_ends(tail: bytes, size: int) -> bool:
    _, begun, scan = tail.rpartition(b"\xff\xda")
    if b"\xff\xd9" in scan:
        return True
    if not begun and size <= len(tail):
        return False
    return not _IN_SCAN.fullmatch(scan.rstrip(b"\0"))


_PADDING = b"\0 \t\r\n"
_SVG_END = re.compile(rb"</(?:[\w.-]{1,80}:)?svg\s{0,80}>|/>\s*+\Z", re.I)
_ENDS = {"image/png": b"IEND\xaeB`\x82", "application/pdf": b"%%EOF"}
# In the coded data of a JPEG, 0xFF is followed only by these; data that cameras append is different.
_IN_SCAN = re.compile(rb"(?:[^\xff]|\xff[\x00\xd0-\xd7])*\xff?", re.S)


# --- width and height


def dimensions(mime: str, head: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels, as stated in the beginning of a picture."""
    try:
        found = _SIZES[mime](head) if mime in _SIZES else None
    except (struct.error, IndexError, ValueError, OverflowError):  # a width such as 1e999 is invalid
        return None
    return found if found and 0 < found[0] < 1 << 31 and 0 < found[1] < 1 << 31 else None


def _png(head: bytes) -> tuple[int, int]:
    return struct.unpack(">II", head[16:24])


def _gif(head: bytes) -> tuple[int, int]:
    return struct.unpack("<HH", head[6:10])


def _bmp(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<ii", head[18:26])
    return width, abs(height)


_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})


def _jpeg(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF or 0xD0 <= marker <= 0xD8 or marker == 1:
            at += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", head[at + 2 : at + 4])[0]
    return None


def _webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = struct.unpack("<I", head[21:25])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    return None


def _avif(head: bytes) -> tuple[int, int] | None:
    # The largest `ispe` box is the picture; smaller ones are thumbnails or tiles.
    found = [struct.unpack(">II", head[at.end() + 4 : at.end() + 12]) for at in re.finditer(b"ispe", head[:65536])]
    return max(found, default=None)


_SVG_TAG = re.compile(rb"<svg\b[^>]{0,4000}+", re.I)
_SVG_SIZE = re.compile(rb"""\b(width|height|viewBox)\s*=\s*["']([^"'%]{1,80})["']""", re.I)


def _svg(head: bytes) -> tuple[int, int] | None:
    tag = _SVG_TAG.search(head)
    values = {name.lower(): value.strip() for name, value in _SVG_SIZE.findall(tag[0])} if tag else {}
    if b"width" in values and b"height" in values:
        width, height = (float(re.sub(rb"px$", b"", values[name])) for name in (b"width", b"height"))
    else:
        _, _, width, height = map(float, values.get(b"viewbox", b"").replace(b",", b" ").split())
    return round(width), round(height)


_SIZES: Mapping[str, Callable[[bytes], tuple[int, int] | None]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/bmp": _bmp,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
    "image/avif": _avif,
    "image/heic": _avif,
    "image/svg+xml": _svg,
}
