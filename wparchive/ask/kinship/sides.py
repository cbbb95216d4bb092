"""What an archive holds of when the text of an article became public: the side of a comparison of two."""

import re
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from wparchive.ask.kinship.testimony import inserted, named, page_canonical
from wparchive.index.kinship.sketches import VERSION
from wparchive.kinship.claims import Side, moment
from wparchive.kinship.comparison import Kind, Text, compare
from wparchive.kinship.texts import article_text
from wparchive.urls import host_of
from wparchive.wordpress.inventory.places import place_of
from wparchive.wordpress.values import loads, mapping, string

__all__ = ["TABLES", "Article", "article", "side_of"]

TABLES = (
    "kinship",
    "clusters",
    "posts",
    "versions",
    "captures",
    "listings",
    "pages",
    "inventory",
    "inventory_documents",
)
"""What kin and their order are told from."""

_MOST_VERSIONS = 40  # that are looked through for the first with the text
_MOST_BESIDE = 40  # items of the same site that share text with the other, too
_BEFORE = 5  # items with lower ids, and as many with higher ones
_NEARLY_ALL = 0.75  # of the words that two share: who has them has the text
_SHORTER = 0.5  # of the words of a text: what is shorter may be a teaser of it
_UPLOADED = re.compile(r"/uploads/(?:sites/\d++/)?(\d{4})/(\d{2})/")
_DATED = re.compile(r"//[^/?#]++(?:/[^/?#]++)*?/((?:19|20)\d{2})/(\d{2})/(\d{2})/")
_ARTICLE = """
    SELECT p.site, p.type, p.wp_id, p.title, p.link, p.date_gmt, p.author, p.guid, p.first_seen, p.raw,
      (SELECT m.source_url FROM media m WHERE m.site = p.site AND m.wp_id = p.featured_media) AS picture
    FROM items i JOIN posts p ON p.site = i.site AND p.wp_id = i.wp_id AND p.type = replace(i.type, 'post_type:', '')
    WHERE i.item = ? AND p.privilege = 'anonymous'"""
_VERSIONS = f"""
    SELECT first_seen, last_seen, modified_gmt, revision_count, content, excerpt, {VERSION} FROM versions v
    WHERE item = ? AND privilege = 'anonymous' ORDER BY first_seen, rowid LIMIT {_MOST_VERSIONS}"""  # noqa: S608 - constants
_THIS_VERSION = f"SELECT first_seen, modified_gmt, revision_count FROM versions v WHERE item = ? AND {VERSION} = ?"  # noqa: S608
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
_HIGHER = f"""
    SELECT date_gmt FROM posts WHERE site = ? AND type = ? AND wp_id > ? AND date_gmt IS NOT NULL
    ORDER BY wp_id LIMIT {_BEFORE}"""  # noqa: S608 - constants
_BESIDE = f"""
    SELECT item, version FROM kinship WHERE other = :other AND item_site = :site AND kind != '{Kind.QUOTATION}'
    UNION SELECT other, other_version FROM kinship WHERE item = :other AND other_site = :site
    AND kind != '{Kind.QUOTATION}' ORDER BY 1 LIMIT {_MOST_BESIDE}"""  # noqa: S608 - constants
_COUNTS = "SELECT 1 FROM posts WHERE site = ? AND revision_count > 0 LIMIT 1"


class Article(NamedTuple):
    """An article as it stands in the archive, and one of its texts."""

    item: str
    site: str
    type: str
    wp_id: int
    title: str
    link: str | None
    date: str | None
    author: int
    guid: str
    first_seen: str
    raw: str | None
    picture: str | None
    text: Text
    version: str

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
    site, kind, wp_id, title, link, date, author, guid, seen, raw, picture = tuple(row)
    text = Text(article_text(*tuple(held)))
    about = (item, site, kind, wp_id, title or "", link, date, author or 0, guid or "", seen, raw, picture)
    return Article(*about, text, version)


def side_of(db: sqlite3.Connection, one: Article, other: Article) -> Side:
    """Return what is held and claimed of when the site of `one` first had the text that it shares with `other`."""
    lower = db.execute(_LOWER, (one.site, one.type, one.wp_id)).fetchall()
    higher = db.execute(_HIGHER, (one.site, one.type, one.wp_id)).fetchall()
    counts = db.execute(_COUNTS, (one.site,)).fetchone() is not None
    own = _sighting(db, one, other)
    beside = list(_beside(db, one, other))
    earliest, found = min([(one, own), *((it, at) for it, at, whole in beside if whole)], key=lambda each: each[1].seen)
    by_edit = own.lacked is not None or found.lacked is not None
    absent = own.lacked if by_edit else _listing_without(db, earliest, found.seen)
    if absent and ((by_edit and earliest is not one) or any(at.seen <= absent for _, at, _ in beside)):
        absent = None
    if absent and any(each.first_seen <= absent for it, _, whole in beside if whole for each in named(db, it.item)):
        absent = None
    canonicals = list(_canonicals(db, one, other))
    known = {one.host, "", *(host_of(guid or "") for _, guid in lower)}
    return Side(
        item=one.item,
        seen_at=found.seen,
        held_in=earliest.item if earliest is not one else None,
        absent_at=absent,
        came_by_edit=by_edit,
        date=one.date,
        modified=own.modified,
        revisions=own.revisions if counts else None,
        lower=tuple(date for date, _ in lower),
        higher=tuple(date for (date,) in higher),
        address=_dated_address(one.link),
        upload=_month(one.picture),
        stated=tuple(_older(one, beside)),
        named=tuple(named(db, one.item)),
        foreign_guid=(host_of(one.guid) or "") not in known and not _guid_points(one, other),
        inserted=inserted(db, one.site, one.author, other.site) if one.site != other.site else None,
        points=(*_points(one, other), *(words for words, points in canonicals if points)),
        noted=tuple(words for words, points in canonicals if not points),
    )


class _Sighting(NamedTuple):
    """When a text was first held, when a version without it was last seen before, and what that first version states."""

    seen: str
    lacked: str | None
    modified: str | None
    revisions: int | None


def _sighting(db: sqlite3.Connection, one: Article, other: Article) -> _Sighting:
    """When the item first held what it shares with the other, by its own versions.

    A version with a smaller part of it is none that had it, and none that lacked it; neither shows one that is far
    shorter what was there: it may be all that strangers were shown.
    """
    whole = compare(one.text, other.text)
    least = _NEARLY_ALL * whole.shared if whole else 0.0
    lacked: str | None = None
    for first, last, modified, revisions, content, excerpt, version in map(tuple, db.execute(_VERSIONS, (one.item,))):
        text = one.text if version == one.version else Text(article_text(content, excerpt))
        kin = whole if text is one.text else compare(text, other.text)
        if text is one.text or (kin and kin.kind != Kind.QUOTATION and kin.shared >= least):
            return _Sighting(first, lacked, modified, revisions)
        lacked = None if kin or len(text.words) < _SHORTER * len(one.text.words) else last
    first, modified, revisions = db.execute(_THIS_VERSION, (one.item, one.version)).fetchone()
    return _Sighting(first, None, modified, revisions)


def _beside(db: sqlite3.Connection, one: Article, other: Article) -> Iterator[tuple[Article, _Sighting, bool]]:
    """Other items of the site that share text with `other`, of whatever type, gone or not; whether they have all of it."""
    if one.site == other.site:
        return
    for item, version in db.execute(_BESIDE, {"other": other.item, "site": one.site}).fetchall():
        found = article(db, item, version) if item != one.item else None
        if found:
            kin = compare(found.text, one.text)
            yield found, _sighting(db, found, other), kin is not None and kin.kind in (Kind.COPY, Kind.EXTENDED)


def _listing_without(db: sqlite3.Connection, one: Article, seen: str) -> str | None:
    """When a complete listing of its type last lacked it, before it was held."""
    found: str | None = db.execute(_LACKED, (one.site, one.type, min(one.first_seen, seen), one.item)).fetchone()[0]
    return found


def _older(one: Article, beside: list[tuple[Article, _Sighting, bool]]) -> Iterator[tuple[str, str]]:
    """The earliest date that its site states of another item with the text."""
    dates = [(it.date, it.item) for it, _, whole in beside if whole and it.date and one.date and it.date < one.date]
    yield from ((item, date) for date, item in sorted(dates)[:1])


def _month(url: str | None) -> str | None:
    found = _UPLOADED.search(url or "")
    return f"{found[1]}-{found[2]}" if found else None


def _dated_address(url: str | None) -> str | None:
    found = _DATED.search(url or "")
    return "-".join(found.groups()) if found else None


def _guid_points(one: Article, other: Article) -> bool:
    """Whether its guid names the other one's host, as a copy's does; a domain may have been bought by who copies."""
    if not other.host or other.host == one.host or host_of(one.guid) != other.host or _moved(one, other):
        return False
    dates = moment(one.date), moment(other.date)
    return one.guid == other.guid or bool(dates[0] and dates[1] and dates[1] <= dates[0])


def _moved(one: Article, other: Article) -> bool:
    """Whether both are one article of a site that has had two addresses: the old pages and guids name the other one."""
    return (one.wp_id, one.date) == (other.wp_id, other.date)


def _points(one: Article, other: Article) -> Iterator[str]:
    """How the article names the other one as its source; a link in its text may as well be a complaint."""
    if _guid_points(one, other):
        yield f"its guid is of {other.host}"


def _canonicals(db: sqlite3.Connection, one: Article, other: Article) -> Iterator[tuple[str, bool]]:
    """Canonical links to the host of the other, and whether they name it as the source.

    That they do if they are its address; but where a site moved, its old pages name the new ones, of the same id and date.
    """
    head = mapping(mapping(loads(one.raw or "{}")).get("yoast_head_json"))
    of_page = page_canonical(db, one.site, one.type, one.wp_id)
    own = {place_of(other.link or ""), place_of(other.guid)} - {""}
    found = [("its canonical link by the REST API", string(head.get("canonical")))]
    found += [(f"the canonical link of its page, captured at {of_page[1]},", of_page[0])] if of_page else []
    for where, url in found:
        if not other.host or other.host == one.host or host_of(url) != other.host:
            continue
        points = place_of(url) in own and not _moved(one, other)
        says = "the other's address" if points else "the other's, but both have one id and date: a site that moved"
        yield f"{where} is {says if place_of(url) in own else f'another address of {other.host}'}", points
