"""What a picture looks like, and its stated authors: a perceptual hash, and fields of EXIF, IPTC and XMP.

Read with Pillow, from the extra `wparchive[pictures]`; without it the table `pictures` stays empty. Each distinct file
has one row, whatever its URLs. Pictures are foreign data: few formats are allowed, pixels are limited, nothing raises.
"""

import importlib.util
import io
import json
import re
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from wparchive.errors import DamagedError
from wparchive.index.database.writing import transaction
from wparchive.index.files.media_files import file_bytes
from wparchive.index.statements import insert
from wparchive.store import Archive
from wparchive.wordpress.values import clean

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["BITS", "Picture", "available", "distance", "fill", "look"]

# Length of a perceptual hash.
BITS = 128
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
_SINCE_PILLOW_11_3 = ("AVIF",)  # included in most of its wheels
_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/avif")
_LARGEST = 64 << 20  # bytes of a file
# Limits memory to about 80 MB per picture; a JPEG is decoded at a reduced size, an AVIF in several copies.
_MOST_PIXELS = {"JPEG": 26_300_000, "AVIF": 7_000_000}
_MOST_PIXELS_ELSE = 16_000_000
_LONGEST = 2000  # characters of a field
_LARGEST_XMP = 1 << 20
_MOST_TEXTS = 200  # names or languages of one property
_WIDEST = (1 << 31) - 1
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Picture:
    """What was read from a picture; fields without a statement are empty.

    `phash` is hex, None if the picture has no features; `phash_square` is that of the central square, which is how
    WordPress crops thumbnails.
    """

    format: str = ""
    width: int | None = None
    height: int | None = None
    phash: str | None = None
    phash_square: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def available() -> bool:
    """Return whether pictures can be read on this machine."""
    return importlib.util.find_spec("PIL") is not None


def look(data: bytes) -> Picture:
    """Return what the file `data` shows; an empty Picture if it cannot be read."""
    from PIL import Image

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=_formats()) as image:
            warnings.simplefilter("ignore")
            width, height = (min(length, _WIDEST) for length in image.size)
            kind = image.format or ""
            tags = dict(_tags(image))
            small_enough = width * height <= _MOST_PIXELS.get(kind, _MOST_PIXELS_ELSE)
            hashes = _hashes(image) if small_enough else (None, None)
            return Picture(kind, width, height, *hashes, _chosen(tags), tags)
    except Exception:  # noqa: BLE001 - a foreign file may break a decoder in any way; it is then not a picture
        return Picture()


def _formats() -> tuple[str, ...]:
    return (*_FORMATS, *_SINCE_PILLOW_11_3) if importlib.util.find_spec("PIL._avif") else _FORMATS


def distance(one: str, other: str) -> int:
    """Return by how many of BITS bits two perceptual hashes differ; copies of one picture differ in few."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _hashes(image: "Image") -> tuple[str | None, str | None]:
    """Return the hashes of a picture and of its central square."""
    from PIL import Image, ImageOps

    if image.format == "JPEG":
        image.draft("L", (128, 128))
    small = image.convert("RGBA") if image.mode in ("P", "PA", "LA", "1") else image
    factor = min(small.size) // 64
    small = ImageOps.exif_transpose(small.reduce(factor) if factor > 1 else small)
    if small.mode == "RGBA":
        clear, small = small, Image.new("RGBA", small.size, "white")
        small.alpha_composite(clear)
    grey = small.convert("L")
    side = min(grey.size)
    left, top = ((length - side) // 2 for length in grey.size)
    return _hash(grey), _hash(grey.crop((left, top, left + side, top + side)))


def _hash(grey: "Image") -> str | None:
    """Return a difference hash: whether each cell of a small copy is lighter than its neighbour, across and down."""
    from PIL import Image

    across = grey.resize((9, 8), Image.Resampling.BOX).tobytes()
    down = grey.resize((8, 9), Image.Resampling.BOX).tobytes()
    bits = [across[y * 9 + x] > across[y * 9 + x + 1] for y in range(8) for x in range(8)]
    bits += [down[y * 8 + x] > down[(y + 1) * 8 + x] for y in range(8) for x in range(8)]
    value = sum(bit << n for n, bit in enumerate(bits))
    # A single colour has no features.
    return f"{value:032x}" if value else None


# --- authorship

_EXIF = {
    270: "ImageDescription",
    271: "Make",
    272: "Model",
    305: "Software",
    306: "DateTime",
    315: "Artist",
    33432: "Copyright",
}
_EXIF_XP = {40091: "XPTitle", 40093: "XPAuthor", 40095: "XPSubject"}
_EXIF_TAKEN = 36867
_IPTC = {
    (2, 5): "ObjectName",
    (2, 40): "SpecialInstructions",  # Facebook leaves its mark here
    (2, 55): "DateCreated",
    (2, 80): "By-line",
    (2, 85): "By-lineTitle",
    (2, 103): "OriginalTransmissionReference",
    (2, 105): "Headline",
    (2, 110): "Credit",
    (2, 115): "Source",
    (2, 116): "CopyrightNotice",
    (2, 120): "Caption",
    (2, 122): "Writer",
}
_NAMESPACES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
}
_XMP = re.compile(
    r"(?:dc:(?:creator|rights|title|description|source)|photoshop:(?:Credit|Source|Headline|DateCreated|AuthorsPosition)"
    r"|xmpRights:(?:UsageTerms|WebStatement|Owner)|plus:(?:CopyrightOwnerName|LicensorURL)"
    r"|xmp:CreatorTool|xmpMM:(?:OriginalDocumentID|DocumentID)|Iptc4xmpExt:DigitalSourceType"
    r"|photoshop:(?:Instructions|TransmissionReference))"
)
# Column → the tags that may fill it, most reliable first.
_COLUMNS = {
    "author": ("xmp dc:creator", "iptc By-line", "exif Artist", "exif XPAuthor", "png Author"),
    "credit": ("xmp photoshop:Credit", "iptc Credit"),
    "copyright": ("xmp dc:rights", "iptc CopyrightNotice", "exif Copyright", "png Copyright"),
    "source": ("xmp photoshop:Source", "iptc Source", "xmp dc:source", "png Source"),
    "caption": ("xmp dc:description", "iptc Caption", "exif ImageDescription", "png Description"),
    "taken": ("exif DateTimeOriginal", "xmp photoshop:DateCreated", "iptc DateCreated"),
    "camera": ("exif Model",),
}


def _chosen(tags: Mapping[str, str]) -> dict[str, str]:
    found = {column: next((tags[name] for name in names if tags.get(name)), "") for column, names in _COLUMNS.items()}
    return {column: value for column, value in found.items() if value}


def _tags(image: "Image") -> Iterator[tuple[str, str]]:
    for reader in (_exif, _iptc, _xmp, _png):
        with suppress(Exception):  # a broken block of one kind says nothing about the others
            yield from [(name, text) for name, text in reader(image) if text]


def _exif(image: "Image") -> Iterator[tuple[str, str]]:
    exif = image.getexif()
    for number, name in _EXIF.items():
        yield f"exif {name}", _text(exif.get(number))
    for number, name in _EXIF_XP.items():
        value = exif.get(number)
        yield f"exif {name}", _text(bytes(value).decode("utf-16-le", "replace") if value else "")
    yield "exif DateTimeOriginal", _text(exif.get_ifd(0x8769).get(_EXIF_TAKEN))


def _iptc(image: "Image") -> Iterator[tuple[str, str]]:
    from PIL import IptcImagePlugin

    read: Any = IptcImagePlugin.getiptcinfo
    found = read(image) or {} if image.format in ("JPEG", "TIFF") else {}
    for number, name in _IPTC.items():
        value = found.get(number)
        texts = (_text(one) for one in (value if isinstance(value, list) else [value]) if one)
        yield f"iptc {name}", "; ".join(islice(texts, _MOST_TEXTS))[:_LONGEST]


def _xmp(image: "Image") -> Iterator[tuple[str, str]]:
    raw = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    raw = raw.encode() if isinstance(raw, str) else raw
    if not raw or len(raw) > _LARGEST_XMP:
        return
    from defusedxml.ElementTree import fromstring

    waiting = [fromstring(raw.strip(b"\0 \r\n"))]
    while waiting:
        element = waiting.pop()
        for attribute, value in element.attrib.items():
            if _XMP.fullmatch(_qualified(attribute)):
                yield f"xmp {_qualified(attribute)}", _text(value)
        name = _qualified(element.tag)
        if _XMP.fullmatch(
            name
        ):  # properties are not searched for inside others: nested ones would be read again at each level
            yield f"xmp {name}", "; ".join(islice(filter(None, map(_text, element.itertext())), _MOST_TEXTS))[:_LONGEST]
        else:
            waiting += reversed(element)


def _qualified(tag: object) -> str:
    space, _, name = tag[1:].partition("}") if isinstance(tag, str) and tag.startswith("{") else ("", "", "")
    return f"{_NAMESPACES.get(space, '')}:{name}"


def _png(image: "Image") -> Iterator[tuple[str, str]]:
    for name in ("Author", "Copyright", "Source", "Description", "Title"):
        if image.format == "PNG" and isinstance(image.info.get(name), str):
            yield f"png {name}", _text(image.info[name])


def _text(value: Any) -> str:
    """Return `value` as one line. IPTC and EXIF contain bytes in the encoding of the camera or editor."""
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            value = value.decode("latin-1")
    return " ".join(clean(value).replace("\0", " ").split())[:_LONGEST] if isinstance(value, str) else ""


# --- the table

_WAITING = f"""
    SELECT f.sha256, min(f.key), f.pieces, f.capture, f.bytes FROM media_files f
    LEFT JOIN pictures p ON p.sha256 = f.sha256
    WHERE f.sha256 > ? AND p.sha256 IS NULL AND f.problem IS NULL
    AND f.detected IN ({", ".join(f"'{one}'" for one in _TYPES)}) AND f.bytes <= {_LARGEST}
    GROUP BY f.sha256 ORDER BY f.sha256 LIMIT {_BATCH}
"""  # noqa: S608 - constants
_CAPTURE = "SELECT capture, warc, offset, url FROM captures WHERE capture = ?"
_PUT = insert("pictures")
_UNUSED = "DELETE FROM pictures WHERE NOT EXISTS (SELECT 1 FROM media_files f WHERE f.sha256 = pictures.sha256)"


def fill(conn: sqlite3.Connection, archive: Archive) -> int:
    """Hash every picture without a row; return their number, 0 if Pillow is not installed."""
    count, last = 0, ""
    if available():
        conn.execute(_UNUSED)
    while available() and (waiting := conn.execute(_WAITING, (last,)).fetchall()):
        with transaction(conn):
            for sha256, _, pieces, capture, size in waiting:
                conn.execute(_PUT, _row(sha256, _look_at(conn, archive, pieces, capture, size)))
        count, last = count + len(waiting), waiting[-1][0]
    return count


def _look_at(conn: sqlite3.Connection, archive: Archive, pieces: str | None, capture: str, size: int) -> Picture:
    names = json.loads(pieces) if pieces else [capture]
    places = [row for name in names for row in conn.execute(_CAPTURE, (name,))]
    try:
        return look(file_bytes(archive, places, size))
    except DamagedError:  # `verify` reports it
        return Picture()


def _row(sha256: str, picture: Picture) -> dict[str, object]:
    empty = dict.fromkeys(_COLUMNS)
    tags = json.dumps(dict(picture.tags), ensure_ascii=False, sort_keys=True) if picture.tags else None
    shape = {"format": picture.format, "width": picture.width, "height": picture.height}
    hashes = {"phash": picture.phash, "phash_square": picture.phash_square}
    return {"sha256": sha256, **shape, **hashes, **empty, **picture.fields, "tags": tags}
