"""Which held file stands for a picture's address at a time."""

import re
import sqlite3

__all__ = ["file_of"]

_SIZE = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w{2,5}$)")
_AS_SEEN = """
    SELECT k.body_sha256 FROM captures k WHERE k.url = ? AND k.kind = 'file' AND k.status = 200 AND k.captured_at <= ?
    AND k.privilege = 'anonymous' AND k.body_sha256 IS NOT NULL AND coalesce(k.mime, '') NOT LIKE 'text/html%'
    AND NOT EXISTS (SELECT 1 FROM media_files f WHERE f.site = k.site AND f.url = k.url AND f.sha256 IS NULL)
    ORDER BY k.captured_at DESC LIMIT 1"""  # a page that stands in for a picture is none
_HELD = "SELECT sha256 FROM media_files WHERE url = ? AND sha256 IS NOT NULL ORDER BY last_seen DESC LIMIT 1"


def file_of(conn: sqlite3.Connection, url: str, at: str) -> tuple[str, str] | None:
    """Return the digest of the file at `url` as it was at the time `at`, and of which address it is; None if none is held.

    Of a smaller size that is not held the original stands for it: a reader is told so.
    """
    for one in dict.fromkeys((url, _SIZE.sub("", url))):
        for query, values in ((_AS_SEEN, (one, at)), (_HELD, (one,))):
            row = conn.execute(query, values).fetchone()
            if row and _is_held(conn, row[0]):
                return str(row[0]), one
    return None


def _is_held(conn: sqlite3.Connection, sha256: str) -> bool:
    return conn.execute("SELECT 1 FROM captures WHERE body_sha256 = ? LIMIT 1", (sha256,)).fetchone() is not None
