"""Articles as they stand in the archive: their versions with what these state, and which of them first had a text."""

import json
import re
import sqlite3
from functools import lru_cache, partial
from typing import NamedTuple

from wparchive.ask.kinship.testimony import inserted
from wparchive.index.kinship.repeated import Repeated, Sketched
from wparchive.index.kinship.sketches import VERSION
from wparchive.kinship.claims import moment
from wparchive.kinship.comparison import Kin, Kind, Text, compare, shared_phrases
from wparchive.kinship.first_look import may_be_kin
from wparchive.kinship.sketch import numbers, sketches
from wparchive.kinship.texts import compared
from wparchive.wordpress.inventory.places import place_of

__all__ = ["NEARLY_ALL", "Article", "Articles", "Sighting", "Version", "bare_host"]

_MOST_STATED = 400  # versions of which it is known what they state
_MOST_VERSIONS = 40  # that are looked through for the first with a text
NEARLY_ALL = 0.75
"""The share of what two texts have in common with which a third one has it."""
_LITTLE = 0.2  # of it: who has more may have had the text in other words, or a part of it
_SHORTER = 0.5  # of the words of a text: what is shorter may be a teaser of it
_END = re.compile("[/?#]")
_KEPT_TEXTS = 64  # in memory
_KEPT = 4_096  # smaller answers
_ARTICLE = """
    SELECT p.site, p.type, p.wp_id, p.title, p.link, p.date_gmt, p.modified_gmt, p.author, p.guid, p.first_seen, p.raw,
      (SELECT m.source_url FROM media m WHERE m.site = p.site AND m.wp_id = p.featured_media) AS picture,
      s.home, s.moved_from, substr(p.payload_sha256, 1, 16) AS latest
    FROM items i JOIN posts p ON p.site = i.site AND p.wp_id = i.wp_id AND p.type = replace(i.type, 'post_type:', '')
    LEFT JOIN sites s ON s.site = p.site
    WHERE i.item = ? AND p.privilege = 'anonymous'"""
_VERSIONS = f"""
    SELECT {VERSION} AS version, first_seen, last_seen, date_gmt, modified_gmt, revision_count, link, guid,
      EXISTS (SELECT 1 FROM captures c WHERE c.capture = v.capture AND c.clock = 'foreign') FROM versions v
    WHERE item = ? AND privilege = 'anonymous' ORDER BY first_seen, version LIMIT {_MOST_STATED}"""  # noqa: S608 - constants
_COUNTS = "SELECT EXISTS (SELECT 1 FROM posts WHERE site = ? AND revision_count > 0)"
_FREQUENT = "SELECT phrase FROM _wparchive_frequent WHERE phrase IN (SELECT value FROM json_each(?))"
_TEXT = f"SELECT content, excerpt FROM versions v WHERE item = ? AND {VERSION} = ?"  # noqa: S608 - constants


class Version(NamedTuple):
    """A version of an article: its name (see `sketches.VERSION`), when it was held, and what it states."""

    version: str
    first_seen: str
    last_seen: str
    date: str | None
    modified: str | None
    revisions: int | None
    link: str | None
    guid: str | None
    is_foreign: int  # whether its first capture has its time by another tool's clock


class Article(NamedTuple):
    """An article as it stands in the archive, and one of its texts; `hosts` are where its site answered, without `www.`.

    `version` is the version with the text, `latest` the one that was read last.
    """

    item: str
    site: str
    type: str
    wp_id: int
    title: str
    link: str | None
    date: str | None
    modified: str | None
    author: int
    guid: str
    first_seen: str
    raw: str | None
    picture: str | None
    home: str
    hosts: frozenset[str]
    text: Text
    version: str
    latest: str

    @property
    def host(self) -> str:
        """The host of its address, without `www.`."""
        return bare_host(self.link or "")


class Sighting(NamedTuple):
    """The first version with a text, the one before it if that lacked it, and when one was last held that had a part of it."""

    held: Version
    lacking: Version | None
    part: str | None

    @property
    def seen(self) -> str:
        """When the text was first held."""
        return self.held.first_seen

    @property
    def is_by_edit(self) -> bool:
        """Whether an earlier version lacked it."""
        return self.lacking is not None


def bare_host(url: str) -> str:
    """Return the host of a URL without `www.`, with its port if that isn't the usual one; "" for none."""
    return _END.split(place_of(url), maxsplit=1)[0]


class Articles:
    """Reads articles from an open archive, and compares their texts, each once as long as it is asked for."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.versions = lru_cache(_KEPT)(self._versions)
        self.text = lru_cache(_KEPT_TEXTS)(self._text)
        self.kin = lru_cache(_KEPT)(self._kin)
        self.one = lru_cache(_KEPT_TEXTS)(self._one)
        self.sighting = lru_cache(_KEPT)(self._sighting)
        self._shared = lru_cache(_KEPT_TEXTS)(self._find_shared)
        self._sketched = lru_cache(_KEPT_TEXTS)(self._sketch)
        self.counts_revisions = lru_cache(_KEPT)(self._counts_revisions)
        self.inserted = lru_cache(_KEPT)(partial(inserted, db))
        self._size = lru_cache(_KEPT)(lambda item, version: len(self.text(item, version).cut.words))

    def _one(self, item: str, version: str) -> Article | None:
        """Return the article with the text of its version; None if strangers aren't shown it."""
        row = self.db.execute(_ARTICLE, (item,)).fetchone()
        if row is None or not self.db.execute(_TEXT, (item, version)).fetchone():
            return None
        site, kind, wp_id, title, link, date, modified, author, guid, seen, raw, picture, *its = tuple(row)
        home, moved, latest = its
        hosts = {bare_host(one) for one in (home or "", moved or "")} - {""}  # other addresses are only claimed
        stated = title or "", link, date, modified, author or 0, guid or ""
        own = home or link or "", frozenset(hosts or {bare_host(link or "")})
        about = (item, site, kind, wp_id, *stated, seen, raw, picture, *own)
        return Article(*about, self.text(item, version), version, latest or version)

    def _versions(self, item: str) -> tuple[Version, ...]:
        """Return what its versions state, those that were held first in front."""
        return tuple(Version(*tuple(row)) for row in self.db.execute(_VERSIONS, (item,)))

    def _text(self, item: str, version: str) -> Text:
        return compared(*tuple(self.db.execute(_TEXT, (item, version)).fetchone()))

    def _kin(self, one: tuple[str, str], other: tuple[str, str]) -> Kin | None:
        """Return how the texts of two versions, each an item with its version, are kin."""
        first, second = self.text(*one), self.text(*other)
        return compare(first, second) if may_be_kin(first.cut.words, second.cut.words) else None

    def _counts_revisions(self, site: str) -> bool:
        """Return whether a site says of any article how many revisions that has."""
        return bool(self.db.execute(_COUNTS, (site,)).fetchone()[0])

    def stated(self, one: Article) -> Version:
        """Return the version that claims the earliest date; of several, the first that was held."""
        dated = [(at, held) for held in self.versions(one.item) if (at := moment(held.date))]
        if not dated:
            return self.held(one)
        return min(dated, key=lambda each: each[0])[1]

    def held(self, one: Article) -> Version:
        """Return the version whose text it is."""
        found = (each for each in self.versions(one.item) if each.version == one.version)
        stands = Version(
            one.version, one.first_seen, one.first_seen, one.date, one.modified, None, one.link, one.guid, 0
        )
        return next(found, stands)

    def _sighting(self, item: str, version: str, other: str, other_version: str) -> Sighting:
        """Return when an item first held what its version shares with the other's, by its own versions.

        A version with a smaller part of it is none that had it, and none that lacked it; neither shows one that is far
        shorter what was there: it may be all that strangers were shown. One that quotes it needn't be where it is from.
        """
        versions = self.versions(item)
        if versions and versions[0].version == version:
            return Sighting(versions[0], None, None)
        its = other, other_version
        least = _SHORTER * self._size(item, version)
        lacking: Version | None = None
        part: str | None = None
        for held in versions[:_MOST_VERSIONS]:
            if held.version == version:
                return Sighting(held, lacking, part)
            has = self.has(((item, version), its), (item, held.version))
            kin = self.kin((item, held.version), its) if has < _LITTLE or has >= NEARLY_ALL else None
            if has >= NEARLY_ALL and not (kin and kin.kind == Kind.QUOTATION):
                return Sighting(held, lacking, part)
            is_part = has >= _LITTLE or kin or self._size(item, held.version) < least
            lacking, part = (None, held.last_seen) if is_part else (held, None)
        found = next(held for held in versions if held.version == version)
        return Sighting(found, None, versions[_MOST_VERSIONS - 1].last_seen)  # those between weren't looked at

    def has(self, pair: tuple[tuple[str, str], tuple[str, str]], its: tuple[str, str]) -> float:
        """Return the share, 0 to 1, of what the texts of a pair of versions share that stands in a third version.

        Notices that the sites of both repeat, and what stands everywhere, are none of it.
        """
        wanted = self._shared(*pair)
        return len(wanted.intersection(self.text(*its).phrased.phrases)) / max(len(wanted), 1)

    def kin_noise_aside(self, one: tuple[str, str], other: tuple[str, str]) -> Kin | None:
        """Return how the texts of two versions are kin by the tables of now, as an indexing finds it."""
        sides = self._sketched(*one), self._sketched(*other)
        return self._repeated(*sides).kin(*sides)

    def _find_shared(self, one: tuple[str, str], other: tuple[str, str]) -> frozenset[int]:
        first, second = self._sketched(*one), self._sketched(*other)
        noise = self._repeated(first, second).noise(first, second)
        # What is all noise by now may have been told of before it was.
        return shared_phrases(first.text, second.text, noise) or shared_phrases(first.text, second.text)

    def _repeated(self, one: Sketched, other: Sketched) -> Repeated:
        both = json.dumps(sorted(one.sketch & other.sketch))
        return Repeated(self.db, {phrase for (phrase,) in map(tuple, self.db.execute(_FREQUENT, (both,)))})

    def _sketch(self, item: str, version: str) -> Sketched:
        text = self.text(item, version)
        ((_, sketch),) = sketches([text.text])  # a published copy has none
        return Sketched(item.partition("/")[0], text, frozenset(numbers(sketch).tolist()))
