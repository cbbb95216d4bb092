"""The results of `wparchive trace`, which finds the origin of hot-linked uploads, as rows."""

import sqlite3
from typing import Any

from wparchive.index.statements import upsert
from wparchive.wordpress.values import clean, integer

__all__ = ["take_trace"]

_PUT = upsert("traces")
_TEXTS = (
    *("type", "url", "outcome", "reason", "host", "upload", "media_link", "media_url", "media_date", "credit"),
    *("article_type", "article_link", "article_title", "article_date", "capture", "article_capture", "traced_at"),
)


def take_trace(conn: sqlite3.Connection, site: str, run: str, value: object) -> None:
    """Write the result of a trace, a fact of `run`; an invalid one is ignored."""
    if not isinstance(value, dict):
        return
    row: dict[str, Any] = {name: clean(value[name]) if isinstance(value.get(name), str) else None for name in _TEXTS}
    row |= {name: integer(value.get(name)) for name in ("wp_id", "media", "article")}
    if row["type"] and row["url"] and row["wp_id"] is not None:
        conn.execute(_PUT, row | {"site": site, "run": run})
