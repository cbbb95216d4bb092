"""The articles on other sites that show a picture of one: its file, the same picture otherwise, or its file from there.

Nothing is said of who had it first: both captures tell when each file was held.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from wparchive.ask.find_image import HASHES, NEAR, SHOWN
from wparchive.ask.kinship.relatives import Seen, seen_in
from wparchive.wordpress.files.attachment_files import unwrapped

__all__ = ["HOW", "SharedPicture", "pictures_of"]

HOW = {
    "equal": "the same file, byte for byte",
    "alike": "the same picture in another size, crop or format",
    "hotlink": "shows the other site's file from there",
    "hotlinked": "the other shows this site's file from here",
    "traced": "the upload that it shows was traced to the other",
}
"""How two articles have a picture in common."""

_MOST_OWN = 50  # pictures of an article
_ITEM = "SELECT site, replace(type, 'post_type:', ''), wp_id FROM items WHERE item = ?"
_COLUMNS = "f.site, f.media, f.url, f.sha256, f.capture, p.author, p.credit, p.copyright, p.phash, p.phash_square"
_FILES = f"SELECT DISTINCT {_COLUMNS} FROM media_files f LEFT JOIN pictures p USING (sha256) WHERE "  # noqa: S608 - constants
_PUBLIC = (
    " AND NOT EXISTS (SELECT 1 FROM media m WHERE m.site = f.site AND m.wp_id = f.media AND m.privilege != 'anonymous')"
)
_OWN = f"{_FILES}{SHOWN}{_PUBLIC} ORDER BY f.url LIMIT {_MOST_OWN}"
_ELSE = f"{_FILES}f.site != :site{_PUBLIC} AND "
_ELSEWHERE = f"{_ELSE}f.sha256 = :sha256"
_AT = f"{_ELSE}f.site IN (SELECT site FROM sites) AND f.url = :url AND f.media IS NOT NULL"  # noqa: S608 - constants
_EMBEDS = "element NOT IN ('a', 'area', 'link')"
_LOADED = f"SELECT url FROM outbound WHERE site = ? AND type = ? AND wp_id = ? AND {_EMBEDS} ORDER BY url"  # noqa: S608
_LOADED_FROM = f"""
    SELECT DISTINCT p.item, o.url FROM outbound o JOIN posts p ON p.site = o.site AND p.type = o.type AND p.wp_id = o.wp_id
    WHERE o.url IN (SELECT :url UNION SELECT url FROM media_files WHERE site = :site AND media = :media)
      AND o.{_EMBEDS} AND o.site != :site AND p.privilege = 'anonymous'"""  # noqa: S608 - constants
_SHOWING = """
    SELECT item FROM posts WHERE site = :site AND featured_media = :media AND privilege = 'anonymous' UNION
    SELECT p.item FROM outbound o JOIN posts p ON p.site = o.site AND p.type = o.type AND p.wp_id = o.wp_id
    WHERE o.site = :site AND p.privilege = 'anonymous'
      AND o.url IN (SELECT :url UNION SELECT url FROM media_files WHERE site = :site AND media = :media)"""
_TRACED = """
    SELECT p.item, t.url, t.media_url, t.credit, t.article_capture FROM traces t JOIN posts p ON p.link = t.article_link
    WHERE t.site = ? AND t.type = ? AND t.wp_id = ? AND p.site != t.site AND p.privilege = 'anonymous'"""
_TITLE = "SELECT title, link FROM posts WHERE item = ? UNION ALL SELECT title, link FROM media WHERE item = ?"


class _File(NamedTuple):
    site: str
    media: int | None
    url: str
    sha256: str | None
    capture: str
    author: str | None
    credit: str | None
    copyright: str | None
    phash: str | None
    phash_square: str | None

    @property
    def names(self) -> str:
        """Whom its metadata name."""
        return ", ".join(dict.fromkeys(filter(None, (self.author, self.credit, self.copyright))))


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPicture:
    """A picture that the article asked for has in common with another site's `other` (an attachment, if no article has it).

    `how` is one of HOW, `bits` by how many the looks differ. `credit` is whom the metadata of the own file name,
    `other_credit` the same of the other's; `lost` is the url of the file without, where only one of them names anybody.
    """

    other: str
    title: str
    link: str | None
    how: str
    bits: int
    url: str
    other_url: str
    credit: str
    other_credit: str
    lost: str | None
    seen: Seen | None
    other_seen: Seen | None


class _Pair(NamedTuple):
    other: str
    how: str
    bits: int
    own: _File
    their: _File


def pictures_of(db: sqlite3.Connection, item: str, most: int = 100) -> list[SharedPicture]:
    """Return the pictures of `item` (SITE/TYPE/ID) that other sites show too, `most` at most; of each article each once.

    Hot-links are found where the address is that of a file which is known to the archive; alike pictures need Pillow
    when indexing.
    """
    row = db.execute(_ITEM, (item,)).fetchone()
    if row is None:
        return []
    key = dict(zip(("site", "type", "id"), tuple(row), strict=True))
    own = list(_files(db, _OWN, key))
    best: dict[tuple[str, str], _Pair] = {}
    for pair in (*_hot_links(db, key, own), *_traced(db, key), *_copies(db, key["site"], own)):
        best.setdefault((pair.other, pair.own.sha256 or pair.own.url), pair)
    ordered = sorted(best.values(), key=lambda one: (list(HOW).index(one.how), one.bits, one.other, one.own.url))
    return [_shared(db, pair) for pair in ordered[:most]]


def _files(db: sqlite3.Connection, query: str, given: dict[str, object]) -> Iterator[_File]:
    return (_File(*tuple(row)) for row in db.execute(query, given).fetchall())


def _hot_links(db: sqlite3.Connection, key: dict[str, object], own: list[_File]) -> Iterator[_Pair]:
    uploads = {one.url: one for one in own if one.media}  # not what it has from elsewhere
    for (url,) in map(tuple, db.execute(_LOADED, (key["site"], key["type"], key["id"])).fetchall()):
        for their in _files(db, _AT, {**key, "url": unwrapped(url)}) if url not in uploads else ():
            here = next((one for one in own if one.url == url), their._replace(url=url))
            yield from (_Pair(other, "hotlink", 0, here, their) for other in _showing(db, their))
    for one in uploads.values():
        for other, url in map(tuple, db.execute(_LOADED_FROM, one._asdict()).fetchall()):
            yield _Pair(other, "hotlinked", 0, one, one._replace(url=url))


def _traced(db: sqlite3.Connection, key: dict[str, object]) -> Iterator[_Pair]:
    for other, url, media_url, credit, capture in map(
        tuple, db.execute(_TRACED, (key["site"], key["type"], key["id"])).fetchall()
    ):
        blank = _File(str(key["site"]), None, url, None, "", *(None,) * 5)
        yield _Pair(
            other, "traced", 0, blank, blank._replace(url=media_url or url, credit=credit, capture=capture or "")
        )


def _copies(db: sqlite3.Connection, site: object, own: list[_File]) -> Iterator[_Pair]:
    for one in own:
        if one.sha256:
            for their in _files(db, _ELSEWHERE, {"site": site, "sha256": one.sha256}):
                yield from (_Pair(other, "equal", 0, one, their) for other in _showing(db, their))
    for bits, one, sha256 in sorted(_alike(db, own), key=lambda found: found[0]):
        for their in _files(db, _ELSEWHERE, {"site": site, "sha256": sha256}):
            yield from (_Pair(other, "alike", bits, one, their) for other in _showing(db, their))


def _alike(db: sqlite3.Connection, own: list[_File]) -> Iterator[tuple[int, _File, str]]:
    hashed = [(one, [value and int(value, 16) for value in (one.phash, one.phash_square)]) for one in own]
    hashed = [(one, hashes) for one, hashes in hashed if any(hashes)]
    for sha256, *theirs in db.execute(HASHES) if hashed else ():
        looks = [value and int(value, 16) for value in theirs]
        for one, hashes in hashed:
            pairs = [(a, b) for a, b in zip(hashes, looks, strict=True) if a and b]
            bits = min(((a ^ b).bit_count() for a, b in pairs), default=NEAR + 1)
            if bits <= NEAR and sha256 != one.sha256:
                yield bits, one, sha256


def _showing(db: sqlite3.Connection, file: _File) -> list[str]:
    """The articles of its site that show a file; its attachment if none does."""
    found = sorted(item for (item,) in map(tuple, db.execute(_SHOWING, file._asdict())))
    return found or ([f"{file.site}/attachment/{file.media}"] if file.media else [])


def _shared(db: sqlite3.Connection, pair: _Pair) -> SharedPicture:
    title, link = tuple(db.execute(_TITLE, (pair.other, pair.other)).fetchone() or ("", None))
    named, their_named = bool(pair.own.names), bool(pair.their.names)
    compared = pair.how in ("equal", "alike")  # both files are held
    return SharedPicture(
        other=pair.other,
        title=title or "",
        link=link,
        how=pair.how,
        bits=pair.bits,
        url=pair.own.url,
        other_url=pair.their.url,
        credit=pair.own.names,
        other_credit=pair.their.names,
        lost=(pair.their.url if named else pair.own.url) if compared and named != their_named else None,
        seen=seen_in(db, pair.own.capture),
        other_seen=seen_in(db, pair.their.capture),
    )
