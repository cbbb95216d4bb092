"""An item by words of its headline."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from wparchive.ask.finding.item_keys import ItemKey, item_called
from wparchive.ask.finding.snippets import folded
from wparchive.ask.finding.typed import expression, in_pairs, terms_of
from wparchive.errors import UsageError
from wparchive.index.item_types import TYPE_OF
from wparchive.index.schema import ITEM_TABLES, PAST, SEARCHED

__all__ = ["Headline", "with_headline"]

_MOST = 11


class Headline(NamedTuple):
    """An item and its headline, and when it was published."""

    item: ItemKey
    title: str
    date: str


def with_headline(db: sqlite3.Connection, words: str) -> list[Headline]:
    """Return the items with all the `words` in their headlines, the best first: posts, else files, else former headlines.

    If there is none, the words may be how longer ones begin.
    One whose whole headline it is stands for all. Comments have no headline.
    """
    try:
        terms = [replace(term, field="title") for term in terms_of(words) if not term.excluded]
    except UsageError:
        return []
    for asked in (terms, [replace(term, begin=True) for term in terms]):
        match = [expression(asked, ("title", "text"), spell) for spell in (None, in_pairs)]
        for table in (one.name for one in SEARCHED if "title" in one.search):
            if found := _standing(db, table, match):
                return _whole(found, words)
        if found := _former(db, match[1]):
            return _whole(found, words)
    return []


def _whole(found: Sequence[Headline], words: str) -> list[Headline]:
    same = [one for one in found if folded(one.title).split() == folded(words).split()]
    return same if len(same) == 1 else list(found)


def _standing(db: sqlite3.Connection, table: str, match: Sequence[str]) -> list[Headline]:
    rows = []
    dated = "date_gmt" if "date_gmt" in ITEM_TABLES[table].columns else "first_seen"
    for name, wanted in zip((f"{table}_fts", f"{table}_grams"), match, strict=True):
        query = (
            f"SELECT f.rank, i.* FROM {name} f JOIN (SELECT rowid AS place, site, {TYPE_OF[table]}, wp_id, "  # noqa: S608
            f"{ITEM_TABLES[table].title}, {dated} FROM {table}) i ON i.place = f.rowid WHERE {name} MATCH ? "
            f"ORDER BY f.rank LIMIT {_MOST}"
        )
        rows += [tuple(row) for row in db.execute(query, (wanted,))]
    each = {row[1]: row for row in sorted(rows)}
    return [
        Headline(ItemKey(site, kind, wp_id, table), title or "", date or "")
        for _, _, site, kind, wp_id, title, date in each.values()
    ]


def _former(db: sqlite3.Connection, match: str) -> list[Headline]:
    query = (
        f"SELECT DISTINCT v.site, v.type, v.wp_id, v.title, v.modified_gmt FROM {PAST} f JOIN versions v "  # noqa: S608
        f"ON v.rowid = f.rowid WHERE {PAST} MATCH ? LIMIT {_MOST}"
    )
    found: dict[ItemKey, Headline] = {}
    for site, kind, wp_id, title, date in db.execute(query, (match,)).fetchall():
        if item := item_called(db, site, kind, wp_id):
            found.setdefault(item, Headline(item, title or "", date or ""))
    return list(found.values())
