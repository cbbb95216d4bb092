"""What earlier runs saw of a site, in `frontier.db`: its collections, their items, and links that lead to nothing.

This module only stores it; `wparchive.crawl.incremental.memory` reads it from the WARCs and interprets it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wparchive.store.log.database import Database

__all__ = ["Known", "Proven", "Seen", "SeenItem"]

_TABLES = ("learnt", "site", "collections", "proven", "seen", "dangling", "located")
# A sweep reads few fields and no revisions, so for a known item it only shows that the item exists.
_SWEPT = "INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?, NULL, ?, NULL, ?, ?) ON CONFLICT DO UPDATE SET gone = NULL"
_LOCATED = """INSERT INTO located VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET collection = excluded.collection, id = excluded.id
    WHERE excluded.collection LIKE '/wp/v2/%' OR collection NOT LIKE '/wp/v2/%'"""
# A cached response may be older than what is known, so times never go back.
_READ = f"""{_SWEPT},
    modified = max(modified, excluded.modified), dated = excluded.dated, print = excluded.print,
    parent = excluded.parent, hidden = excluded.hidden,
    read_at = max(read_at, excluded.read_at), revisions = coalesce(nullif(excluded.revisions, ''), revisions)
"""
_REACHED = """
    INSERT INTO collections (route, {0}) SELECT collection, max({1}) FROM seen WHERE {1} != '' AND {1} <= ? GROUP BY 1
    ON CONFLICT DO UPDATE SET {0} = excluded.{0}"""
_SITE = ("timezone", "walked", "collections", "failed_links", "languages")
# "?" precedes "@" in ASCII: the lists of a collection in single languages are called by its route and a parameter.
_LISTS = "(collection = ?1 OR (collection > ?1 || '?' AND collection < ?1 || '@'))"

# The columns of one row of `seen`: collection, id, modified, dated, print, read_at, revisions, parent, hidden.
SeenItem = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """An item as last seen: modification time (UTC), fingerprint of its sweep fields, time of its last full reading.

    `gone` is `deleted` or `unpublished`; `parent` is the post that it belongs to; `hidden` is set when a password
    protects its text and comments.
    """

    modified: str
    print: str
    read_at: str
    gone: str | None
    parent: int | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class Proven:
    """The last proof of a collection, as it stands in the WARCs.

    `listed` is what it proves about links into the collection, `odd` how many times in a row the collection failed with
    a response that isn't a refusal, `type` what its items were called; "" when that is unknown.
    """

    stated: int | None
    held: int
    outcome: str
    swept_at: str
    at: str
    listed: str
    odd: int
    type: str = ""


class Seen:
    """What was seen of one site, in the open database `db`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def forget(self) -> None:
        """Delete everything."""
        self._db.empty(_TABLES)

    def learnt(self) -> dict[str, int]:
        """Return the offset up to which each WARC was read for this."""
        return {row["warc"]: row["upto"] for row in self._db.rows("SELECT warc, upto FROM learnt")}

    def note_learnt(self, warc: str, upto: int) -> None:
        """Note that a WARC was read up to that offset."""
        self._db.rows("INSERT OR REPLACE INTO learnt VALUES (?, ?)", warc, upto)

    # --- the site -----------------------------------------------------------------------------------------------

    def note_site(self, column: str, value: str | int | Sequence[Mapping[str, Any]]) -> None:
        """Set the site's `timezone`, `walked` (a full crawl was completed), `collections`, `languages` or `failed_links`."""
        assert column in _SITE
        plain = value if isinstance(value, str | int) else json.dumps(value)
        query = (
            f"INSERT INTO site (number, {column}) VALUES (1, ?) ON CONFLICT DO UPDATE SET {column} = excluded.{column}"  # noqa: S608
        )
        self._db.rows(query, plain)

    def timezone(self) -> str | None:
        """Return the site's time zone in the last run; None when it is unknown."""
        row = self._db.row("SELECT timezone FROM site")
        return row[0] if row else None

    def walked(self) -> bool:
        """Whether a full crawl was ever completed."""
        return bool((row := self._db.row("SELECT walked FROM site")) and row[0])

    def entries(self, column: str) -> list[dict[str, Any]]:
        """Return the site's `collections`, `languages` or `failed_links`, as the last run recorded them."""
        assert column in _SITE
        row = self._db.row(f"SELECT {column} FROM site")  # noqa: S608 - one of our own names
        return json.loads(row[0]) if row else []

    # --- collections --------------------------------------------------------------------------------------------

    def reach(self, upto: str) -> None:
        """Record a completed crawl: nothing modified or published up to the newest item seen by `upto` is missing."""
        with self._db.transaction() as db:
            db.execute(_REACHED.format("newest", "modified"), (upto,))
            db.execute(_REACHED.format("latest", "dated"), (upto,))

    def reached(self, route: str) -> tuple[str, str]:
        """Return the times (UTC) up to which nothing modified, and nothing published, is missing; empty when unknown."""
        row = self._db.row("SELECT newest, latest FROM collections WHERE route = ?", route)
        return (row[0], row[1]) if row else ("", "")

    def refuse(self, route: str, kind: str) -> None:
        """Record that the site refused one `history` of the collection, or one `absent` item: it stands for all."""
        column = _refusal(kind)
        query = f"INSERT INTO collections (route, {column}) VALUES (?, 1) ON CONFLICT DO UPDATE SET {column} = 1"  # noqa: S608
        self._db.rows(query, route)

    def refusals(self, kind: str) -> list[str]:
        """Return the routes of the collections for which that was refused."""
        query = f"SELECT route FROM collections WHERE {_refusal(kind)}"  # noqa: S608 - one of our own names
        return [row[0] for row in self._db.rows(query)]

    def prove(self, route: str, proof: Proven) -> None:
        """Store the last proof of the collection at `route`."""
        row = (proof.stated, proof.held, proof.outcome, proof.swept_at, proof.at, proof.listed, proof.odd, proof.type)
        self._db.rows("INSERT OR REPLACE INTO proven VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", route, *row)

    def proven(self, route: str) -> Proven | None:
        """Return the last proof of the collection at `route`."""
        query = "SELECT stated, held, outcome, swept_at, at, listed, odd, type FROM proven WHERE route = ?"
        row = self._db.row(query, route)
        return Proven(*row) if row else None

    # --- items --------------------------------------------------------------------------------------------------

    def see(self, items: Iterable[SeenItem], *, in_full: bool) -> None:
        """Record items that were listed, with all of their fields or only those of a sweep."""
        self._db.write(_READ if in_full else _SWEPT, items)

    def locate(self, places: Iterable[tuple[int, str, int]]) -> None:
        """Record where items are: a digest of the page's address, the collection, the id; WordPress's own lists go first."""
        self._db.write(_LOCATED, places)

    def located(self, place: int) -> tuple[str, int, str] | None:
        """Return collection, id and modification time (UTC) of the item at a place, which may be gone."""
        query = (
            "SELECT l.collection, l.id, coalesce(s.modified, '') FROM located l "
            "LEFT JOIN seen s ON s.collection = l.collection AND s.id = l.id WHERE l.place = ?"
        )
        row = self._db.row(query, place)
        return (row[0], row[1], row[2]) if row else None

    def shown(self, collections: Iterable[str], wp_id: int) -> bool:
        """Return whether an item was ever seen in one of `collections`, in any language."""
        query = f"SELECT 1 FROM seen WHERE {_LISTS} AND id = ?2"  # noqa: S608 - our own condition
        return any(self._db.row(query, one, wp_id) for one in collections)

    def miss(self, collection: str, wp_id: int, gone: str) -> None:
        """Record that an item is no longer listed, in any language: it is `deleted`, `unpublished` or just `missing`."""
        self._db.rows(f"UPDATE seen SET gone = ?3 WHERE {_LISTS} AND id = ?2", collection, wp_id, gone)  # noqa: S608

    def list_with(self, collection: str, wp_id: int | None) -> str:
        """Return the list of `collection` that has shown an item: that of its language, else the collection itself."""
        query = f"SELECT min(collection) FROM seen WHERE {_LISTS} AND id = ?2"  # noqa: S608 - our own condition
        row = self._db.row(query, collection, wp_id) if wp_id is not None else None
        return row[0] if row and row[0] else collection

    def read_revisions(self, collection: str, wp_id: int | None) -> None:
        """Record that an item's revisions were read, up to the count and newest id that it states now."""
        query = "UPDATE seen SET read_revisions = revisions WHERE collection = ? AND id = ?"
        self._db.rows(query, collection, wp_id)

    def known(self, collection: str) -> dict[int, Known]:
        """Return every item of `collection` that was ever read in full, those that are gone included."""
        query = (
            "SELECT id, modified, print, read_at, gone, parent, hidden FROM seen WHERE collection = ? AND read_at != ''"
        )
        return {row[0]: Known(*row[1:]) for row in self._db.rows(query, collection)}

    def digest(self) -> str:
        """Return a digest of all items as they were last seen: equal as long as none came, went or changed."""
        digest = hashlib.sha256()
        for row in self._db.rows("SELECT collection, id, modified, print, gone FROM seen ORDER BY collection, id"):
            digest.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def since(self, collection: str, moment: str) -> int:
        """Return how many items of `collection` are dated (UTC) after `moment`."""
        query = "SELECT count(*) FROM seen WHERE collection = ? AND dated > ? AND gone IS NULL"
        return int(self._db.rows(query, collection, moment)[0][0])

    def revisions(self, collection: str) -> dict[int, tuple[int, int]]:
        """Return the revision count and the newest revision's id of each item that states them."""
        query = "SELECT id, revisions FROM seen WHERE collection = ? AND revisions != '' AND gone IS NULL"
        return {row[0]: _pair(row[1]) for row in self._db.rows(query, collection)}

    def revisions_read(self, collection: str) -> dict[int, tuple[int, int]]:
        """Return the same, as it was when the item's revisions were last read."""
        query = "SELECT id, read_revisions FROM seen WHERE collection = ? AND read_revisions IS NOT NULL"
        return {row[0]: _pair(row[1]) for row in self._db.rows(query, collection)}

    # --- links that lead to nothing -----------------------------------------------------------------------------

    def dangle(self, route: str, outcome: str, capture: str, at: str) -> None:
        """Record that the site has nothing at `route`: outcome `missing` or `refused`, and the capture as proof."""
        self._db.rows("INSERT OR REPLACE INTO dangling VALUES (?, ?, ?, ?)", route, outcome, capture, at)

    def undangle(self, route: str) -> None:
        """Record that the site has something at `route` after all."""
        self._db.rows("DELETE FROM dangling WHERE route = ?", route)

    def dangling(self, since: str) -> list[tuple[str, str, str]]:
        """Return route, outcome and capture of every such response since `since` (UTC)."""
        return [(*row,) for row in self._db.rows("SELECT route, outcome, capture FROM dangling WHERE at >= ?", since)]


def _refusal(kind: str) -> str:
    return {"history": "history_refused", "absent": "absent_refused"}[kind]


def _pair(text: str) -> tuple[int, int]:
    count, _, newest = text.partition(" ")
    return int(count), int(newest)
