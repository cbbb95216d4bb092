"""Finds the answer that each revisit stands for: by its id, by address and date, or by its payload.

Sources: WARC 1.1, 5.7 and 6.7; Heritrix, warcprox and warcio.js each state another part of it.
"""

import json

from wparchive.intake.shelf import Row, Shelf

__all__ = ["LOST", "resolve"]

LOST = "lost-reference"
_SECONDS = len("2026-01-01T00:00:00")
_FOUND = "SELECT n, id, skipped, target, held, payload, body, size, status, mime, private FROM answers WHERE "
_BY_ID = _FOUND + "id = ? AND site = ? AND type = 'response' ORDER BY skipped IS NOT NULL, n LIMIT 1"
_BY_URI = (
    _FOUND
    + "uri = ? AND site = ? AND type = 'response' AND substr(at, 1, 19) = ? ORDER BY skipped IS NOT NULL, n LIMIT 1"
)
_BY_DIGEST = (
    _FOUND + "digest = ? AND site = ? AND type = 'response' AND digest != '' AND substr(at, 1, 19) <= ? "
    "ORDER BY skipped IS NOT NULL, at DESC LIMIT 1"
)
_BY_NUMBER = _FOUND + "n = ?"
_KNOWN = 'SELECT id, payload, body, size, status, mime, file, "offset" FROM known WHERE site = ? AND payload IS NOT NULL AND '
_TAKE = (
    "UPDATE answers SET target = ?, held = ?, payload = ?, body = ?, size = ?, status = coalesce(status, ?), "
    "mime = iif(mime = '', ?, mime), private = max(private, ?) WHERE n = ?"
)


def resolve(shelf: Shelf, site: str) -> int:
    """Tie each revisit of a site to the answer that it stands for; return how many refer to none that is there."""
    lost = 0
    revisits = "SELECT * FROM answers WHERE site = ? AND type = 'revisit' AND skipped IS NULL"
    for row in list(shelf.rows(revisits, site)):
        if not _tie(shelf, row):
            flags = json.dumps([*json.loads(row["flags"]), LOST])
            shelf.do("UPDATE answers SET flags = ? WHERE n = ?", flags, row["n"])
            lost += 1
    return lost


def _tie(shelf: Shelf, row: Row) -> bool:
    for found in _candidates(shelf, row):
        held = found["held"] if found["skipped"] else None
        kept = next(shelf.rows(_BY_NUMBER, found["target"]), None) if found["skipped"] and found["target"] else found
        if held and _tie_to_held(shelf, row, "id = ?", held):
            return True
        if kept and not kept["skipped"]:
            about = (kept["payload"], kept["body"], kept["size"], kept["status"], kept["mime"], kept["private"])
            shelf.do(_TAKE, kept["n"], kept["id"], *about, row["n"])
            return True
    if row["refers_id"] and _tie_to_held(shelf, row, "id = ?", row["refers_id"]):
        return True
    plain = str(row["refers_uri"]).partition("://")[2]
    when = str(row["refers_at"])[:_SECONDS]
    return bool(plain and when) and _tie_to_held(shelf, row, "uri = ? AND substr(at, 1, 19) = ?", plain, when)


def _candidates(shelf: Shelf, row: Row) -> list[Row]:
    """Return the answers in these files that a revisit may stand for, the surest first."""
    site, when = row["site"], str(row["refers_at"])[:_SECONDS]
    found = [*shelf.rows(_BY_ID, row["refers_id"], site)] if row["refers_id"] else []
    if row["refers_uri"] and when:
        found += shelf.rows(_BY_URI, row["refers_uri"], site, when)
    return [*found, *shelf.rows(_BY_DIGEST, row["digest"], site, row["at"][:_SECONDS])]


def _tie_to_held(shelf: Shelf, row: Row, where: str, *values: object) -> bool:
    known = next(shelf.rows(_KNOWN + where, row["site"], *values), None)
    if known is None:
        return False
    about = (known["payload"], known["body"], known["size"], known["status"], known["mime"], 0)
    shelf.do(_TAKE, None, known["id"], *about, row["n"])
    shelf.do(
        "INSERT OR IGNORE INTO written VALUES (?, ?, ?, ?)", row["site"], known["id"], known["file"], known["offset"]
    )
    return True
