"""What proves each version of an item: its captures, their place in the WARCs, and the answers about its absence."""

import sqlite3
from typing import Any

from wparchive.browse.queries.item import Item, VersionRef
from wparchive.browse.render.cite import shell_line
from wparchive.browse.web import Room

__all__ = ["fill"]

_COLUMNS = "capture, kind, url, captured_at, status, code, warc, offset, length, body_sha256, record_type, privilege"


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return a line for each capture that an observation or a version of the item names."""
    del version
    proofs = await room.ask(lambda conn: _proofs(conn, item))
    return {"proofs": [one for one in proofs if room.with_private or one["privilege"] == "anonymous"]}


def _proofs(conn: sqlite3.Connection, item: Item) -> list[dict[str, Any]]:
    named: dict[str, list[str]] = {}
    for one in item.versions:
        said = "its last reading" if one.texts is not None else f"version {one.number}, first seen"
        named.setdefault(one.capture, []).append(said)
    for noticed in item.noticed:
        label = noticed.change.replace("_", " ")
        before = "the other" if noticed.change == "copied" else "before"
        for capture, what in ((noticed.before, before), (noticed.after, ""), (noticed.confirmed, "read once more")):
            if capture:
                named.setdefault(capture, []).append(f"{label}: {what}" if what else label)
    found = [_proof(conn, capture, said) for capture, said in named.items()]
    return sorted(filter(None, found), key=lambda one: str(one["captured_at"]))


def _proof(conn: sqlite3.Connection, capture: str, said: list[str]) -> dict[str, Any]:
    row = conn.execute(f"SELECT {_COLUMNS} FROM captures WHERE capture = ?", (capture,)).fetchone()  # noqa: S608 - our own names
    if row is None:
        return {}
    sha256 = conn.execute(
        "SELECT sha256 FROM records WHERE warc = ? AND offset = ?", (row["warc"], row["offset"])
    ).fetchone()
    return {
        **dict(row),
        "said": said,
        "record_sha256": sha256[0] if sha256 else None,
        "shell": shell_line(row["warc"], row["offset"], row["length"]),
    }
