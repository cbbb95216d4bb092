"""Finds one picture in several places of an archive: equal files by digest, resized copies by perceptual hash."""

import errno
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wparchive.ask.lookup import find_item
from wparchive.errors import UsageError
from wparchive.index.database.opening import reading
from wparchive.index.files.pictures import BITS, available, distance, look
from wparchive.index.item_types import of_type

__all__ = ["HASHES", "NEAR", "SHOWN", "Match", "find_image"]

# of `pictures.BITS`: copies in other sizes and formats differ in about ten bits at most, other pictures in about 60
NEAR = 14
# Bytes; a larger file is not taken for a picture.
_LARGEST = 256 << 20
_NOT_HERE = (
    "comparing pictures by their look needs Pillow: pip install 'wparchive[pictures]', then wparchive index --rebuild"
)


@dataclass(frozen=True, slots=True)
class Match:
    """A file of the archive that shows the picture: `same` if byte for byte, else `bits` by which the hashes differ."""

    site: str
    media: int | None
    role: str
    url: str
    sha256: str
    same: bool
    bits: int
    width: int | None
    height: int | None
    first_seen: str | None
    capture: str


@dataclass(frozen=True, slots=True)
class _Sought:
    sha256: str
    hashes: tuple[str | None, str | None]  # of the whole picture, and of the central square

    def bits(self, *hashes: str | None) -> int:
        """Return by how many bits it differs from a picture with these hashes.

        A cropped thumbnail matches only the square.
        """
        pairs = zip(self.hashes, hashes, strict=True)
        return min((distance(one, other) for one, other in pairs if one and other), default=BITS)


def find_image(database: Path, what: str, *, near: int = NEAR) -> list[Match]:
    """Return every file in the archive that shows the same picture as `what`, nearest first.

    `what` is a file on disk, or an item as SITE/TYPE/ID. An attachment stands for its own files, any other item for the
    pictures that it embeds and its featured image. `near` is in bits. Raises UsageError if `what` is neither, or if
    pictures cannot be compared (Pillow is not installed, no picture is held).
    """
    with reading(database) as db:
        path = Path(what)
        here = _is_file(path)
        if not here and not what.rpartition("/")[2].isdecimal():
            raise UsageError(f"{what}: {_no_file(path, what)}; name one, or an item as SITE/TYPE/ID")
        sought = [_of_file(path)] if here else list(_of_item(db, database, what))
        if not sought:
            raise UsageError(
                f"{what}: no picture of it is held; crawl with --media originals, and --linked for others'"
            )
        found = sorted(_matches(db, sought, near), key=lambda one: (not one.same, one.bits, one.site, one.url))
    if not found and not available():
        raise UsageError(f"{what}: no equal file is held, and {_NOT_HERE}")
    return found


def _no_file(path: Path, what: str) -> str:
    if not what.strip():
        return "no name of a file"
    if path.is_dir():
        return "a folder, not a picture's file"
    return "a device or pipe, not a picture's file" if os.path.lexists(path) else "no such file"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise UsageError(f"{path}: can't be read ({error.strerror}); grant access, or name another picture") from None


def _of_file(path: Path) -> _Sought:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path}: can't be read ({error.strerror}); grant access, or name another picture") from None
    if len(data) > _LARGEST:
        raise UsageError(f"{path}: too large for a picture")
    found = look(data) if available() else None
    if found and not found.format:
        raise UsageError(f"{path}: not a picture that can be read")
    return _Sought(hashlib.sha256(data).hexdigest(), (found.phash, found.phash_square) if found else (None, None))


_OWN = "f.site = :site AND f.media = :id"
_FEATURED = (
    "f.media = (SELECT featured_media FROM posts WHERE site = :site AND wp_id = :id AND featured_media > 0 "  # noqa: S608 - our own
    f"AND {of_type('posts')})"
)
_EMBEDDED = """
    f.site = :site AND (
        {featured}
        OR f.url IN (SELECT url FROM outbound WHERE site = :site AND type = :type AND wp_id = :id)
        OR f.media IN (SELECT m.media FROM media_files m JOIN outbound o ON o.url = m.url AND o.site = m.site
                       WHERE o.site = :site AND o.type = :type AND o.wp_id = :id AND m.media IS NOT NULL)
    )"""
SHOWN = _EMBEDDED.format(featured=_FEATURED)
"""The SQL by which rows f of `media_files` are those that a post shows: of a :site, :type and :id."""


def _of_item(db: sqlite3.Connection, database: Path, key: str) -> Iterator[_Sought]:
    item = find_item(database, key)
    which = _OWN if item.table == "media" else SHOWN if item.table == "posts" else _EMBEDDED.format(featured="0")
    hashes = "p.phash, p.phash_square"
    query = f"SELECT DISTINCT f.sha256, {hashes} FROM media_files f LEFT JOIN pictures p USING (sha256) WHERE {which}"  # noqa: S608
    found = db.execute(query, {"site": item.site, "type": item.type, "id": item.wp_id})
    yield from (_Sought(sha256, (whole, square)) for sha256, whole, square in found if sha256)


_COLUMNS = "f.site, f.media, f.role, f.url, f.sha256, f.width, f.height, f.first_seen, f.capture"
_EQUAL = f"SELECT {_COLUMNS} FROM media_files f WHERE f.sha256 = ?"  # noqa: S608 - constants
HASHES = "SELECT sha256, phash, phash_square FROM pictures WHERE coalesce(phash, phash_square) IS NOT NULL"
"""The SQL for all pictures: digest, and perceptual hashes of the whole picture and of its central square."""


def _matches(db: sqlite3.Connection, sought: Sequence[_Sought], near: int) -> Iterator[Match]:
    bits = {one.sha256: 0 for one in sought}
    same = set(bits)
    hashed = [one for one in sought if any(one.hashes)]
    for sha256, whole, square in db.execute(HASHES) if hashed else ():
        nearest = min(one.bits(whole, square) for one in hashed)
        if nearest <= near:
            bits.setdefault(sha256, nearest)
    for sha256, count in bits.items():
        for site, media, role, url, digest, width, height, first_seen, capture in db.execute(_EQUAL, (sha256,)):
            yield Match(site, media, role, url, digest, sha256 in same, count, width, height, first_seen, capture)
