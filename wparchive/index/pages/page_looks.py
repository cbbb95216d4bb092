"""Looks at the captured pages of one site: what kind of page each is, and what it shows of its item.

A look depends on the rows as they stand at the end of the run in which the page was captured, and on the stored responses.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from wparchive.errors import DamagedError
from wparchive.index.database.creation import ensure_index
from wparchive.index.entries.response_at import response_at
from wparchive.store import Archive
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.pages.article import Article, article_of
from wparchive.wordpress.pages.page_audit import DOUBTFUL, Answer, Audited, Standing, audit_page
from wparchive.wordpress.payload.payload import read

__all__ = ["Item", "Page", "PageLooks"]

_LARGEST: Final = 8 << 20  # bytes of a page
_OLDER: Final = 10  # former versions that a page is compared with
_OF_PAGE = (
    "p.rowid, p.url, p.final_url, p.type, p.wp_id, p.payload_sha256, p.status, p.verdict, p.agrees, p.captured_at, "
    "p.capture, k.warc, k.offset, k.url, k.truncated FROM pages p JOIN captures k ON k.capture = p.capture"
)
_PAGE = f"SELECT {_OF_PAGE} WHERE p.rowid = ?"
_GOT = "p.status BETWEEN 200 AND 299"
# Of another crawl: the next run may continue the same one.
_BEFORE = f"""
    SELECT {_OF_PAGE} JOIN runs r ON r.run = k.run
    WHERE p.site = :site AND p.type = :type AND p.wp_id = :wp_id AND p.url = :url AND p.rowid < :rowid
    AND ({_GOT} OR p.status = 304) AND coalesce(r.crawl, r.run) != (
      SELECT coalesce(n.crawl, n.run) FROM captures c JOIN runs n ON n.run = c.run WHERE c.capture = :capture)
    ORDER BY p.rowid DESC LIMIT 1"""  # noqa: S608 - our own words
_BODY = f"SELECT {_OF_PAGE} WHERE p.site = ? AND p.url = ? AND p.rowid < ? AND {_GOT} ORDER BY p.rowid DESC LIMIT 1"
_DOUBTED = """
    SELECT p.rowid FROM _wparchive_page_doubts d JOIN pages p ON p.capture = d.capture WHERE d.site = ? ORDER BY 1"""
_OF_ITEM = "site = :site AND wp_id = :wp_id AND type IN (:type, 'post_type:' || :type)"
_ITEM = """
    SELECT v.type, p.raw, p.capture, v.first_seen, v.last_seen FROM posts p
    JOIN versions v ON v.site = p.site AND v.wp_id = p.wp_id
    AND v.type IN (p.type, 'post_type:' || p.type) AND v.payload_sha256 = p.payload_sha256
    WHERE p.site = :site AND p.type = :type AND p.wp_id = :wp_id AND p.payload_sha256 = :payload_sha256
    AND p.privilege = 'anonymous' AND NOT p.partial AND p.gone IS NULL AND v.privilege = 'anonymous'"""
_FORMER = f"""
    SELECT payload_sha256, title, content FROM versions WHERE {_OF_ITEM} AND payload_sha256 IS NOT :payload_sha256
    AND privilege = 'anonymous' ORDER BY last_seen DESC, first_seen DESC, payload_sha256 LIMIT {_OLDER}"""  # noqa: S608 - ours


@dataclass(frozen=True, slots=True)
class Page:
    """A row of `pages`, and the place of its capture."""

    rowid: int
    url: str
    final_url: str
    type: str | None
    wp_id: int | None
    payload_sha256: str | None
    status: int | None
    verdict: str | None
    agrees: int | None
    captured_at: str
    capture: str
    warc: str
    offset: int
    at: str
    truncated: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """What the API says of a page's item: its type as versions have it, its JSON, the capture, and when it said so."""

    type: str
    value: Mapping[str, Any]
    capture: str
    first_seen: str
    last_seen: str


class PageLooks:
    """Looks at pages of one site; the rows of its captures are written."""

    def __init__(self, conn: sqlite3.Connection, archive: Archive, site: str, noise: SiteNoise) -> None:
        self._conn, self._archive, self._site, self._noise = conn, archive, site, noise
        # A new database gets its indexes only at the end.
        for table, columns in (("pages", "capture"), ("pages", "site url"), ("captures", "run")):
            ensure_index(conn, table, columns)

    def doubted(self) -> list[int]:
        """Return the row ids of the pages of the current run that may differ from their items."""
        return [rowid for (rowid,) in self._conn.execute(_DOUBTED, (self._site,))]

    def page(self, rowid: int) -> Page | None:
        """Return a row of `pages`."""
        return self._found(_PAGE, (rowid,))

    def before(self, page: Page) -> Page | None:
        """Return the newest page of the same item at the same address that an earlier crawl captured."""
        about = {"type": page.type, "wp_id": page.wp_id, "url": page.url, "rowid": page.rowid, "capture": page.capture}
        return self._found(_BEFORE, {"site": self._site, **about})

    def _found(self, query: str, about: Any) -> Page | None:
        row = self._conn.execute(query, about).fetchone()
        return Page(*row) if row else None

    def item(self, page: Page) -> Item | None:
        """Return the item of a page, if it is public and still says what it said when the page was captured."""
        if page.wp_id is None or page.payload_sha256 is None:
            return None
        row = self._conn.execute(_ITEM, self._about(page)).fetchone()
        value = read(row[1].encode("utf-8", "replace")).value if row else None
        return Item(row[0], value, *row[2:]) if isinstance(value, dict) else None

    def _about(self, page: Page) -> dict[str, Any]:
        return {"site": self._site, **{name: getattr(page, name) for name in ("type", "wp_id", "payload_sha256")}}

    def look(self, page: Page) -> Audited | None:
        """Return what a page is and shows; None without an answer, or when its record is lost.

        A page that is the same as before (304) shows what the one before showed.
        """
        shown = self._found(_BODY, (self._site, page.url, page.rowid)) if page.status == 304 else page
        if shown is None or page.status is None:
            return None
        try:
            stored = response_at(self._archive, shown.capture, shown.warc, shown.offset, shown.at)
            head, body = stored.head or stored.answer.head, stored.body(_LARGEST)
        except DamagedError:  # `verify` reports it
            return None
        item = self.item(page)
        noise = self._noise.of(item.type) if item else self._noise.configured
        article = article_of(item.value, noise) if item else None
        older = [*self._older(page, noise)] if item else []
        found = audit_page(Answer(page.url, page.final_url, head, body.data), article, noise, older)
        return _in_part(found) if shown.truncated or body.flags else found

    def _older(self, page: Page, noise: Noise) -> Iterator[tuple[str, Article]]:
        for digest, title, content in self._conn.execute(_FORMER, self._about(page)).fetchall():
            yield digest, Article(title or "", noise.denoised(content or ""), wp_id=page.wp_id, link=page.url)


def _in_part(found: Audited) -> Audited:
    """Return what is known from a part of a page: what it lacks may stand in the rest."""
    if found.standing not in DOUBTFUL:
        return found
    return replace(found, standing=Standing.UNKNOWN, reason="the page came in part", differences=(), version="")
