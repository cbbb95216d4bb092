"""At the end of a run: which of its pages show something else than their items say.

A difference counts after a second look alone: the same words differ on a page that an earlier crawl captured, and the API
was read again since, and says the same. What several pages have in common is the site's doing, and isn't said of any.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from wparchive.apart import apart
from wparchive.index.items.rows import Row
from wparchive.index.pages.page_judging import reason_of
from wparchive.index.pages.page_looks import Item, Page, PageLooks
from wparchive.index.pages.page_ties import tie_pages
from wparchive.index.runs.observations import NOTICED, Ended
from wparchive.index.runs.summaries import in_words
from wparchive.index.statements import insert
from wparchive.store import Archive
from wparchive.wordpress.changes.differences import ChangeKind
from wparchive.wordpress.pages.page_audit import DOUBTFUL, Audited, Standing
from wparchive.wordpress.pages.page_title import Kind
from wparchive.wordpress.pages.settling import (
    is_common,
    replacing,
    sign_digest,
    signs_of,
    steady,
    way_of,
    without_signs,
)

__all__ = ["judge_pages"]

_MOST: Final = 200  # passages of one page
_LONGEST: Final = 5_000  # characters of a passage
_JUDGED = "UPDATE pages SET agrees = ?, reason = ? WHERE rowid = ?"
_DIFFERS = "UPDATE pages SET agrees = 0 WHERE rowid IN (?, ?)"
_SIGN = insert("_wparchive_page_signs", verb="INSERT OR IGNORE")
_SIGNED = "SELECT count(*) FROM (SELECT 1 FROM _wparchive_page_signs WHERE site = ? AND sign = ? LIMIT 3)"
_INSTEAD = "in place of others: "
_USUAL = """
    SELECT count(*) >= :few AND count(*) > (SELECT count(DISTINCT p.wp_id) FROM pages p WHERE p.site = :site AND p.agrees = 1)
    FROM _wparchive_page_signs WHERE site = :site AND sign = :form"""
_FEW: Final = 3  # pages that differ in one way, and more than those that agree: the site's way of showing articles
_PASSAGE = insert("page_differences")
_OBSERVED = insert("observations", (*NOTICED, "summary"))
_TOLD = """
    SELECT o.after FROM observations o WHERE o.site = :site AND o.type = :type AND o.wp_id = :wp_id
    AND o.change = 'page_differs' AND NOT EXISTS (
      SELECT 1 FROM pages a, pages t WHERE t.capture = o.after AND a.site = o.site AND a.type = t.type AND a.wp_id = o.wp_id
      AND a.agrees = 1 AND a.rowid > t.rowid AND a.captured_at > t.captured_at)
    ORDER BY o.rowid DESC LIMIT 1"""
_PASSAGES = "SELECT kind, item_says, page_shows FROM page_differences WHERE capture = ? ORDER BY rowid"

Passage = tuple[str, str, str]


def judge_pages(conn: sqlite3.Connection, archive: Archive, ended: Ended, doubt: Callable[[str], None]) -> None:
    """Write what the run's pages that are in doubt show; `doubt` is called with what can't be processed.

    Call it when all rows of the run are written, and its observations.
    """
    judging, differing = _Judging(conn, archive, ended), []
    tie_pages(conn, ended.site, ended.since)
    for rowid in judging.looks.doubted():
        with apart(doubt, "page"):
            if judging.judge(rowid):
                differing.append(rowid)
    for rowid in differing:  # once it is known what they have in common
        with apart(doubt, "page"):
            judging.confirm(rowid)
    conn.execute("DELETE FROM _wparchive_page_doubts WHERE site = ?", (ended.site,))


class _Judging:
    """The looks at the pages of one run."""

    def __init__(self, conn: sqlite3.Connection, archive: Archive, ended: Ended) -> None:
        self._conn, self._site, self._run = conn, ended.site, ended.run
        self.looks = PageLooks(conn, archive, ended.site, ended.noise)

    def judge(self, rowid: int) -> bool:
        """Complete a row of `pages`; return whether its page differs from what its item says at the end of the run."""
        page = self.looks.page(rowid)
        if page is None or self.looks.item(page) is None or (found := self.looks.look(page)) is None:
            return False
        agrees = 1 if found.standing is Standing.SAME else None
        self._conn.execute(_JUDGED, (agrees, reason_of(found, page.verdict), rowid))
        differs = found.standing in DOUBTFUL
        if differs:
            about = {"site": self._site, "type": page.type, "wp_id": page.wp_id}
            signs = [*signs_of(found), *(f"{_INSTEAD}{sign}" for sign in replacing(found))]
            self._conn.executemany(_SIGN, [{**about, "sign": sign_digest(sign)} for sign in signs])
            if left := without_signs(found, self._common(signs_of(found))):
                self._conn.execute(_SIGN, {**about, "sign": sign_digest(way_of(left))})
        return differs

    def confirm(self, rowid: int) -> None:
        """Write the observation of a page that differs, if an earlier look showed the same and nothing else explains it."""
        page = self.looks.page(rowid)
        first, item = (self.looks.before(page), self.looks.item(page)) if page else (None, None)
        if page is None or first is None or item is None or not _is_comparable(first, page, item):
            return
        looks = self.looks.look(first), self.looks.look(page)
        left = steady(looks[0], looks[1]) if looks[0] and looks[1] else None
        left = without_signs(left, self._common(signs_of(left))) if left else None
        if left is None or self._is_usual(left):
            return
        self._conn.execute(_DIFFERS, (first.rowid, page.rowid))
        passages = [*_passages(left)]
        if self._is_told(page, item, passages):
            return
        about = {"site": self._site, "type": page.type, "wp_id": page.wp_id, "capture": page.capture}
        names = ("kind", "item_says", "page_shows")
        self._conn.executemany(_PASSAGE, [{**about, **dict(zip(names, one, strict=True))} for one in passages])
        self._conn.execute(_OBSERVED, self._observation(page, first, item, left))

    def _common(self, signs: Iterable[str]) -> frozenset[str]:
        """Return which of the signs pages of several items have."""
        return frozenset(one for one in signs if is_common(self._articles(one), self._articles(f"{_INSTEAD}{one}")))

    def _articles(self, sign: str) -> int:
        found: int = self._conn.execute(_SIGNED, (self._site, sign_digest(sign))).fetchone()[0]
        return found

    def _is_usual(self, found: Audited) -> bool:
        """Return whether most pages of the site differ in this way: a script loads the rest, or readers get a translation."""
        about = {"site": self._site, "few": _FEW, "form": sign_digest(way_of(found))}
        return bool(self._conn.execute(_USUAL, about).fetchone()[0])

    def _is_told(self, page: Page, item: Item, passages: list[Passage]) -> bool:
        """Return whether the last observation said all of it, and no look since found that the page agrees."""
        about = {"site": self._site, "type": item.type, "wp_id": page.wp_id}
        row = self._conn.execute(_TOLD, about).fetchone()
        told = self._conn.execute(_PASSAGES, row).fetchall() if row else []
        return row is not None and bool(passages) == bool(told) and {*passages} <= {*told}

    def _observation(self, page: Page, first: Page, item: Item, left: Audited) -> Row:
        fields = sorted({"title" if one.kind is Kind.TITLE else "content" for one in left.differences})
        words = in_words([one.row for one in left.differences])
        about = {"run": self._run, "site": self._site, "type": item.type, "wp_id": page.wp_id}
        captures = {"before": item.capture, "after": page.capture, "confirmed": first.capture}
        said = {"change": str(ChangeKind.PAGE_DIFFERS), "fields": json.dumps(fields)}
        return {**about, **captures, **said, "summary": f"{left.reason}: {words}" if words else left.reason}


def _is_comparable(first: Page, page: Page, item: Item) -> bool:
    """Return whether the item is known to have said the same before, between and after two looks that may differ alike."""
    if not item.first_seen <= first.captured_at <= item.last_seen or first.captured_at >= page.captured_at:
        return False
    return first.payload_sha256 == page.payload_sha256 and first.agrees != 1


def _passages(left: Audited) -> Iterator[Passage]:
    for one in left.differences[:_MOST]:
        yield str(one.kind), one.row.text("old")[:_LONGEST], one.row.text("new")[:_LONGEST]
