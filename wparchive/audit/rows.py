"""The rows of `archive.db` against what stands in the WARCs."""

import json
import sqlite3
from collections.abc import Iterator

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.ledger import Ledger
from wparchive.errors import DamagedError
from wparchive.index.reading import salvaged
from wparchive.model import Capture, Privilege
from wparchive.store import Archive

__all__ = ["check_rows"]

# Tables whose rows hold an item as it was sent, → the columns that name one for people.
_ITEMS = {
    "posts": "t.site, t.type, t.wp_id",
    "revisions": "t.site, 'revision', t.wp_id",
    "media": "t.site, 'attachment', t.wp_id",
    "comments": "t.site, 'comment', t.wp_id",
    "terms": "t.site, t.taxonomy, t.wp_id",
    "users": "t.site, 'user', t.wp_id",
    "objects": "t.site, t.route, t.slug",
}
# What must agree for captures of other tools, of which the indexer may know more.
_PLACE = ("capture", "url", "captured_at", "status", "record_type", "warc", "offset", "length")
_BODY_LIMIT = 1 << 28


def check_rows(archive: Archive, ledger: Ledger, tally: Tally) -> Iterator[Finding]:
    """Compare `archive.db`, attached to `ledger`, with the walk's notes. Raises sqlite3.Error when it can't be read."""
    tables = {row[0] for row in ledger.rows("SELECT name FROM archive.sqlite_master WHERE type = 'table'")}
    for row in ledger.rows("PRAGMA archive.quick_check(5)"):
        if row[0] != "ok":
            yield Finding(
                "database", f"archive.db isn't sound: {row[0]}; run `wparchive index --rebuild`", "archive.db"
            )
    yield from _records(ledger, tally)
    yield from _captures(ledger, tally)
    for table, names in _ITEMS.items():
        if table in tables:
            yield from _items(archive, ledger, tally, table, names)


def _records(ledger: Ledger, tally: Tally) -> Iterator[Finding]:
    tally.rows += next(ledger.rows("SELECT count(*) FROM archive.records"))[0]
    unindexed = (
        "SELECT s.* FROM seen s LEFT JOIN archive.records r USING (warc, offset) WHERE r.warc IS NULL AND NOT s.open"
    )
    for row in ledger.rows(unindexed):
        yield _at(row, "this record has no row in archive.db; run `wparchive index`")
    orphans = (
        "SELECT r.* FROM archive.records r LEFT JOIN seen s USING (warc, offset)"
        " LEFT JOIN broken b USING (warc, offset) WHERE s.warc IS NULL AND b.warc IS NULL"
    )
    for row in ledger.rows(orphans):
        yield _at(row, "archive.db has a row for a record that isn't there")
    other = (
        "SELECT s.* FROM seen s JOIN archive.records r USING (warc, offset) WHERE"
        " (s.length, s.record_id, s.type, s.sha256) IS NOT (r.length, r.record_id, r.type, coalesce(r.sha256, s.sha256))"
    )
    for row in ledger.rows(other):
        yield _at(row, "this record isn't the one that was indexed: its bytes, length or id have changed")


def _at(row: sqlite3.Row, message: str) -> Finding:
    return Finding("row", message, row["warc"], row["offset"], row["record_id"])


def _captures(ledger: Ledger, tally: Tally) -> Iterator[Finding]:
    tally.rows += next(ledger.rows("SELECT count(*) FROM archive.captures"))[0]
    query = "SELECT caps.row AS expected, caps.ours, a.* FROM archive.captures a JOIN caps ON caps.capture = a.capture"
    for row in ledger.rows(query):
        expected = json.loads(row["expected"])
        names = expected if row["ours"] else _PLACE
        wrong = [name for name in names if row[name] != expected[name]]
        if wrong:
            message = f"its row in captures says something else in: {', '.join(wrong)}"
            yield Finding("row", message, expected["warc"], expected["offset"], row["capture"])
    orphans = (
        "SELECT a.* FROM archive.captures a LEFT JOIN caps USING (capture) WHERE caps.capture IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM broken b WHERE b.warc = a.warc"
        " AND b.offset BETWEEN a.offset AND a.offset + a.length + 65536)"  # its request and metadata follow it
    )
    for row in ledger.rows(orphans):
        yield Finding("row", "captures has a row for what isn't there", row["warc"], row["offset"], row["capture"])
    unindexed = (
        "SELECT c.* FROM caps c JOIN seen s USING (warc, offset) LEFT JOIN archive.captures a USING (capture)"
        " WHERE a.capture IS NULL AND c.ours AND NOT s.open"
    )
    for row in ledger.rows(unindexed):
        yield Finding(
            "row", "it has no row in captures; run `wparchive index`", row["warc"], row["offset"], row["capture"]
        )


def _items(archive: Archive, ledger: Ledger, tally: Tally, table: str, names: str) -> Iterator[Finding]:
    """Every item's `raw` must stand in the body of the capture that it names; each body is read once."""
    columns = f"json_array({names}) AS item, t.raw, t.capture"
    query = (
        f"SELECT {columns}, a.warc, a.offset, a.url FROM archive.{table} t"  # noqa: S608 (names of our own)
        " LEFT JOIN archive.captures a USING (capture) ORDER BY t.capture"
    )
    capture, text = "", ""
    mended: str | None = None
    for row in ledger.rows(query):
        tally.rows += 1
        item = "/".join(str(part) for part in json.loads(row["item"]))
        if row["warc"] is None:
            yield Finding("row", f"{table}: {item} names the capture {row['capture']}, which isn't there", "archive.db")
            continue
        if row["capture"] != capture:
            capture, text = row["capture"], _text(archive, row)
            mended = None
        if text and row["raw"] and "\ufffd" not in row["raw"] and row["raw"] not in text:
            mended = salvaged(text) if mended is None else mended
            if row["raw"] in mended:
                continue
            message = f"{table}: {item} isn't in this capture as its row has it"
            yield Finding("row", message, row["warc"], row["offset"], capture)


def _text(archive: Archive, row: sqlite3.Row) -> str:
    """The decoded body of a capture; empty when it can't be read, which the walk has reported."""
    wanted = Capture(
        capture=row["capture"], warc=row["warc"], offset=row["offset"], url=row["url"], length=0, site="", run="",
        crawl="", key="", method="", route=None, kind="", captured_at="", status=None, mime="", body_sha256="",
        payload_sha256="", payload_size=0, record_type="", refers_to=None, privilege=Privilege.ANONYMOUS,
    )  # fmt: skip
    try:
        return archive.response(wanted).body(_BODY_LIMIT).data.decode("utf-8", "surrogateescape")
    except DamagedError:
        return ""
