"""JSON Lines: each row of the tables that people browse as one JSON object, with the evidence that it was read from.

A line has `_table`, the columns as they are, and `_evidence`: capture, warc, offset, length, body_sha256 and seal (the
number of the earliest seal over that WARC, null without one); null as a whole where a row was read from no one capture.
Columns that hold JSON are values, not text: numbers, order and repeated keys of `raw` are as WordPress sent them. Lines are
ASCII, so that whatever a site wrote neither breaks a line nor steers a terminal.
"""

import json
import re
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import BinaryIO, Final

from wparchive.errors import UsageError
from wparchive.export.public_copy import copied
from wparchive.index.schema import ITEM_TABLES, TABLES
from wparchive.index.table import Table
from wparchive.store import Archive

__all__ = ["TABLE_NAMES", "write_jsonl"]

TABLE_NAMES: Final = tuple(name for name in TABLES if not name.startswith("_"))

_JSON = frozenset(("aliases", "fields", "flags", "hosts", "passages", "pieces", "raw", "same", "settings", "tags"))
_OF_ITEM = "(SELECT i.capture FROM {} i WHERE i.site = t.site AND i.wp_id = t.wp_id AND t.type = {})"
_OF_ANY_ITEM = ", ".join(_OF_ITEM.format(table.name, table.type) for table in ITEM_TABLES.values())
# The capture behind a row, where it isn't in a column of that name.
_CAPTURE = {
    "observations": "coalesce(t.after, t.before)",
    "copied": "t.after",
    "records": "t.record_id",
    "post_terms": _OF_ITEM.format("posts", ITEM_TABLES["posts"].type),
    "outbound": f"coalesce({_OF_ANY_ITEM})",
}
_EVIDENCE = ("capture", "warc", "offset", "length", "body_sha256")
# Rows of a site in tables without a column that names it.
_OF_SITES = {
    "kinship": "EXISTS (SELECT 1 FROM sites s WHERE s.site IN ({}) AND s.site IN (t.item_site, t.other_site))",
    "clusters": "t.item_site IN ({})",
    "pictures": "t.sha256 IN (SELECT sha256 FROM media_files WHERE site IN ({}))",
    "records": "substr(t.warc, 1, instr(t.warc, '/') - 1) IN ({})",
}
_BREAKS = str.maketrans("\t\n\r", "   ")
_UNSAFE = re.compile(r"[^ -~]")


def write_jsonl(
    archive: Archive,
    out: BinaryIO,
    *,
    tables: Collection[str] | None = None,
    sites: Collection[str] | None = None,
    private: bool = False,
    seals: Mapping[str, int] | None = None,
) -> int:
    """Write the rows of `tables` (default: TABLE_NAMES) to `out`, ordered by table and key; return their number.

    With `sites`, only rows of those. Without `private`, nothing that only credentials showed is among them. `seals` maps
    a WARC's path in the archive to the number of its earliest seal. Raises UsageError, StorageError, DamagedError, OSError.
    """
    written = 0
    with copied(archive, private=private) as conn:
        _refuse_unindexed(conn, sites or ())
        for name in TABLE_NAMES:
            if tables is None or name in tables:
                for line in _lines(conn, TABLES[name], sorted(sites or ()), seals or {}):
                    out.write(line)
                    written += 1
    return written


def _refuse_unindexed(conn: sqlite3.Connection, sites: Collection[str]) -> None:
    known = {site for (site,) in conn.execute("SELECT site FROM sites UNION SELECT site FROM _wparchive_files")}
    for site in sites:
        if site not in known:
            raise UsageError(f"{site}: archive.db has no such site; bring it up to date with: wparchive index")


def _lines(conn: sqlite3.Connection, table: Table, sites: Sequence[str], seals: Mapping[str, int]) -> Iterator[bytes]:
    cursor = conn.execute(_query(table, len(sites)), sites)
    names = [column[0] for column in cursor.description[: -len(_EVIDENCE)]]
    labels = [f"{json.dumps(name)}: " for name in names]
    for row in cursor:
        values = map(_value, names, row)
        columns = (label + value for label, value in zip(labels, values, strict=True))
        evidence = _value("", _evidence(row[len(names) :], seals))
        yield f'{{"_table": "{table.name}", {", ".join(columns)}, "_evidence": {evidence}}}\n'.encode("ascii")


def _query(table: Table, sites: int) -> str:
    capture = _CAPTURE.get(table.name) or ("t.capture" if "capture" in table.columns else "NULL")
    held = ", ".join(f"c.{name}" for name in _EVIDENCE)
    order = ", ".join(f't."{name}"' for name in table.key or table.columns)
    where = _OF_SITES.get(table.name, "t.site IN ({})").format(", ".join("?" * sites)) if sites else "1"
    return (
        f'SELECT t.*, {held} FROM "{table.name}" t LEFT JOIN captures c ON c.capture = {capture} '  # noqa: S608 - our own names
        f"WHERE {where} ORDER BY {order}"
    )


def _evidence(held: Sequence[object], seals: Mapping[str, int]) -> dict[str, object] | None:
    found = dict(zip(_EVIDENCE, held, strict=True))
    return None if found["capture"] is None else {**found, "seal": seals.get(str(found["warc"]))}


def _value(name: str, value: object) -> str:
    """Return a column's value as JSON in ASCII."""
    if name in _JSON and isinstance(value, str) and _is_json(value):
        return _UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1], value.translate(_BREAKS))
    return json.dumps(value, allow_nan=False).replace("\x7f", "\\u007f")


def _is_json(text: str) -> bool:
    try:
        # Numbers aren't converted, which takes long for one of a million digits.
        json.loads(text, parse_int=len, parse_float=len, parse_constant=_refused)
    except (ValueError, RecursionError):
        return False
    return True


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
