"""An item by its key: site, type and id."""
# ruff: noqa: S608 - names of tables and columns can't be parameters; all are our own

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wparchive.errors import UsageError
from wparchive.index.item_types import TYPE_OF
from wparchive.index.schema import ITEM_TABLES
from wparchive.setting_values import meant
from wparchive.wordpress.values import integer

__all__ = ["ItemKey", "by_key", "item_called", "missing", "revision_of"]

_SLUGS = {table.name: table.type_column for table in ITEM_TABLES.values() if table.type_column}


@dataclass(frozen=True, slots=True)
class ItemKey:
    """An item: (site, type, wp_id), and its table."""

    site: str
    type: str
    wp_id: int
    table: str

    def __str__(self) -> str:
        return f"{self.site}/{self.type}/{self.wp_id}"


def by_key(db: sqlite3.Connection, key: str) -> list[ItemKey] | None:
    """Return the items that SITE/TYPE/ID, or TYPE/ID, names; None if `key` is not written so.

    If a post type and a taxonomy share a name, the name means the post type, and `taxonomy:NAME` the other (see
    `type_names`). Raises UsageError for an id that no item can have.
    """
    site, kind, last = _parts(key)
    wp_id = integer(last)
    if not kind or not (last.isascii() and last.removeprefix("-").isdecimal()):
        return None
    if wp_id is None:
        raise UsageError(f"{key}: no item has such an id: WordPress counts to 9,223,372,036,854,775,807")
    return [*_named(db, TYPE_OF, site, kind, wp_id)] or [*_named(db, _SLUGS, site, kind, wp_id)]


def item_called(db: sqlite3.Connection, site: str, kind: str, wp_id: int) -> ItemKey | None:
    """Return the item with this type as `versions` and `observations` spell it."""
    return next(_named(db, TYPE_OF, site, kind, wp_id), None)


def _parts(key: str) -> tuple[str | None, str, str]:
    parts = key.strip("/").split("/")
    if len(parts) not in (2, 3):
        return None, "", ""
    return (parts[0] if len(parts) == 3 else None), parts[-2], parts[-1]


def missing(db: sqlite3.Connection, key: str) -> UsageError:
    """Return the error for a `key` that names no item: what of it was probably misspelt."""
    site, kind, _ = _parts(key)
    return UsageError(f"{key}: no such item in the archive{_nearest(db, site, kind)}")


def _nearest(db: sqlite3.Connection, site: str | None, kind: str) -> str:
    """The site where the archive has none of that name, else the type."""
    sites = [str(row[0]) for row in db.execute("select site from sites")]
    if site is not None and site not in sites:
        return f": it has no site {site}{meant(site, sites)}"
    types: set[str] = set()
    for table, column in TYPE_OF.items():
        types.update(str(row[0]) for row in db.execute(f"select distinct {column} from {table}"))
    return "" if kind in types else f": it has no type {kind}{meant(kind, types)}"


def _named(
    db: sqlite3.Connection, columns: Mapping[str, str], site: str | None, kind: str, wp_id: int
) -> Iterator[ItemKey]:
    for table, column in columns.items():
        query = (
            f"select site, {TYPE_OF[table]} from {table} where wp_id = ? and {column} = ? and (? is null or site = ?)"
        )
        for row in db.execute(query, (wp_id, kind, site, site)):
            yield ItemKey(str(row[0]), str(row[1]), wp_id, table)


def revision_of(db: sqlite3.Connection, site: str, wp_id: int) -> ItemKey | None:
    """Return WordPress's own revision with this id."""
    row = db.execute("SELECT 1 FROM revisions WHERE site = ? AND wp_id = ?", (site, wp_id)).fetchone()
    return ItemKey(site, "revision", wp_id, "revisions") if row else None
