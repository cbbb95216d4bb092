"""One item: its row, its versions in time, and what was noticed of it."""

import itertools
import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from wparchive.browse.queries.capture import named
from wparchive.browse.queries.titles import title_of
from wparchive.index.schema import ITEM_TABLES
from wparchive.index.table import ItemTable

__all__ = ["Item", "Noticed", "VersionRef", "item_of", "neighbours", "number_of", "translations_of", "version_at"]


@dataclass(frozen=True, slots=True)
class VersionRef:
    """One version: its number from 1, the id by which addresses name it, the kind of change that made it.

    `texts` are those of an item that was only ever shown in part: it has no row in `versions`, but its last reading.
    """

    number: int
    id: str
    rowid: int
    capture: str
    first_seen: str
    last_seen: str
    modified_gmt: str | None
    payload_sha256: str
    change: str
    texts: dict[str, str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Noticed:
    """One change of the item, with the number by which its card is made (see `ask.change_keys.NOTICED`)."""

    number: int
    change: str
    observed_at: str
    fields: tuple[str, ...]
    before: str | None
    after: str | None
    confirmed: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """An item as the archive has it; `row` is its row, `counts` what its tabs hold."""

    key: str
    site: str
    type: str
    wp_id: int
    table: ItemTable
    row: dict[str, Any]
    versions: tuple[VersionRef, ...]
    noticed: tuple[Noticed, ...]
    site_name: str
    author: str
    terms: tuple[tuple[str, str], ...]
    counts: dict[str, int]

    @property
    def title(self) -> str:
        """Its headline, or what stands for it."""
        title = str(self.row.get(self.table.title) or "")
        if self.table.name == "reviews":
            said = str(self.row.get("text") or "")
            about = f"Review of {self.row.get('product_name') or 'a product'}"
            return f"{about}: “{said[:80]}{'…' if said[80:] else ''}”" if said else about
        return f"Comment by {title}" if title and self.table.name == "comments" else title or self.key

    @property
    def current(self) -> VersionRef:
        """The version that was read last: one that came back is older than the one that stood between."""
        payload = self.row.get("payload_sha256")
        same = [one for one in self.versions if one.payload_sha256 == payload]
        return same[-1] if same else max(self.versions, key=lambda one: (one.last_seen or "", one.number))

    def came_back(self, version: VersionRef) -> bool:
        """Return whether another version was read between the first and the last reading of this one."""
        return any(
            one is not version and version.first_seen < one.first_seen < version.last_seen for one in self.versions
        )


def item_of(conn: sqlite3.Connection, site: str, kind: str, wp_id: str, *, private: bool) -> Item | None:
    """Return the item; None if the archive has none, or only credentials showed it and `private` is False."""
    key = f"{site}/{kind.rpartition(':')[2]}/{int(wp_id)}"
    for table in _tables(kind):
        row = conn.execute(f"SELECT * FROM {table.name} WHERE item = ?", (key,)).fetchone()  # noqa: S608 - our own names
        if row is not None:
            return _item(conn, key, table, row, private=private) if private or row["privilege"] == "anonymous" else None
    return None


def _tables(kind: str) -> list[ItemTable]:
    only = [table for table in ITEM_TABLES.values() if table.only == kind]
    typed = [table for table in ITEM_TABLES.values() if table.type_column]
    return only or (typed[::-1] if kind.startswith("taxonomy:") else typed)


def _item(conn: sqlite3.Connection, key: str, table: ItemTable, row: sqlite3.Row, *, private: bool) -> Item:
    noticed = tuple(map(_noticed, conn.execute(_NOTICED, (key, private))))
    site = conn.execute("SELECT name FROM sites WHERE site = ?", (row["site"],)).fetchone()
    return Item(
        key=key,
        site=row["site"],
        type=key.split("/", 1)[1].rpartition("/")[0],
        wp_id=row["wp_id"],
        table=table,
        row=dict(row),
        versions=tuple(_versions(conn, key, noticed, private=private) or _in_part(conn, table, row)),
        noticed=noticed,
        site_name=site[0] or row["site"] if site else row["site"],
        author=title_of(conn, _column(row, "author_item"), private=private) or "",
        terms=tuple((item, name) for item, name in conn.execute(_TERMS, (key, private))),
        counts=_counts(conn, key, row, private=private),
    )


def _column(row: sqlite3.Row, name: str) -> Any:
    return row[name] if name in row.keys() else None  # noqa: SIM118 - a row has no `in`


_NOTICED = """
    SELECT * FROM (
      SELECT rowid AS number, item, change, observed_at, fields, before, after, confirmed FROM observations UNION ALL
      SELECT -rowid, item, 'copied', observed_at, NULL, before, after, NULL FROM copied) o
    WHERE item = ? AND (? OR NOT EXISTS
      (SELECT 1 FROM captures k WHERE k.capture IN (o.before, o.after, o.confirmed) AND k.privilege != 'anonymous'))
    ORDER BY observed_at, number < 0, number"""
_TERMS = """
    SELECT t.item, t.name FROM post_terms p JOIN terms t ON t.site = p.site AND t.taxonomy = p.taxonomy AND t.wp_id = p.term
    JOIN items i ON i.site = p.site AND i.wp_id = p.wp_id AND p.type IN (i.type, 'post_type:' || i.type)
    WHERE i.item = ? AND (t.privilege = 'anonymous' OR ?) ORDER BY p.taxonomy, t.name LIMIT 40"""


def _noticed(row: sqlite3.Row) -> Noticed:
    fields = json.loads(row["fields"] or "[]")
    return Noticed(
        row["number"],
        row["change"],
        row["observed_at"] or "",
        tuple(map(str, fields)) if isinstance(fields, list) else (),
        row["before"],
        row["after"],
        row["confirmed"],
    )


def _versions(conn: sqlite3.Connection, key: str, noticed: tuple[Noticed, ...], *, private: bool) -> list[VersionRef]:
    made = {one.after: one.change for one in noticed if one.change != "copied"}  # which goes with what brought it
    query = (
        "SELECT rowid, capture, first_seen, last_seen, modified_gmt, payload_sha256 FROM versions WHERE item = ? "
        "AND (privilege = 'anonymous' OR ?) ORDER BY first_seen, last_seen, payload_sha256"
    )
    return [
        VersionRef(
            number,
            number_of(row["capture"]),
            row["rowid"],
            row["capture"],
            row["first_seen"],
            row["last_seen"],
            row["modified_gmt"],
            row["payload_sha256"],
            made.get(row["capture"], ""),
        )
        for number, row in enumerate(conn.execute(query, (key, private)), 1)
    ]


def _in_part(conn: sqlite3.Connection, table: ItemTable, row: sqlite3.Row) -> list[VersionRef]:
    """Return the last reading of an item that was only ever shown in part, as by a feed."""
    read = conn.execute("SELECT captured_at FROM captures WHERE capture = ?", (row["capture"],)).fetchone()
    if not row["partial"] or read is None:
        return []
    names = {"title": table.title, "content": table.content, "excerpt": table.excerpt}
    texts = {name: str((_column(row, column) if column else None) or "") for name, column in names.items()}
    modified, digest = _column(row, "modified_gmt"), row["payload_sha256"] or ""
    return [VersionRef(1, number_of(row["capture"]), 0, row["capture"], read[0], read[0], modified, digest, "", texts)]


def number_of(capture: str) -> str:
    """Return what names a version in an address: the first 12 hex digits of its capture; they survive a rebuild."""
    return capture.removeprefix("urn:uuid:").replace("-", "")[:12]


def _counts(conn: sqlite3.Connection, key: str, row: sqlite3.Row, *, private: bool) -> dict[str, int]:
    about = (row["site"], row["wp_id"], private)
    typed = (row["site"], key.split("/", 1)[1].rpartition("/")[0], row["wp_id"])
    queries = {
        "links": ("SELECT count(*) FROM links WHERE site = ? AND type = ? AND wp_id = ?", typed),
        "comments": (
            "SELECT count(*) FROM comments WHERE site = ? AND post = ? AND (privilege = 'anonymous' OR ?)",
            about,
        ),
        "kin": ("SELECT count(*) FROM kinship WHERE item = ? OR other = ?", (key, key)),
        "pictures": (
            "SELECT count(*) FROM outbound WHERE site = ? AND type = ? AND wp_id = ? AND element = 'img'",
            typed,
        ),
    }
    return {name: int(conn.execute(query, values).fetchone()[0]) for name, (query, values) in queries.items()}


def translations_of(conn: sqlite3.Connection, item: Item, *, private: bool) -> list[dict[str, Any]]:
    """Return the same in other languages, as the item names it: `language`, and `item` with its `title`, or the `url`."""
    if "language" not in item.table.columns:
        return []
    found = conn.execute(
        f"SELECT t.language, t.url, p.item, p.{item.table.title} AS title FROM translations t "  # noqa: S608 - our own names
        f"LEFT JOIN {item.table.name} p ON p.item = t.translation AND (p.privilege = 'anonymous' OR ?) "
        "WHERE t.item = ? AND (p.item IS NOT NULL OR t.translation IS NULL) ORDER BY t.language LIMIT 40",
        (private, item.key),
    )
    return [dict(row) for row in found if row["item"] or row["url"]]


def version_at(conn: sqlite3.Connection, item: Item, v: str, at: str) -> VersionRef | None:
    """Return the version that an address names by `v` (a capture) or `at` (a time); without either the newest.

    A capture that began no version means the one that stood when it was made.
    """
    if not item.versions:
        return None
    if v:
        for one in item.versions:
            if v and one.id.startswith(v):
                return one
        found = named(conn, _dashed(v))
        row = conn.execute("SELECT captured_at FROM captures WHERE capture = ?", (found,)).fetchone() if found else None
        if row is None:
            return None
        at = row[0]
    if at:
        return _read_at(item.versions, at)
    return item.current


def _read_at(versions: tuple[VersionRef, ...], at: str) -> VersionRef:
    """Return the version that was read before and after `at`, else the last one read before it, else the first."""
    around = [one for one in versions if one.first_seen <= at <= one.last_seen]
    before = [one for one in versions if one.first_seen <= at]
    if around:
        return max(around, key=lambda one: one.first_seen)
    return max(before, key=lambda one: one.last_seen) if before else versions[0]


def _dashed(digits: str) -> str:
    """Return the beginning of a UUID with its dashes, from hex digits with or without them."""
    plain = digits.replace("-", "")
    cuts = (0, 8, 12, 16, 20, 32)
    return "-".join(filter(None, (plain[start:end] for start, end in itertools.pairwise(cuts))))


def neighbours(conn: sqlite3.Connection, item: Item) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the earlier and the later article of the same type, by date of publication; None where there is none."""
    date = item.row.get("date_gmt")
    if item.table.name != "posts" or not date:
        return None, None
    query = (
        "SELECT item, title FROM posts WHERE site = ? AND type = ? AND date_gmt {0} ? AND privilege = 'anonymous' "
        "ORDER BY date_gmt {1} LIMIT 1"
    )
    about = (item.site, item.row["type"], date)
    earlier = conn.execute(query.format("<", "DESC"), about).fetchone()
    later = conn.execute(query.format(">", "ASC"), about).fetchone()
    return dict(earlier) if earlier else None, dict(later) if later else None
