"""The text of a version as HTML that may stand on our page: cleaned, with the archive's own pictures and addresses."""

import sqlite3

from markupsafe import Markup

from wparchive.ask.presenting.clean import Cleaned, Places, clean
from wparchive.ask.version_texts import VersionTexts
from wparchive.browse.queries.item import Item, VersionRef
from wparchive.browse.queries.pictures import address_of
from wparchive.browse.web import Room, framed

__all__ = ["shown_text", "texts_of"]


def texts_of(conn: sqlite3.Connection, version: VersionRef, *, with_noise: bool) -> dict[str, str]:
    """Return title, content and excerpt of a version, without what plug-ins inject unless `with_noise`."""
    if version.texts is not None:
        return dict(version.texts)
    row = conn.execute("SELECT * FROM versions WHERE rowid = ?", (version.rowid,)).fetchone()
    if with_noise:
        return {name: row[name] or "" for name in ("title", "content", "excerpt")}
    return VersionTexts(conn).of(row)


def shown_text(
    conn: sqlite3.Connection, room: Room, item: Item, version: VersionRef, html: str, *, as_sent: bool = False
) -> tuple[Markup, Cleaned]:
    """Return cleaned HTML of `html`, and what was left out of it; pictures are those held when the version was last seen."""
    frame = framed(room.datasette) if as_sent else ""
    places = Places(
        link=room.addresses.url,
        picture=lambda url: address_of(conn, room.addresses, url, version.last_seen, frame=frame),
        base=str(item.row.get("link") or ""),
    )
    cleaned = clean(html, places, as_sent=as_sent)
    return Markup(cleaned.html), cleaned  # noqa: S704 - the allow-list wrote it
