"""Finds the item or capture that a person names, and so its evidence in the WARC. Every command looks it up here.

A name is SITE/TYPE/ID (TYPE/ID where one site has it), a capture's id or how it begins, an address (an article's, a file's,
a REST route's, however it is spelled), or words of a headline.
"""

import json
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from wparchive.ask.finding.by_address import Named, at_address, hosts_of_sites, item_at
from wparchive.ask.finding.headlines import with_headline
from wparchive.ask.finding.item_keys import ItemKey, by_key, item_called, missing
from wparchive.errors import AmbiguousError, UsageError
from wparchive.index.database.opening import reading
from wparchive.index.item_types import TYPE_OF
from wparchive.model import Capture, Privilege
from wparchive.urls import why_not
from wparchive.wordpress.routes import Route

__all__ = ["ItemKey", "capture_of", "find_answer", "find_capture", "find_item", "look_up", "look_up_item"]

_WAYS = "name an item as SITE/TYPE/ID, as in example.org/post/68908, by its address, or by words of its headline"
_SHOWN = 10  # candidates listed
_LEAST = 4  # signs of an abbreviated id, as git has it
_ID = re.compile(r"(?:urn:)?(?:uuid:)?([0-9a-f][0-9a-f-]{2,}[0-9a-f])", re.IGNORECASE)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_GROUPS = (8, 13, 18, 23)
_FILES = "SELECT site, 'attachment', media FROM media_files WHERE (capture = ? OR latest = ?) AND media IS NOT NULL"
_SHOWN_FIRST = "SELECT DISTINCT site, type, wp_id FROM versions WHERE capture = ? ORDER BY 1, 2, 3"


def find_item(database: Path, key: str) -> ItemKey:
    """Return the item that `key` names, in whatever way. Raises AmbiguousError for more than one, UsageError for none.

    If a post type and a taxonomy share a name, the name means the post type, and `taxonomy:NAME` the other (see
    `type_names`).
    """
    with reading(database) as db:
        return look_up_item(db, key)


def find_capture(database: Path, key: str) -> Capture:
    """Return the capture that `key` names, of an item its newest one. Raises AmbiguousError, UsageError."""
    return find_answer(database, key)[0]


def find_answer(database: Path, key: str) -> tuple[Capture, ItemKey | None]:
    """Return the capture that `key` names, and the item that was asked for, if it was one: then it is that item's newest.

    Raises AmbiguousError for more than one, UsageError for none.
    """
    with reading(database) as db:
        named = look_up(db, key)
        if named.capture:
            return capture_of(db, named.capture), None
        item = named.item
        if item is None:
            raise UsageError(f"{key}: {_WAYS}")
        query = f"select capture from {item.table} where site = ? and {TYPE_OF[item.table]} = ? and wp_id = ?"  # noqa: S608
        row = db.execute(query, (item.site, item.type, item.wp_id)).fetchone()
        return capture_of(db, row[0]), item


def look_up(db: sqlite3.Connection, key: str) -> Named:
    """Return what `key` names; `db` must return rows by name. Raises AmbiguousError for more than one, UsageError for none."""
    key = _sound(key)
    if row := _row(db, key) or _row(db, f"urn:uuid:{key}"):
        return Named(None, row["capture"])
    if _SCHEME.match(key):
        return _addressed(db, key) or _nothing(db, key)
    items = by_key(db, key)
    if items:
        return Named(_one_item(key, items))
    if "/" in key and (named := _addressed(db, f"https://{key}")):
        return named
    if items is not None:
        raise missing(db, key)
    return _begun(db, key) or _nothing(db, key)


def look_up_item(db: sqlite3.Connection, key: str) -> ItemKey:
    """Return the item that `key` names in `db`, which must return rows by name; raises as `find_item` does."""
    named = look_up(db, key)
    return named.item or _item_of(db, key, str(named.capture))


def _begun(db: sqlite3.Connection, key: str) -> Named | None:
    """Return the one capture whose id begins so, or the one item with these words in its headline."""
    # A word of the letters a to f may begin an id as well; whoever means that writes more of it.
    if key.isalpha():
        return _headed(db, key) or _captured(db, key)
    return _captured(db, key) or _headed(db, key)


def _sound(key: str) -> str:
    """`key` without spaces around it. Raises UsageError for what no key can be: nothing, or bytes that are no text."""
    if not key.strip():
        raise UsageError(f"the name of what is sought is empty; {_WAYS}")
    if not key.isprintable():
        raise UsageError(f"{key}: not text that a name can be; {_WAYS}")
    return key.strip()


def _one_item(key: str, items: Sequence[ItemKey]) -> ItemKey:
    if len(items) > 1:
        raise UsageError(f"{key}: more than one item is called so; name one of {', '.join(map(str, items))}")
    return items[0]


def _addressed(db: sqlite3.Connection, url: str) -> Named | None:
    found = at_address(db, url)
    if len(found) > 1:
        lines = [str(one.item or one.capture) for one in found]
        raise AmbiguousError(f"{url}: {len(found)} things have this address; name one of them", lines[:_SHOWN])
    return found[0] if found else None


def _captured(db: sqlite3.Connection, key: str) -> Named | None:
    """Return the one capture whose id begins so."""
    found = _ID.fullmatch(key)
    digits = found[1].replace("-", "").lower() if found else ""
    if not _LEAST <= len(digits) <= 32:
        return None
    for place in _GROUPS:
        digits = f"{digits[:place]}-{digits[place:]}" if len(digits) > place else digits
    query = (
        "SELECT capture, captured_at, coalesce(route, url) FROM captures WHERE capture >= ? AND capture < ? "
        "ORDER BY capture"
    )
    rows = db.execute(query, (f"urn:uuid:{digits}", f"urn:uuid:{digits}g")).fetchmany(_SHOWN + 1)
    if len(rows) > 1:
        lines = [f"{capture}  {at[:19]}Z  {what}" for capture, at, what in rows]
        raise AmbiguousError(f"{key}: more than one capture begins so; name one of them", _few(lines))
    return Named(None, rows[0][0]) if rows else None


def _headed(db: sqlite3.Connection, key: str) -> Named | None:
    found = with_headline(db, key)
    if len(found) > 1:
        lines = [f"{one.item}  {one.date[:10]}  {one.title}" for one in found]
        raise AmbiguousError(f"{key}: more than one headline has these words; name one of them", _few(lines))
    return Named(found[0].item) if found else None


def _few(lines: Sequence[str]) -> list[str]:
    return [*lines[:_SHOWN], *(["… and more"] if len(lines) > _SHOWN else [])]


def _nothing(db: sqlite3.Connection, key: str) -> Named:
    if not _SCHEME.match(key):
        raise UsageError(f"{key}: no such thing in the archive; {_WAYS}")
    if fault := why_not(key):
        raise UsageError(f"{key}: {fault}")
    raise UsageError(f"{key}: nothing in the archive has this address{_elsewhere(db, key)}")


def _elsewhere(db: sqlite3.Connection, url: str) -> str:
    host = url.partition("://")[2].partition("/")[0].lower().removeprefix("www.")
    return "" if host in (hosts := hosts_of_sites(db)) else f": it has {', '.join(sorted(hosts)[:_SHOWN]) or 'no site'}"


def _item_of(db: sqlite3.Connection, key: str, capture: str) -> ItemKey:
    """Return the one item that `capture` shows."""
    site, route = db.execute("SELECT site, route FROM captures WHERE capture = ?", (capture,)).fetchone()
    if route and (item := item_at(db, site, Route.parse(route))):
        return item
    if item := next(
        (found for row in db.execute(_FILES, (capture, capture)) if (found := item_called(db, *row))), None
    ):
        return item
    items = [str(item) for row in db.execute(_SHOWN_FIRST, (capture,)) if (item := item_called(db, *row))]
    if not items:
        raise UsageError(f"{key}: an answer, and no item; {_WAYS}")
    raise AmbiguousError(f"{key}: an answer that lists items, these for the first time; name one of them", _few(items))


def capture_of(db: sqlite3.Connection, capture: str) -> Capture:
    """Return the capture with this id; `db` must return rows by name. Raises UsageError if there is none."""
    row = _row(db, capture)
    if row is None:
        raise UsageError(f"{capture}: no such capture in the archive")
    return _capture(row)


def _row(db: sqlite3.Connection, capture: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("select * from captures where capture = ?", (capture,)).fetchone()
    return row


def _capture(row: sqlite3.Row) -> Capture:
    # The database may come from elsewhere: without a file and an offset, there is no evidence to show.
    if not isinstance(row["warc"], str) or not isinstance(row["offset"], int) or row["offset"] < 0:
        raise ValueError("a capture that stands nowhere")
    return Capture(
        capture=row["capture"],
        site=row["site"],
        run=row["run"],
        crawl=row["run"],
        key=row["route"] or row["url"],
        method=row["method"],
        url=row["url"],
        route=row["route"],
        kind=row["kind"],
        captured_at=row["captured_at"],
        status=row["status"],
        mime=row["mime"] or "",
        body_sha256=row["body_sha256"] or "",
        payload_sha256=(row["payload_digest"] or "").removeprefix("sha256:"),
        payload_size=0,
        record_type=row["record_type"],
        refers_to=row["refers_to"],
        warc=row["warc"],
        offset=row["offset"],
        length=row["length"],
        privilege=Privilege(row["privilege"]),
        truncated=row["truncated"],
        flags=tuple(json.loads(row["flags"] or "[]")),
    )
