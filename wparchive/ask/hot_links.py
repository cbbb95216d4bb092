"""Where an item's hot-linked uploads come from, as far as that can be determined offline."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wparchive.ask.lookup import ItemKey, find_item
from wparchive.index.database.opening import reading
from wparchive.urls import url_key
from wparchive.wordpress.files.attachment_files import unwrapped, upload_of

__all__ = ["HotLink", "hot_links"]


@dataclass(frozen=True, slots=True)
class HotLink:
    """A picture that an item loads from another host: the host, the uploaded file behind it, and where it is held.

    `upload` is empty if it is not a WordPress upload. `held` lists attachments of this archive, as SITE/attachment/ID.
    """

    url: str
    host: str
    upload: str
    held: tuple[str, ...]


def hot_links(database: Path, key: str) -> tuple[ItemKey, str, list[HotLink]]:
    """Return the item that `key` names, its site's home, and what its HTML loads from other hosts. Raises UsageError."""
    item = find_item(database, key)
    with reading(database) as db:
        home = db.execute("SELECT coalesce(home, root, '') FROM sites WHERE site = ?", (item.site,)).fetchone()[0]
        query = "SELECT url, origin, hotlink FROM outbound WHERE site = ? AND type = ? AND wp_id = ? ORDER BY url"
        rows = db.execute(query, (item.site, item.type, item.wp_id)).fetchall()
        foreign = [(url, host) for url, host, hotlink in rows if hotlink or _is_elsewhere(url, home)]
        links = [HotLink(url, host, _upload(url), tuple(_held(db, url))) for url, host in foreign]
    return item, home, links


def _is_elsewhere(url: str, home: str) -> bool:
    """Return whether an upload is on another port of the site's own host, which makes it another site."""
    there, here = (urlsplit(url_key(one)) for one in (unwrapped(url), home))
    return bool(_upload(url)) and there.hostname == here.hostname and there.netloc != here.netloc


def _upload(url: str) -> str:
    found = upload_of(url)
    return found.parent if found else ""


def _held(db: sqlite3.Connection, url: str) -> Iterator[str]:
    query = "SELECT DISTINCT site, media FROM media_files WHERE url IN (?, ?) AND media IS NOT NULL ORDER BY 1, 2"
    for site, media in db.execute(query, (url, unwrapped(url))):
        yield f"{site}/attachment/{media}"
