"""The rows of `pages` and `page_files`, derived from the captures in order.

Each capture of a page is a row of `pages`; one that was never requested has no capture, but a verdict. `page_files` has
what the newest capture of a page, or of a stylesheet, names, with the capture of it that was the newest by then, or the
first that came later.
"""

import sqlite3

from wparchive.index.database.creation import ensure_index
from wparchive.index.pages.page_answers import PageAnswer
from wparchive.index.pages.page_judging import Judged, as_before, judged
from wparchive.index.statements import insert
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.files.signed import file_key
from wparchive.wordpress.values import clean, integer, mapping, members

__all__ = ["PageWriter"]

_PAGE = insert("pages")
_DOUBT = insert("_wparchive_page_doubts", verb="INSERT OR IGNORE")
_ITEM = (
    "SELECT payload_sha256, CASE WHEN privilege = 'anonymous' AND NOT partial AND gone IS NULL THEN raw END FROM posts "
    "WHERE site = ? AND type = ? AND wp_id = ?"
)
_FORGET = "DELETE FROM page_files WHERE site = ? AND page = ?"
_FILE = insert("page_files", verb="INSERT OR REPLACE")
_HELD = (
    "SELECT coalesce((SELECT capture FROM _wparchive_requisites WHERE site = :site AND url = :url), "
    "(SELECT capture FROM media_files WHERE site = :site AND key = :key AND sha256 IS NOT NULL))"
)
_HOLD = insert("_wparchive_requisites", verb="INSERT OR REPLACE")
_CAME = "UPDATE page_files SET capture = :capture WHERE site = :site AND url = :url AND capture IS NULL"
_UNASKED = "DELETE FROM pages WHERE site = ? AND url = ? AND capture IS NULL"


class PageWriter:
    """Writes what responses show of the pages of one site. The caller has opened a transaction."""

    def __init__(self, conn: sqlite3.Connection, site: str) -> None:
        self._conn = conn
        self._site = site
        # A new database gets its indexes only at the end, but each response looks these up.
        for table, columns in (("page_files", "site url"), ("pages", "site type wp_id"), ("media_files", "site key")):
            ensure_index(conn, table, columns)

    def take(self, answer: PageAnswer, noise: SiteNoise) -> None:
        """Write what one response shows; `noise` is what makes texts of the site differ by itself."""
        if answer.page:
            self._page(answer, noise.of(answer.type or ""))
        elif answer.problem is None and answer.status != 304:
            held = {"site": self._site, "url": answer.url, "capture": answer.capture}
            self._conn.execute(_HOLD, held)
            self._conn.execute(_CAME, held)
        if answer.names is not None and answer.problem is None:
            self._names(answer.url, answer.names)

    def _page(self, answer: PageAnswer, noise: Noise) -> None:
        item = self._conn.execute(_ITEM, (self._site, answer.type, answer.wp_id)).fetchone() or (None, None)
        about = ("url", "type", "wp_id", "status", "final_url", "captured_at", "capture")
        row = {name: getattr(answer, name) for name in about}
        unchanged = answer.status == 304
        said = as_before(self._conn, self._site, answer, item[0]) if unchanged else judged(answer, item[1], noise)
        row |= {"site": self._site, "payload_sha256": item[0], **said._asdict()}
        self._conn.execute(_PAGE, row)
        if said.doubt:
            self._conn.execute(_DOUBT, row)

    def _names(self, page: str, names: dict[str, str]) -> None:
        self._conn.execute(_FORGET, (self._site, page))
        for url, role in names.items():
            where = {"site": self._site, "url": url, "key": file_key(url)}
            held = self._conn.execute(_HELD, where).fetchone()[0]
            self._conn.execute(_FILE, {"site": self._site, "page": page, "url": url, "role": role, "capture": held})

    def take_fact(self, value: object) -> None:
        """Write the pages that a run may not request, as its fact says."""
        for entry in members(mapping(value).get("pages"), dict):
            if not isinstance(entry.get("url"), str):
                continue
            url = clean(entry["url"])
            row = (
                dict.fromkeys(("payload_sha256", "status", "final_url", "captured_at", "capture")) | Judged()._asdict()
            )
            row["reason"] = clean(str(entry["reason"])) if entry.get("reason") else None
            kind = entry.get("type")
            row |= {"site": self._site, "url": url, "verdict": clean(str(entry.get("problem")))}
            row |= {"type": clean(kind) if isinstance(kind, str) else None, "wp_id": integer(entry.get("id"))}
            self._conn.execute(_UNASKED, (self._site, url))
            self._conn.execute(_PAGE, row)
