"""Writing the items of one site: only what changed, in the order in which it was captured."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wparchive.index.catalogue import Identity
from wparchive.index.hosts import Hosts
from wparchive.index.rows import BUILDERS, Row, counted, object_row, outbound, post_terms, revision, version
from wparchive.index.statements import FORGET, KNOWN, MERGE, SEEN, UPSERT, VERSION, WAITING, insert, upsert
from wparchive.index.words import Words
from wparchive.model import Privilege
from wparchive.wordpress.noise import NOISE, Noise
from wparchive.wordpress.payload import Item, clean, payload_sha256, text_sha256

__all__ = ["ItemWriter", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """The capture that something was read from; `partial` when it shows chosen fields only."""

    capture: str
    seen: str
    privilege: str = Privilege.ANONYMOUS
    partial: bool = False


class _Known(NamedTuple):
    """What the row of an item says already."""

    digest: str | None
    partial: int
    privilege: str
    gone: str | None
    revisions: tuple[int | None, int | None]


@dataclass(slots=True)
class _Batch:
    """What is to be written of the items of one table and type in one answer."""

    site: str
    table: str
    type: str
    source: Source
    rows: list[Row] = field(default_factory=list)
    merged: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    same: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    terms: list[Row] = field(default_factory=list)
    outbound: list[Row] = field(default_factory=list)

    def key(self, wp_id: int) -> Row:
        return {"site": self.site, "type": self.type, "wp_id": wp_id}


_SAME = (
    "UPDATE versions SET last_seen = max(last_seen, :seen) "
    "WHERE site = :site AND type = :type AND wp_id = :wp_id AND payload_sha256 = :digest"
)
_MOVED = (
    "UPDATE posts SET revision_count = :count, predecessor_version = :predecessor "
    "WHERE site = :site AND type = :type AND wp_id = :wp_id"
)
_REVISION = upsert("revisions", where="payload_sha256 IS NOT excluded.payload_sha256 OR last_seen < excluded.last_seen")
_OBJECT = upsert(
    "objects", where="excluded.privilege <= privilege AND (raw IS NOT excluded.raw OR last_seen < excluded.last_seen)"
)
# Tables that hold several rows an item, made again when the item changes.
_PARTS = {name: insert(name, verb="INSERT OR IGNORE") for name in FORGET}


class ItemWriter:
    """Writes what answers show of one site; the caller has a transaction open."""

    def __init__(self, conn: sqlite3.Connection, site: str, hosts: Hosts, words: Words) -> None:
        self._conn = conn
        self._site = site
        self._hosts = hosts
        self._words = words
        self.noise: Noise = NOISE
        self.base = ""
        self.written = 0

    def items(self, source: Source, found: Iterable[tuple[Identity, Item]]) -> int:
        """Take in the items of one answer, and say how many; of one that is in it twice the last counts."""
        groups: dict[tuple[str, str], dict[int, Item]] = defaultdict(dict)
        for (table, kind, wp_id), item in found:
            groups[table, kind][wp_id] = item
        for (table, kind), items in groups.items():
            batch = _Batch(self._site, table, kind, source)
            known = self._known(batch, items)
            for wp_id, item in items.items():
                self._judge(batch, wp_id, item, known.get(wp_id))
            self._write(batch)
        return sum(map(len, groups.values()))

    def revisions(self, source: Source, kind: str | None, found: Iterable[Item]) -> int:
        """Take in WordPress's own revisions of items of type `kind`."""
        rows = [
            {
                **revision(item.value),
                **_sighting(source),
                "site": self._site,
                "type": kind,
                "wp_id": item.id,
                "payload_sha256": payload_sha256(item.value, self.noise),
                "raw": clean(item.raw),
            }
            for item in found
            if item.id is not None
        ]
        self._conn.executemany(_REVISION, rows)
        return len(rows)

    def objects(self, source: Source, route: str, found: Iterable[Item]) -> int:
        """Take in what has no table of its own, by the route of its collection and its slug there."""
        rows = [
            {
                **object_row(item.value),
                **_sighting(source),
                "site": self._site,
                "route": route,
                "slug": clean(_slug(item)),
                "privilege": str(source.privilege),
                "raw": clean(item.raw),
            }
            for item in found
            if _slug(item)
        ]
        self._conn.executemany(_OBJECT, rows)
        return len(rows)

    def _known(self, batch: _Batch, items: Mapping[int, Item]) -> dict[int, _Known]:
        query = {"site": self._site, "type": batch.type, "ids": json.dumps(list(items))}
        return {
            row[0]: _Known(row[1], row[2], row[3], row[4], (row[5], row[6]))
            for row in self._conn.execute(KNOWN[batch.table], query)
        }

    def _judge(self, batch: _Batch, wp_id: int, item: Item, old: _Known | None) -> None:
        """Decide what reading an item changes: nothing, when it was last seen, or its row.

        What credentials show never takes the place of what the public sees, nor chosen fields that of a whole item.
        """
        source = batch.source
        public = source.privilege == Privilege.ANONYMOUS
        if old and old.privilege == Privilege.ANONYMOUS and not public:
            return
        if source.partial:
            self._judge_partial(batch, wp_id, item, old)
            return
        digest = payload_sha256(item.value, self.noise)
        if old and not old.partial and old.privilege == source.privilege and old.digest == digest:
            self._see(batch, wp_id, item, old, digest)
        else:
            self._change(batch, wp_id, item, old, digest)

    def _judge_partial(self, batch: _Batch, wp_id: int, item: Item, old: _Known | None) -> None:
        if old and not old.partial:
            self._see(batch, wp_id, item, old, None)
            return
        # Fields that only credentials showed mustn't stay in a row that says everyone may see it.
        same_eyes = old is None or old.privilege == batch.source.privilege
        (batch.merged if same_eyes else batch.rows).append(self._row(batch, wp_id, item, None, {}))
        batch.waiting.append(_waiting(batch, wp_id, item, old))
        if old:
            batch.changed.append(batch.key(wp_id))

    def _see(self, batch: _Batch, wp_id: int, item: Item, old: _Known, digest: str | None) -> None:
        batch.seen.append(wp_id)
        if digest:
            batch.same.append({**batch.key(wp_id), "digest": digest, "seen": batch.source.seen})
        moved = None
        if batch.table == "posts" and "_links" in item.value and (now := counted(item.value)) != old.revisions:
            moved = item
            batch.moved.append({**batch.key(wp_id), "count": now[0], "predecessor": now[1]})
        if moved or old.gone:
            batch.waiting.append(_waiting(batch, wp_id, moved, old))

    def _change(self, batch: _Batch, wp_id: int, item: Item, old: _Known | None, digest: str | None) -> None:
        row = self._row(batch, wp_id, item, digest, {"text_sha256": text_sha256(item.value, self.noise)})
        batch.rows.append(row)
        batch.versions.append({**row, **version(batch.table, row), "type": batch.type})
        batch.waiting.append(_waiting(batch, wp_id, item, old))
        if old:
            batch.changed.append(batch.key(wp_id))
        if batch.table == "media" and row["source_url"]:
            self._hosts.add(row["source_url"])
        key = batch.key(wp_id)
        batch.terms += [{**key, "taxonomy": taxonomy, "term": term} for taxonomy, term in post_terms(item.value)]
        for url, host, element, embedded, origin in outbound(batch.table, row, row.get("link") or self.base):
            hot = int(embedded and origin not in self._hosts)
            batch.outbound.append(
                {**key, "url": url, "host": host, "element": element, "hotlink": hot, "origin": origin}
            )

    def _row(self, batch: _Batch, wp_id: int, item: Item, digest: str | None, more: Row) -> Row:
        """Every column of the item's row."""
        source = batch.source
        row = BUILDERS[batch.table](item.value)
        row |= _sighting(source)
        row |= {
            "site": batch.site,
            "type": batch.type,
            "taxonomy": batch.type,
            "wp_id": wp_id,
            "payload_sha256": digest,
            "text_sha256": None,
            "gone": None,
            "gone_since": None,
            "privilege": str(source.privilege),
            "partial": int(source.partial),
            "raw": clean(item.raw),
        }
        return row | more

    def _write(self, batch: _Batch) -> None:
        many = self._conn.executemany
        if batch.seen:
            ids = json.dumps(batch.seen)
            self._conn.execute(
                SEEN[batch.table], {"site": batch.site, "type": batch.type, "ids": ids, "seen": batch.source.seen}
            )
            many(_SAME, batch.same)
            many(_MOVED, batch.moved)
        for key in batch.changed:
            for table in _PARTS:
                self._conn.execute(FORGET[table], key)
        self._words.forget(batch.table, batch.changed)
        many(UPSERT[batch.table], batch.rows)
        many(MERGE[batch.table], batch.merged)
        self._words.learn_again(batch.table, batch.changed)
        many(VERSION, batch.versions)
        many(_PARTS["post_terms"], batch.terms)
        many(_PARTS["outbound"], batch.outbound)
        many(WAITING, batch.waiting)
        self.written += len(batch.rows) + len(batch.merged)


def _sighting(source: Source) -> dict[str, Any]:
    return {"first_seen": source.seen, "last_seen": source.seen, "capture": source.capture}


def _slug(item: Item) -> str:
    """The name of an object in its collection."""
    slug = item.key or item.value.get("slug") or item.value.get("id") or item.value.get("name")
    return str(slug) if isinstance(slug, str | int) else ""


def _waiting(batch: _Batch, wp_id: int, item: Item | None, old: _Known | None) -> Row:
    """What the end of the run has to know of an item: its links, and what its row said before."""
    links = item.value.get("_links") if item else None
    return {
        **batch.key(wp_id),
        "is_new": int(old is None),
        "before": old.digest if old else None,
        "gone": old.gone if old else None,
        "links": json.dumps(links) if links else None,
    }
