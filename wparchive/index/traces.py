"""Where hot-linked uploads came from: what can be said offline, and what `wparchive trace` found out."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from wparchive.index.lookup import ItemKey, find_item
from wparchive.index.opening import reading
from wparchive.index.statements import upsert
from wparchive.urls import url_key
from wparchive.wordpress.mediafiles import unwrapped, upload_of
from wparchive.wordpress.values import clean, integer

__all__ = ["HotLink", "hot_links", "take_trace"]

_PUT = upsert("traces")
_TEXTS = (
    *("type", "url", "outcome", "reason", "host", "upload", "media_link", "media_url", "media_date", "credit"),
    *("article_type", "article_link", "article_title", "article_date", "capture", "article_capture", "traced_at"),
)


def take_trace(conn: sqlite3.Connection, site: str, run: str, value: object) -> None:
    """Write what a trace found out, a fact of `run`; one that makes no sense is left out."""
    if not isinstance(value, dict):
        return
    row: dict[str, Any] = {name: clean(value[name]) if isinstance(value.get(name), str) else None for name in _TEXTS}
    row |= {name: integer(value.get(name)) for name in ("wp_id", "media", "article")}
    if row["type"] and row["url"] and row["wp_id"] is not None:
        conn.execute(_PUT, row | {"site": site, "run": run})


@dataclass(frozen=True, slots=True)
class HotLink:
    """A picture that an item takes from another host: that host, the uploaded file behind it, and where we hold it.

    `upload` is empty for what isn't a WordPress upload; `held` names attachments of this archive, SITE/attachment/ID.
    """

    url: str
    host: str
    upload: str
    held: tuple[str, ...]


def hot_links(database: Path, key: str) -> tuple[ItemKey, str, list[HotLink]]:
    """The item that `key` names, the home of its site, and what its HTML takes from other hosts. Raises UsageError."""
    item = find_item(database, key)
    with reading(database) as db:
        home = db.execute("SELECT coalesce(home, root, '') FROM sites WHERE site = ?", (item.site,)).fetchone()[0]
        query = "SELECT url, origin, hotlink FROM outbound WHERE site = ? AND type = ? AND wp_id = ? ORDER BY url"
        rows = db.execute(query, (item.site, item.type, item.wp_id)).fetchall()
        foreign = [(url, host) for url, host, hotlink in rows if hotlink or _is_elsewhere(url, home)]
        links = [HotLink(url, host, _upload(url), tuple(_held(db, url))) for url, host in foreign]
    return item, home, links


def _is_elsewhere(url: str, home: str) -> bool:
    """Whether an upload lies on another port of the site's own host, which is another site."""
    there, here = (urlsplit(url_key(one)) for one in (unwrapped(url), home))
    return bool(_upload(url)) and there.hostname == here.hostname and there.netloc != here.netloc


def _upload(url: str) -> str:
    found = upload_of(url)
    return found.parent if found else ""


def _held(db: sqlite3.Connection, url: str) -> Iterator[str]:
    query = "SELECT DISTINCT site, media FROM media_files WHERE url IN (?, ?) AND media IS NOT NULL ORDER BY 1, 2"
    for site, media in db.execute(query, (url, unwrapped(url))):
        yield f"{site}/attachment/{media}"
