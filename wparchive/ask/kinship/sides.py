"""What an archive holds of when the text of an article became public: the side of a comparison of two."""

import re
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from wparchive.index.kinship.sketches import VERSION
from wparchive.kinship.claims import Side
from wparchive.kinship.comparison import Kind, Text, compare
from wparchive.kinship.texts import article_text
from wparchive.urls import host_of
from wparchive.wordpress.values import loads, mapping, string

__all__ = ["Article", "article", "side_of"]

_MOST_VERSIONS = 40  # that are looked through for the first with the text
_BEFORE = 5  # items with lower ids
_UPLOADED = re.compile(r"/uploads/(?:sites/\d++/)?(\d{4})/(\d{2})/")
_ARTICLE = """
    SELECT p.site, p.type, p.wp_id, p.title, p.link, p.date_gmt, p.guid, p.first_seen, p.raw,
      (SELECT m.source_url FROM media m WHERE m.site = p.site AND m.wp_id = p.featured_media) AS picture
    FROM items i JOIN posts p ON p.site = i.site AND p.wp_id = i.wp_id AND p.type = replace(i.type, 'post_type:', '')
    WHERE i.item = ? AND p.privilege = 'anonymous'"""
_VERSIONS = f"""
    SELECT first_seen, last_seen, modified_gmt, revision_count, content, excerpt, {VERSION} FROM versions v
    WHERE item = ? AND privilege = 'anonymous' ORDER BY first_seen, rowid LIMIT {_MOST_VERSIONS}"""  # noqa: S608 - constants
_TEXT = f"SELECT content, excerpt FROM versions v WHERE item = ? AND {VERSION} = ?"  # noqa: S608 - constants
_LACKED = """
    SELECT max(k.captured_at) FROM listings l JOIN collections c ON c.site = l.site AND c.route = l.route
    JOIN captures k ON k.capture = l.capture
    WHERE l.site = ? AND c.type = ? AND l.outcome = 'complete' AND NOT coalesce(l.withheld, 0) AND k.captured_at < ?
      AND l.run != (SELECT k.run FROM versions v JOIN captures k ON k.capture = v.capture WHERE v.item = ?
                    ORDER BY v.first_seen LIMIT 1)"""
_LOWER = f"""
    SELECT date_gmt, guid FROM posts WHERE site = ? AND type = ? AND wp_id < ? AND date_gmt IS NOT NULL
    ORDER BY wp_id DESC LIMIT {_BEFORE}"""  # noqa: S608 - constants
_COUNTS = "SELECT 1 FROM posts WHERE site = ? AND revision_count > 0 LIMIT 1"
_LINKS = "SELECT 1 FROM outbound WHERE site = ? AND type = ? AND wp_id = ? AND url IN (?, ?) LIMIT 1"


class Article(NamedTuple):
    """An article as it stands in the archive, and one of its texts."""

    item: str
    site: str
    type: str
    wp_id: int
    title: str
    link: str | None
    date: str | None
    guid: str
    first_seen: str
    raw: str | None
    picture: str | None
    text: Text

    @property
    def host(self) -> str:
        """The host of its address."""
        return host_of(self.link or "") or ""


def article(db: sqlite3.Connection, item: str, version: str) -> Article | None:
    """Return the article with the text of its version (see `sketches.VERSION`); None if strangers aren't shown it."""
    row = db.execute(_ARTICLE, (item,)).fetchone()
    held = db.execute(_TEXT, (item, version)).fetchone()
    if row is None or held is None:
        return None
    site, kind, wp_id, title, link, date, guid, seen, raw, picture = tuple(row)
    text = Text(article_text(*tuple(held)))
    return Article(item, site, kind, wp_id, title or "", link, date, guid or "", seen, raw, picture, text)


def side_of(db: sqlite3.Connection, one: Article, other: Article) -> Side:
    """Return what is held and claimed of when `one` first had the text that it shares with `other`."""
    lower = db.execute(_LOWER, (one.site, one.type, one.wp_id)).fetchall()
    counts = db.execute(_COUNTS, (one.site,)).fetchone() is not None
    seen, absent, modified, revisions = _sighting(db, one, other)
    by_edit = absent is not None
    if absent is None:
        about = (one.site, one.type, min(one.first_seen, seen), one.item)
        (absent,) = db.execute(_LACKED, about).fetchone()
    guid = host_of(one.guid) or ""
    known = {one.host, "", *(host_of(found or "") for _, found in lower)}
    return Side(
        item=one.item,
        seen_at=seen,
        absent_at=absent,
        came_by_edit=by_edit,
        date=one.date,
        modified=modified,
        revisions=revisions if counts else None,
        lower=tuple(date for date, _ in lower),
        upload=_month(one.picture),
        foreign_guid=guid not in known,
        points=tuple(_points(db, one, other)),
    )


def _sighting(db: sqlite3.Connection, one: Article, other: Article) -> tuple[str, str | None, str | None, int | None]:
    """When the text was first held, when a version without it was last seen before, and what that first version states."""
    lacked: str | None = None
    found: tuple[str, str | None, str | None, int | None] = (one.first_seen, None, None, None)
    for first, last, modified, revisions, content, excerpt, _ in map(tuple, db.execute(_VERSIONS, (one.item,))):
        text = article_text(content, excerpt)
        kin = compare(one.text if text == one.text.text else Text(text), other.text)
        if kin and kin.kind != Kind.QUOTATION:
            return first, lacked, modified, revisions
        lacked = None if kin else last  # a quotation of it may be what there was of it
        found = (first, None, modified, revisions)
    return found


def _month(url: str | None) -> str | None:
    found = _UPLOADED.search(url or "")
    return f"{found[1]}-{found[2]}" if found else None


def _points(db: sqlite3.Connection, one: Article, other: Article) -> Iterator[str]:
    """How the article names the other one as its source."""
    if not other.host or other.host == one.host:
        return
    key = (one.site, one.type, one.wp_id)
    if host_of(one.guid) == other.host:
        yield f"its guid is of {other.host}"
    canonical = string(mapping(mapping(loads(one.raw or "{}")).get("yoast_head_json")).get("canonical"))
    if host_of(canonical) == other.host:
        yield f"its canonical link is of {other.host}"
    link = other.link or ""
    if db.execute(_LINKS, (*key, link, link.rstrip("/"))).fetchone():
        yield f"it links to {link}"
