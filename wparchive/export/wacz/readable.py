"""What people read in a package: its table of contents and reading copies, as a WARC and as pages to search in."""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from wparchive.errors import UsageError
from wparchive.export.wacz.item_versions import ItemVersions
from wparchive.export.wacz.page_list import PageList
from wparchive.export.wacz.reading_contents import contents_pages
from wparchive.export.wacz.reading_copies import ReadingCopies, short
from wparchive.export.wacz.reading_records import ReadingWarc, address
from wparchive.export.wacz.selection import Selection

__all__ = ["READING", "pictures_of", "write_readable"]

READING = "reading.warc.gz"
"""The name of the WARC in the package."""

_FILE = """
    SELECT capture FROM captures WHERE url = ? AND body_sha256 = ? AND kind = 'file' AND status = 200
    ORDER BY record_type != 'response', captured_at LIMIT 1"""

_TITLE = """
    SELECT i.title FROM pages p JOIN items i ON i.item = p.item
    WHERE p.final_url = ? AND substr(p.captured_at, 1, 19) = ?"""


def write_readable(
    db: sqlite3.Connection, chosen: Selection, path: Path, pages: PageList, title: str, *, item: str, whole: bool
) -> int:
    """Write the WARC to `path`, and its pages to `pages`, the table of contents first; return how many copies there are.

    `item` is the key of the only item, if there is only one; `whole` as in `contents_pages`. Raises UsageError
    (nothing of it is indexed), OSError.
    """
    items, copies, count = ItemVersions(db, chosen.holds(), item), ReadingCopies(db), 0
    date = items.newest_time()
    if not date:
        raise UsageError(
            "archive.db knows nothing of these captures; run `wparchive index`, or export with --no-reading"
        )
    pages.title_of = _titles(db)
    with ReadingWarc(path, READING, date) as warc:
        for number, (url, name, html) in enumerate(contents_pages(items, chosen.sites, title, whole=whole)):
            warc.page(url, date, html)
            if number == 0:
                pages.add(url, date, name)
        for site in chosen.sites:
            for row in items.versions(site):
                url = address(*row["item"].split("/"))
                warc.page(url, row["captured_at"], copies.page(row))
                pages.add(url, row["captured_at"], short(row["title"]) or row["item"], copies.text(row))
                count += 1
    return count


def _titles(db: sqlite3.Connection) -> Callable[[str, str], str]:
    def title_of(url: str, moment: str) -> str:
        row = db.execute(_TITLE, (url, moment[:19])).fetchone()
        return short(row[0]) if row else ""

    return title_of


def pictures_of(db: sqlite3.Connection, whole: Selection, site: str, item: str) -> Iterable[str]:
    """Return the captures of the files that are shown on the reading copies of one item."""
    items, copies = ItemVersions(db, whole.holds(), item), ReadingCopies(db)
    shown = set().union(*(copies.pictures(row) for row in items.versions(site)))
    found = (db.execute(_FILE, held).fetchone() for held in sorted(shown))
    return [row[0] for row in found if row]
