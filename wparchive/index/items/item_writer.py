"""Writes the items of one site: only changes, in the order of their capture."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from wparchive.apart import apart
from wparchive.index.items.batch import Batch, Known, Old
from wparchive.index.items.hosts import Hosts
from wparchive.index.items.items import Built, Found, Source
from wparchive.index.items.older_answers import is_as_it_was, is_earlier_elsewhere
from wparchive.index.items.other_lists import is_of_another_list, is_of_several_lists
from wparchive.index.items.rows import Row, version
from wparchive.index.search.words import Words
from wparchive.index.statements import (
    EARLIER,
    FORGET,
    GONE,
    KNOWN,
    MERGE,
    MOVED,
    PAGE_RENEWED,
    PARTS,
    RENEWED,
    SEEN,
    SHARED,
    STANDING,
    STILL_GONE,
    UPSERT,
    VERSION,
    WAITING,
    upsert,
)
from wparchive.model import Privilege
from wparchive.wordpress.age import moment
from wparchive.wordpress.changes.differences import TEXTS, ChangeKind, compare
from wparchive.wordpress.changes.digests import payload_sha256
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.type_names import slug_of
from wparchive.wordpress.values import loads

__all__ = ["ItemWriter"]

_NO_EDIT = (None, ChangeKind.FIELDS_CHANGED, ChangeKind.MARKUP_CHANGED)
_SAME = (
    "UPDATE versions SET last_seen = max(last_seen, ?) WHERE site = ? AND type = ? AND wp_id = ? AND payload_sha256 = ?"
)
_REVISION = upsert("revisions", where="payload_sha256 IS NOT excluded.payload_sha256 OR last_seen < excluded.last_seen")
_OBJECT = upsert(
    "objects", where="excluded.privilege <= privilege AND (raw IS NOT excluded.raw OR last_seen < excluded.last_seen)"
)


class ItemWriter:
    """Writes the items of one site's responses; the caller has opened a transaction."""

    def __init__(self, conn: sqlite3.Connection, site: str, hosts: Hosts, words: Words) -> None:
        self._conn = conn
        self._site = site
        self._hosts = hosts
        self._words = words
        self.written = 0
        self.in_part = False  # whether an item of the last response was too long to be read in full

    def items(self, source: Source, found: Sequence[Found], noise: SiteNoise, doubt: Callable[[str], None]) -> int:
        """Write the items of one response; return their number. If one occurs twice, the last counts.

        `doubt` is called with each item that cannot be written, and the reason.
        """
        taken: list[int] = []
        self.in_part = False
        with self._apart(lambda _: None):
            taken.append(self._items(source, found, noise))
        for one in () if taken else found:  # so that one faulty item affects only itself
            with self._apart(doubt, one.who.wp_id):
                taken.append(self._items(source, [one], noise))
        return sum(taken)

    @contextmanager
    def _apart(self, tell: Callable[[str], None], about: object = None) -> Iterator[None]:
        """Run a block that is written as a whole, or rolled back and reported."""
        self._conn.execute("SAVEPOINT apart")
        with apart(tell, about):
            try:
                yield
            except Exception:
                if self._conn.in_transaction:  # a full disk ends the transaction
                    self._conn.execute("ROLLBACK TO apart")
                raise
        self._conn.execute("RELEASE apart")

    def _items(self, source: Source, found: Iterable[Found], noise: SiteNoise) -> int:
        groups: dict[tuple[str, str], dict[int, Found]] = defaultdict(dict)
        for one in found:
            item = one.complete(source, noise.of(one.who.type))
            groups[item.who.table, item.who.type][item.who.wp_id] = item
        for (table, kind), items in groups.items():
            batch = Batch(self._site, table, kind, source, noise.of(kind))
            known = self._known(batch, items)
            for wp_id, item in items.items():
                self._judge(batch, item, known.get(wp_id))
            self._write(batch)
        return sum(map(len, groups.values()))

    def revisions(self, rows: list[Row], doubt: Callable[[str], None]) -> None:
        """Write WordPress's own revisions."""
        self._each(_REVISION, rows, doubt)

    def objects(self, rows: list[Row], doubt: Callable[[str], None]) -> None:
        """Write objects that have no table of their own."""
        self._each(_OBJECT, rows, doubt)

    def _each(self, statement: str, rows: list[Row], doubt: Callable[[str], None]) -> None:
        for row in rows:
            with apart(doubt):
                self._conn.execute(statement, row)

    def _known(self, batch: Batch, items: Mapping[int, Found]) -> dict[int, Known]:
        query = {"site": self._site, "type": batch.type, "ids": json.dumps(list(items))}
        found = self._conn.execute(KNOWN[batch.table], query)
        return {row[0]: Known(row[1], row[2], row[3], row[4], (row[5], row[6]), *row[7:]) for row in found}

    def _judge(self, batch: Batch, item: Found, old: Known | None) -> None:
        """Decide what an item changes: nothing, the time when it was last seen, or its row.

        Data read with credentials never replaces what the public sees, nor do selected fields replace a whole item.
        """
        privilege = batch.source.privilege
        if old is None:
            self._change(batch, item, None)
        elif old.privilege == Privilege.ANONYMOUS and privilege != Privilege.ANONYMOUS:
            return
        elif is_of_another_list(self._conn, batch, item, old):
            batch.shared += [item.who.wp_id] if is_of_several_lists(batch, item) else []
            batch.seen += [] if old.gone else [item.who.wp_id]
        elif is_earlier_elsewhere(self._conn, batch, item, old):
            self._add_older(batch, item, old)
        elif batch.source.age and old.privilege == privilege and is_as_it_was(self._conn, batch, item, old):
            batch.seen += [] if old.gone else [item.who.wp_id]
        elif self._is_as_fed(batch, item, old) if old.partial else self._adds_nothing(batch, item, old):
            self._see(batch, item, old)
        else:
            self._change(batch, item, old)

    @staticmethod
    def _is_as_fed(batch: Batch, item: Found, old: Known) -> bool:
        """Return whether a feed shows an item as a feed showed it before."""
        return bool(batch.source.via) and (old.digest, old.privilege) == (item.digest, batch.source.privilege)

    def _add_older(self, batch: Batch, item: Found, old: Known) -> None:
        """Queue an earlier state of an item as a version of it; its row says what came later.

        What was shown last before the item was gone is its row's state, though it is gone.
        """
        source = batch.source
        if source.partial:
            return
        key = batch.key(item.who.wp_id)
        is_last = old.gone and not old.partial and moment(old.seen) <= moment(source.seen) < moment(old.until)
        if is_last and (old.digest, old.privilege) != (item.digest, source.privilege):
            gone = self._conn.execute(GONE[batch.table], key).fetchone()
            batch.still_gone.append({**key, **dict(zip(("gone", "gone_since", "missing_since"), gone, strict=True))})
            self._change(batch, item, old._replace(gone=None))
            return
        row = item.build(source, batch.noise).row | key | source.sighting
        row.update(privilege=source.privilege)
        is_sighting = moment(source.seen) < moment(old.until)  # else only a cache, or a wrong clock
        about = {"capture": source.capture, "digest": item.digest, "privilege": source.privilege}
        batch.older.append({**key, **about, "seen": source.seen if is_sighting else None})
        batch.versions.append({**row, **version(batch.table, row), **key})

    def _adds_nothing(self, batch: Batch, item: Found, old: Known) -> bool:
        """Return whether a response shows no more than the row of a whole item."""
        if batch.source.partial or (old.digest, old.privilege) == (item.digest, batch.source.privilege):
            return True
        return old.privilege == batch.source.privilege and self._hides(batch, item)

    def _hides(self, batch: Batch, item: Found) -> bool:
        """Return whether a response merely lacks texts that the item has: it shows less of the same state.

        Nothing else may have been edited. A response without any text shows only that the item exists.
        """
        texts = TEXTS[batch.table]
        value = item.fields
        shown = _texts_in(value, texts)
        if len(shown) == len(texts):
            return False
        standing = self._old(batch, item.who.wp_id).raw
        before = loads(standing) if standing else {}
        if _texts_in(before, texts) <= shown:
            return False
        rest = {name: one for name, one in value.items() if name not in texts or name in shown}
        return not shown or compare(before, rest, batch.noise, batch.table).change in _NO_EDIT

    def _see(self, batch: Batch, item: Found, old: Known) -> None:
        who = item.who
        batch.seen.append(who.wp_id)
        if item.digest:
            batch.same.append((batch.source.seen, batch.site, who.type, who.wp_id, item.digest))
        moved = item.revisions is not None and item.revisions != old.revisions
        if moved and item.revisions:
            count, newest = item.revisions
            batch.moved.append({**batch.key(who.wp_id), "count": count, "newest": newest})
        if moved or old.gone:
            batch.wait(item, old, item.links if moved else None, self._old(batch, who.wp_id) if old.gone else Old())

    def _change(self, batch: Batch, item: Found, old: Known | None) -> None:
        source, wp_id = batch.source, item.who.wp_id
        built = item.build(source, batch.noise)
        self.in_part = self.in_part or built.in_part
        row = built.row
        row.update(batch.key(wp_id))
        row.update(source.sighting)
        slug = slug_of(batch.type)
        row.update(type=slug, taxonomy=slug, privilege=source.privilege, partial=int(source.partial))
        row.update(via=source.via)
        row.update(gone=None, gone_since=None, missing_since=None)
        # Fields read with credentials must not stay in a row that is marked as public.
        merge = source.partial and (old is None or old.privilege == source.privilege)
        (batch.merged if merge else batch.rows).append(row)
        if item.digest:
            batch.versions.append({**row, **version(batch.table, row), **batch.key(wp_id)})
        standing = self._old(batch, wp_id) if old else Old()
        batch.wait(item, old, item.links, standing)
        if old:
            batch.changed.append(batch.key(wp_id))
            self._renew(batch, item, old, standing)
        self._take_parts(batch, wp_id, built)

    def _renew(self, batch: Batch, item: Found, old: Known, standing: Old) -> None:
        """Queue the digest of an item that differs from its row only by what is noise in this run."""
        if standing.raw and item.digest and _digest(standing.raw, batch.noise) == item.digest:
            text = item.build(batch.source, batch.noise).row["text_sha256"]
            digests = {"old": old.digest, "new": item.digest, "text": text}
            batch.renewed.append({**batch.key(item.who.wp_id), **digests})

    def _take_parts(self, batch: Batch, wp_id: int, built: Built) -> None:
        """Queue an item's terms and the places to which it refers."""
        if built.row.get("source_url"):
            self._hosts.add(built.row["source_url"])
        batch.terms += [(batch.site, batch.type, wp_id, *term) for term in built.terms]
        batch.translations += [
            (batch.site, batch.type, wp_id, one.language, one.url or None, one.how, one.wp_id, batch.source.capture)
            for one in built.translations
        ]
        for url, host, element, embedded, origin, upload in built.outbound:
            hot = int(embedded and origin not in self._hosts)
            batch.outbound.append((batch.site, batch.type, wp_id, url, host, element, hot, origin, upload))

    def _old(self, batch: Batch, wp_id: int) -> Old:
        return Old(*self._conn.execute(STANDING[batch.table], batch.key(wp_id)).fetchone())

    def _write(self, batch: Batch) -> None:
        many = self._conn.executemany
        if batch.seen:
            query = {"ids": json.dumps(batch.seen), "seen": batch.source.seen}
            self._conn.execute(SEEN[batch.table], {**batch.key(0), **query})
            many(_SAME, batch.same)
        if batch.shared:
            self._conn.execute(SHARED[batch.table], {**batch.key(0), "ids": json.dumps(batch.shared)})
        if batch.moved:
            many(MOVED[batch.table], batch.moved)
        for statement in FORGET if batch.changed else ():
            many(statement, batch.changed)
        self._words.forget(batch.table, batch.changed)
        many(UPSERT[batch.table], batch.rows)
        many(MERGE[batch.table], batch.merged)
        self._words.learn_again(batch.table, batch.changed)
        many(RENEWED, batch.renewed)
        many(PAGE_RENEWED, batch.renewed)
        many(VERSION, batch.versions)
        self._words.follow(batch.table, batch.older)
        for one in batch.older:
            for statement in EARLIER[batch.table] if one["seen"] else ():
                self._conn.execute(statement, one)
        many(STILL_GONE[batch.table], batch.still_gone)
        many(PARTS["post_terms"], batch.terms)
        many(PARTS["outbound"], batch.outbound)
        many(PARTS["translations"], batch.translations)
        many(WAITING, batch.waiting)
        self.written += len(batch.rows) + len(batch.merged)


def _texts_in(value: Mapping[str, object], texts: Iterable[str]) -> set[str]:
    return {name for name in texts if value.get(name) is not None}


def _digest(raw: str, noise: Noise) -> str | None:
    """Return the digest of an item's stored JSON under the noise of the run."""
    value = read(raw.encode("utf-8", "replace")).value
    return payload_sha256(value, noise) if isinstance(value, dict) else None
