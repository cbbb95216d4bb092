"""Answers that show an item as it was before its row: a cache had them, or another tool captured them earlier."""

import sqlite3

from wparchive.index.items.batch import Batch, Known
from wparchive.index.items.items import Found
from wparchive.index.schema import ITEM_TABLES
from wparchive.index.statements import STOOD, of_item
from wparchive.wordpress.age import made, made_at_latest, moment
from wparchive.wordpress.values import utc

__all__ = ["is_as_it_was", "is_earlier_elsewhere"]

_MODIFIED = {
    table: f"SELECT {'modified_gmt' if 'modified_gmt' in one.columns else 'NULL'} FROM {table} "  # noqa: S608 - our own
    f"WHERE {of_item(table)} AND wp_id = :wp_id"
    for table, one in ITEM_TABLES.items()
}


def is_earlier_elsewhere(conn: sqlite3.Connection, batch: Batch, item: Found, old: Known) -> bool:
    """Return whether another tool captured an earlier state of an item than its row has.

    That follows from its date, and from its headers, unless the item says that it was modified since.
    """
    source, until = batch.source, moment(old.until)
    if not source.imported or moment(source.seen) < until:
        return source.imported
    if old.partial or made_at_latest(source.seen, source.dated, source.age) >= until:
        return False
    if old.gone:
        return True
    row = conn.execute(_MODIFIED[batch.table], batch.key(item.who.wp_id)).fetchone()
    modified = row[0] if row else None
    return item.digest != old.digest and (utc(item.fields.get("modified_gmt")) or "") <= (utc(modified) or "")


def is_as_it_was(conn: sqlite3.Connection, batch: Batch, item: Found, old: Known) -> bool:
    """Return whether a cached response shows an earlier state of the item than its row.

    This follows from the response's age, unless the item was modified later than the row's: then a clock or the
    cache is wrong.
    """
    if old.partial and not batch.source.partial:
        return False  # selected fields are not a state of the item
    row = conn.execute(STOOD[batch.table], batch.key(item.who.wp_id)).fetchone()
    if row is None:
        return False
    modified, gone_since, captured_at, age = row
    stood = made(captured_at, age or 0)
    if old.gone:
        stood = max(stood, moment(gone_since)) if gone_since else stood
    elif (utc(item.fields.get("modified_gmt")) or "") > (utc(modified) or ""):
        return False
    return made(batch.source.seen, batch.source.age) < stood
