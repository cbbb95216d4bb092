"""Smaller pictures, made when they are first asked for and kept in the user's cache, never in the archive."""

import os
import threading
from pathlib import Path

__all__ = ["MAGIC", "WIDTHS", "kind_of", "thumbnail"]

WIDTHS = (160, 320, 640, 1200)
_MOST_BYTES, _MOST_PIXELS = 64 << 20, 60_000_000
_TWO = threading.Semaphore(2)
MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
)
"""How pictures that a page may show begin; everything else is a download."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "ICO")


def kind_of(start: bytes) -> str:
    """Return the type of a picture by its first bytes, whatever a server said; "" for what is none that is shown."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    if start[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return next((kind for magic, kind in MAGIC if start.startswith(magic)), "")


def thumbnail(data: bytes, sha256: str, width: int) -> bytes | None:
    """Return the picture as WebP, at most `width` pixels wide; None if it can't be made, or Pillow isn't installed."""
    if len(data) > _MOST_BYTES or width not in WIDTHS:
        return None
    place = _cache() / sha256[:2] / f"{sha256}-{width}.webp"
    try:
        return place.read_bytes()
    except OSError:
        pass
    with _TWO:
        made = _made(data, width)
    if made:
        _keep(place, made)
    return made


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "wparchive" / "thumbs"


def _keep(place: Path, made: bytes) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = place.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        part.write_bytes(made)
        part.replace(place)
    except OSError:  # a cache that can't be written is no reason to show nothing
        pass


def _made(data: bytes, width: int) -> bytes | None:
    try:
        from io import BytesIO

        from PIL import Image, ImageOps
    except ImportError:
        return None
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                return None
            image.draft("RGB", (width, width))
            turned = ImageOps.exif_transpose(image)
            shown = turned.convert("RGBA" if "A" in turned.getbands() or "transparency" in turned.info else "RGB")
            shown.thumbnail((width, width * 4))
            out = BytesIO()
            shown.save(out, "WEBP", quality=80, method=3)
            return out.getvalue()
    except Exception:  # noqa: BLE001 - any bytes may call themselves a picture, and a decoder may stumble in any way
        return None
