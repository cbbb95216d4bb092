"""Finds the item or capture that a person names, and so its evidence in the WARC."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wparchive.errors import UsageError
from wparchive.index.database.opening import reading
from wparchive.index.item_types import TYPE_OF
from wparchive.index.schema import ITEM_TABLES
from wparchive.model import Capture, Privilege
from wparchive.setting_values import meant
from wparchive.wordpress.values import integer

__all__ = ["ItemKey", "capture_of", "find_capture", "find_item"]


@dataclass(frozen=True, slots=True)
class ItemKey:
    """An item: (site, type, wp_id), and its table."""

    site: str
    type: str
    wp_id: int
    table: str


def find_item(database: Path, key: str) -> ItemKey:
    """Return the item that `key` names: `SITE/TYPE/ID`, or `TYPE/ID` if only one site has it.

    If a post type and a taxonomy share a name, the name means the post type, and `taxonomy:NAME` the other (see
    `type_names`). Raises UsageError if there is no such item, or more than one.
    """
    key = _sound(key)
    parts = key.strip("/").split("/")
    wp_id = integer(parts[-1])
    if len(parts) in (2, 3) and parts[-1].isascii() and parts[-1].isdecimal() and wp_id is None:
        raise UsageError(f"{key}: no item has such an id: WordPress counts to 9,223,372,036,854,775,807")
    if len(parts) not in (2, 3) or wp_id is None or wp_id < 0:
        raise UsageError(f"{key}: name an item as SITE/TYPE/ID, as in example.org/post/68908")
    site, kind = (parts[0] if len(parts) == 3 else None), parts[-2]
    with reading(database) as db:
        found = [*_named(db, TYPE_OF, site, kind, wp_id)] or [*_named(db, _SLUGS, site, kind, wp_id)]
        if not found:
            raise UsageError(f"{key}: no such item in the archive{_nearest(db, site, kind)}")
    if len(found) > 1:
        choices = ", ".join(f"{item.site}/{item.type}/{wp_id}" for item in found)
        raise UsageError(f"{key}: more than one item is called so; name one of {choices}")
    return found[0]


def _sound(key: str) -> str:
    """`key` without spaces around it. Raises UsageError for what no key can be: nothing, or bytes that are no text."""
    if not key.strip():
        raise UsageError(
            "the name of what is sought is empty; name an item as SITE/TYPE/ID, as in example.org/post/68908"
        )
    if not key.isprintable():
        raise UsageError(
            f"{key}: not text that a name can be; name an item as SITE/TYPE/ID, as in example.org/post/68908"
        )
    return key.strip()


def _nearest(db: sqlite3.Connection, site: str | None, kind: str) -> str:
    """What of the key was probably misspelt: the site where the archive has none of that name, else the type."""
    sites = [str(row[0]) for row in db.execute("select site from sites")]
    if site is not None and site not in sites:
        return f": it has no site {site}{meant(site, sites)}"
    types: set[str] = set()
    for table, column in TYPE_OF.items():
        types.update(str(row[0]) for row in db.execute(f"select distinct {column} from {table}"))  # noqa: S608 - ours
    return "" if kind in types else f": it has no type {kind}{meant(kind, types)}"


_SLUGS = {table.name: table.type_column for table in ITEM_TABLES.values() if table.type_column}


def _named(
    db: sqlite3.Connection, columns: Mapping[str, str], site: str | None, kind: str, wp_id: int
) -> Iterator[ItemKey]:
    for table, column in columns.items():
        query = (
            f"select site, {TYPE_OF[table]} from {table} where wp_id = ? and {column} = ? and (? is null or site = ?)"  # noqa: S608
        )
        for row in db.execute(query, (wp_id, kind, site, site)):
            yield ItemKey(str(row[0]), str(row[1]), wp_id, table)


def find_capture(database: Path, key: str) -> Capture:
    """Return the capture that `key` names: by its id (with or without `urn:uuid:`), or an item's newest one.

    Raises UsageError if there is none.
    """
    key = _sound(key)
    with reading(database) as db:
        row = _row(db, key) or _row(db, f"urn:uuid:{key}")
        if row is None and "/" in key:
            item = find_item(database, key)
            kind = TYPE_OF[item.table]
            query = f"select capture from {item.table} where site = ? and {kind} = ? and wp_id = ?"  # noqa: S608
            row = _row(db, db.execute(query, (item.site, item.type, item.wp_id)).fetchone()[0])
        if row is None:
            raise UsageError(f"{key}: no such capture in the archive; name a capture's id or an item as SITE/TYPE/ID")
        return _capture(row)


def capture_of(db: sqlite3.Connection, capture: str) -> Capture:
    """Return the capture with this id; `db` must return rows by name. Raises UsageError if there is none."""
    row = _row(db, capture)
    if row is None:
        raise UsageError(f"{capture}: no such capture in the archive")
    return _capture(row)


def _row(db: sqlite3.Connection, capture: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("select * from captures where capture = ?", (capture,)).fetchone()
    return row


def _capture(row: sqlite3.Row) -> Capture:
    # The database may come from elsewhere: without a file and an offset, there is no evidence to show.
    if not isinstance(row["warc"], str) or not isinstance(row["offset"], int) or row["offset"] < 0:
        raise ValueError("a capture that stands nowhere")
    return Capture(
        capture=row["capture"],
        site=row["site"],
        run=row["run"],
        crawl=row["run"],
        key=row["route"] or row["url"],
        method=row["method"],
        url=row["url"],
        route=row["route"],
        kind=row["kind"],
        captured_at=row["captured_at"],
        status=row["status"],
        mime=row["mime"] or "",
        body_sha256=row["body_sha256"] or "",
        payload_sha256=(row["payload_digest"] or "").removeprefix("sha256:"),
        payload_size=0,
        record_type=row["record_type"],
        refers_to=row["refers_to"],
        warc=row["warc"],
        offset=row["offset"],
        length=row["length"],
        privilege=Privilege(row["privilege"]),
        truncated=row["truncated"],
        flags=tuple(json.loads(row["flags"] or "[]")),
    )
