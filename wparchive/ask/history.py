"""The history of one item: its versions, how each differs from the one before, and the captures that prove it."""

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from wparchive.ask.absence import listings_without
from wparchive.ask.kinship.newcomers import Newcomer, newcomer
from wparchive.ask.lookup import ItemKey, capture_of, find_item
from wparchive.ask.version_texts import VersionTexts, changed_words
from wparchive.errors import DamagedError, UsageError
from wparchive.index.database.opening import reading
from wparchive.index.item_types import of_type
from wparchive.index.schema import ITEM_TABLES
from wparchive.store import Archive
from wparchive.wordpress.changes.differences import ChangeKind
from wparchive.wordpress.prose import Row

__all__ = ["Evidence", "History", "Noticed", "Revision", "Version", "history", "since"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A capture and its place: URL, time, HTTP status, WARC file, offset and length (bytes), digest of the body."""

    capture: str
    kind: str
    url: str
    captured_at: str
    status: int | None
    code: str | None
    warc: str
    offset: int
    length: int
    body_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One distinct content of an item; `changes` holds, by field, what changed since the previous version.

    `revision_count` and `predecessor_version` are WordPress's statements about its own revisions when this version was
    first seen. If the count or the newest revision changed, that is independent evidence of an edit.
    """

    number: int
    first_seen: str
    last_seen: str
    modified_gmt: str | None
    payload_sha256: str
    text_sha256: str | None
    revision_count: int | None
    predecessor_version: int | None
    title: str
    evidence: Evidence | None
    changes: dict[str, list[Row]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One of WordPress's own revisions, as far as they are held: read with credentials, as strangers may not see them.

    `date_gmt` and `modified_gmt` (UTC) are when WordPress made it; `changes` are those since the revision before it.
    """

    wp_id: int
    author: int | None
    author_name: str | None
    date_gmt: str | None
    modified_gmt: str | None
    first_seen: str
    last_seen: str
    title: str
    evidence: Evidence | None
    changes: dict[str, list[Row]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """One observation: its run, the changed fields, and the captures before and after.

    `confirmed` is the second reading, which confirms a change that the item's own modification time does not show. Of
    `copied`, `kin` is the other item, which `before` shows.
    """

    run: str
    change: str
    fields: list[str]
    at: str | None
    before: Evidence | None
    after: Evidence | None
    confirmed: Evidence | None = None
    kin: Newcomer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An item's history.

    `absence` lists the captures that show that it is gone: listings without it, and the site's answer. `damaged`
    describes the captures named here that can no longer be read.
    """

    site: str
    type: str
    wp_id: int
    title: str
    link: str | None
    first_seen: str
    last_seen: str
    gone: str | None
    gone_since: str | None
    missing_since: str | None
    revision_count: int | None
    predecessor_version: int | None
    versions: list[Version]
    observations: list[Noticed]
    absence: list[Evidence]
    damaged: list[str]
    revisions: list[Revision] = field(default_factory=list)


_VERSIONS = (
    "SELECT * FROM versions WHERE site = ? AND type = ? AND wp_id = ? ORDER BY first_seen, last_seen, payload_sha256"
)
_REVISIONS = (
    "SELECT r.*, u.name AS author_name FROM revisions r LEFT JOIN users u ON u.site = r.site AND u.wp_id = r.author "
    "WHERE r.site = ? AND r.parent = ? ORDER BY r.modified_gmt, r.wp_id"
)
_NOTICED = (
    "SELECT o.*, r.started_at FROM observations o LEFT JOIN runs r ON r.run = o.run "
    "WHERE o.site = ? AND o.type = ? AND o.wp_id = ? ORDER BY r.rowid, o.rowid"
)
_COPIED = "SELECT * FROM copied WHERE item = ? ORDER BY observed_at, after"


def history(archive: Archive, key: str) -> History:
    """Return the history of the item that `key` names, in any way that `lookup` knows.

    Raises UsageError if there is no such item, or no database yet.

    >>> [version.title for version in history(Archive("archive"), "post/7").versions]
    ['Dredger stuck at the north bar']
    """
    item = find_item(archive.database, key)
    if item.table not in ITEM_TABLES:
        raise UsageError(f"{key}: revisions are WordPress's own history; name the item that they are of")
    with reading(archive.database) as db:
        return _Reader(db, archive, item).read()


def since(found: History, moment: str) -> History:
    """Return what of a history was first seen at `moment` (as `model.timestamp` spells it) or later; numbers stay.

    A revision counts from when WordPress made it, or from when it was first seen.
    """
    return replace(
        found,
        versions=[one for one in found.versions if one.first_seen >= moment],
        revisions=[one for one in found.revisions if max(f"{one.modified_gmt or ''}Z", one.first_seen) >= moment],
        observations=[one for one in found.observations if (one.at or "") >= moment],
    )


class _Reader:
    """Assembles the history of one item."""

    def __init__(self, db: sqlite3.Connection, archive: Archive, item: ItemKey) -> None:
        self._db = db
        self._archive = archive
        self._item = item
        self._damaged: dict[str, str] = {}
        self._key = (item.site, item.type, item.wp_id)

    def read(self) -> History:
        row = self._row()
        item: dict[str, Any] = dict(row)
        same = ("link", "first_seen", "last_seen", "gone", "gone_since", "missing_since")
        return History(
            site=self._item.site,
            type=self._item.type,
            wp_id=self._item.wp_id,
            title=row[ITEM_TABLES[self._item.table].title] or "",
            versions=list(self._versions()),
            observations=[*self._noticed(), *self._copied()],
            absence=list(self._absence(row)),
            revisions=list(self._revisions()),
            damaged=list(dict.fromkeys(self._damaged.values())),
            revision_count=item.get("revision_count"),
            predecessor_version=item.get("predecessor_version"),
            **{name: item[name] for name in same},
        )

    def _row(self) -> sqlite3.Row:
        table = self._item.table
        query = f"SELECT * FROM {table} WHERE site = :site AND wp_id = :wp_id AND {of_type(table)}"  # noqa: S608 - our own names
        row: sqlite3.Row = self._db.execute(query, asdict(self._item)).fetchone()
        return row

    def _versions(self) -> Iterator[Version]:
        texts_of = VersionTexts(self._db)
        before: dict[str, str] = {}
        for number, row in enumerate(self._db.execute(_VERSIONS, self._key).fetchall(), 1):
            texts = texts_of.of(row)
            changes, before = changed_words(before, texts), texts
            same = ("first_seen", "last_seen", "modified_gmt", "payload_sha256", "text_sha256")
            counted = ("revision_count", "predecessor_version")
            columns = {name: row[name] for name in (*same, *counted)}
            yield Version(
                number=number,
                title=row["title"] or "",
                evidence=self._evidence(row["capture"]),
                changes=changes,
                **columns,
            )

    def _revisions(self) -> Iterator[Revision]:
        if self._item.table != "posts":
            return
        texts_of = VersionTexts(self._db)
        before: dict[str, str] = {}
        for row in self._db.execute(_REVISIONS, (self._item.site, self._item.wp_id)).fetchall():
            texts = texts_of.of(row)
            changes, before = changed_words(before, texts), texts
            same = ("wp_id", "author", "author_name", "date_gmt", "modified_gmt", "first_seen", "last_seen")
            yield Revision(
                title=row["title"] or "",
                evidence=self._evidence(row["capture"]),
                changes=changes,
                **{name: row[name] for name in same},
            )

    def _noticed(self) -> Iterator[Noticed]:
        for row in self._db.execute(_NOTICED, self._key).fetchall():
            before, after = self._evidence(row["before"]), self._evidence(row["after"])
            fields = _json(row["fields"])
            yield Noticed(
                run=row["run"],
                change=row["change"],
                fields=fields if isinstance(fields, list) else [],
                at=after.captured_at if after else row["started_at"],
                before=before,
                after=after,
                confirmed=self._evidence(row["confirmed"]),
            )

    def _copied(self) -> Iterator[Noticed]:
        for row in self._db.execute(_COPIED, (str(self._item),)).fetchall():
            if kin := newcomer(self._db, row):
                yield Noticed(
                    run=row["run"],
                    change=str(ChangeKind.COPIED),
                    fields=[],
                    at=row["observed_at"],
                    before=self._evidence(row["before"]),
                    after=self._evidence(row["after"]),
                    kin=kin,
                )

    def _absence(self, row: sqlite3.Row) -> Iterator[Evidence]:
        if row["missing_since"]:
            try:
                for capture in listings_without(self._db, self._archive, self._item, row["missing_since"]):
                    yield from self._proof(capture)
            except DamagedError as error:
                self._damaged["listing"] = str(error)
        if row["gone"] in ("unpublished", "deleted"):
            query = (
                "SELECT after FROM observations WHERE site = ? AND type = ? AND wp_id = ? AND change = ? "
                "ORDER BY rowid DESC LIMIT 1"
            )
            said = self._db.execute(query, (*self._key, row["gone"])).fetchone()
            yield from self._proof(said[0] if said else None)

    def _proof(self, capture: str | None) -> Iterator[Evidence]:
        found = self._evidence(capture)
        if found:
            yield found

    def _evidence(self, capture: str | None) -> Evidence | None:
        columns = ", ".join(Evidence.__dataclass_fields__)
        row = self._db.execute(f"SELECT {columns} FROM captures WHERE capture = ?", (capture,)).fetchone()  # noqa: S608
        if row:
            self._look_at(row["capture"])
        return Evidence(*row) if row else None

    def _look_at(self, capture: str) -> None:
        """Check that the WARC record of a capture can still be read."""
        try:
            for _ in self._archive.response(capture_of(self._db, capture)).raw():
                pass
        except DamagedError as error:
            self._damaged[capture] = str(error)


def _json(text: str | None) -> Any:
    import json

    return json.loads(text) if text else None
