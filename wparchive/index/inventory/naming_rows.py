"""The rows of `inventory`: the URLs that sitemaps and feeds name, each with the newest document that names it."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from wparchive.index.entries.captured import Read
from wparchive.index.inventory.named import NamedUrls
from wparchive.index.items.items import Found
from wparchive.index.statements import upsert
from wparchive.wordpress.inventory.places import place_of
from wparchive.wordpress.values import clean, members

__all__ = ["take_inventory", "take_inventory_fact"]

_URL = (
    "INSERT INTO inventory (site, url, source, document, lastmod, first_seen, last_seen, elsewhere, capture, key) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (site, url, source) DO UPDATE SET document = excluded.document, "
    "lastmod = excluded.lastmod, elsewhere = excluded.elsewhere, last_seen = excluded.last_seen, capture = excluded.capture "
    "WHERE excluded.last_seen >= last_seen"
)
# What was imported may be older than what was read before.
_DOCUMENT = upsert("inventory_documents", where="excluded.last_seen >= last_seen")
_EARLIER = (
    "UPDATE inventory_documents SET first_seen = :seen WHERE site = :site AND url = :url AND first_seen > :seen",
    "UPDATE inventory SET first_seen = :seen WHERE site = :site AND first_seen > :seen AND source = :source AND url = :named",
)
_SAME = "UPDATE inventory_documents SET last_seen = max(last_seen, :seen), latest = :capture WHERE site = :site AND url = :url"
_NOT_ANSWERED = (
    "INSERT INTO inventory_documents (site, url, source, fault, first_seen, last_seen, run) "
    "VALUES (:site, :url, :source, :fault, :seen, :seen, :run) ON CONFLICT (site, url) DO UPDATE SET "
    "fault = excluded.fault, last_seen = excluded.last_seen, run = excluded.run"
)
_STARTED = "SELECT coalesce(started_at, '') FROM runs WHERE run = ?"
_FED = "INSERT OR REPLACE INTO _wparchive_fed VALUES (?, ?, ?, ?, ?)"


def take_inventory(conn: sqlite3.Connection, site: str, run: str | None, given: Read) -> None:
    """Write what a capture says of the site's URLs, if it is a sitemap or feed; its items are written already."""
    if given.named:
        _take_named(conn, site, run, given.named)
    if given.source and given.source.via:
        _note_rows(conn, site, given.found)


def _take_named(conn: sqlite3.Connection, site: str, run: str | None, named: NamedUrls) -> None:
    """Write what a document says. A 304 changes nothing of what is held."""
    seen = named.seen
    about: dict[str, Any] = {"site": site, "url": named.url, "seen": seen, "capture": named.capture}
    if named.same:
        conn.execute(_SAME, about)
        return
    row = {
        "source": named.source,
        "form": named.form or None,
        "status": named.status,
        "entries": len(named.entries),
        "fault": named.fault,
        "first_seen": named.seen,
        "last_seen": named.seen,
        "read_at": named.seen if named.form else None,
        "run": run,
        "latest": named.capture,
    }
    conn.execute(_DOCUMENT, {**about, **row})
    conn.execute(_EARLIER[0], about)
    conn.executemany(
        _URL,
        (
            (site, url, named.source, named.url, lastmod, seen, seen, elsewhere, named.capture, place_of(url) or None)
            for url, lastmod, elsewhere in named.entries
        ),
    )
    conn.executemany(_EARLIER[1], ({**about, "source": named.source, "named": url} for url, *_ in named.entries))


def _note_rows(conn: sqlite3.Connection, site: str, found: Iterable[Found]) -> None:
    """Note which rows come from a feed alone, until the REST API shows the same items."""
    keys = []
    for one in found:
        link = one.fields.get("link")
        place = place_of(link) if isinstance(link, str) else ""
        keys.append((site, one.who.table, one.who.type, one.who.wp_id, place))
    conn.executemany(_FED, keys)


def take_inventory_fact(conn: sqlite3.Connection, site: str, run: str, fact: Mapping[str, Any]) -> None:
    """Write the documents that a run couldn't ask for, as robots.txt or the guard forbade it: no capture shows them."""
    (started,) = conn.execute(_STARTED, (run,)).fetchone() or ("",)
    for note in members(fact.get("notes"), dict):
        texts = [note.get(name) for name in ("url", "kind", "reason")]
        if note.get("unseen") is True and all(isinstance(text, str) for text in texts):
            url, kind, reason = (clean(str(text)) for text in texts)
            about = {"site": site, "run": run, "seen": started, "url": url, "source": kind, "fault": reason}
            conn.execute(_NOT_ANSWERED, about)
