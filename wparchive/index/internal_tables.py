"""The tables of `archive.db` that only the indexer reads, as data."""

from typing import Final

from wparchive.index.table import Table

__all__ = ["INTERNAL"]

INTERNAL: Final[tuple[Table, ...]] = (
    Table("_wparchive_files", ("warc",), "warc site run end:INTEGER", rowid=False),
    Table("_wparchive_answers", ("site", "route"), "site route outcome", rowid=False),
    # Of unfinished import runs, the last capture up to which they are settled.
    Table("_wparchive_runs", ("run",), "run site finished:INTEGER settled", rowid=False),
    Table("_wparchive_held", ("site", "route", "run"), "site route run how ids slugs lacking", rowid=False),
    # Items that the current run confirmed as changed without a new date, and what varies by itself on a site.
    Table(
        "_wparchive_confirmed",
        ("site", "type", "wp_id"),
        "site type wp_id:INTEGER change fields before after confirmed",
        rowid=False,
    ),
    Table("_wparchive_volatile", ("site", "type", "entry"), "site type entry", rowid=False),
    # Files that differ from the one before, until a second reading confirms it.
    Table("_wparchive_replaced", ("site", "key"), "site key before sha256", rowid=False),
    # The newest good capture of each file that pages are shown with.
    Table("_wparchive_requisites", ("site", "url"), "site url capture", rowid=False),
    # Items that imported pages of open runs show, by list.
    Table("_wparchive_shown", ("site", "run", "route", "key"), "site run route key", rowid=False),
    # Pages of the current run that may differ from their items, until its end.
    Table("_wparchive_page_doubts", ("site", "capture"), "site capture", rowid=False),
    # What differs between items and their pages, by digest, and the items: what several have in common is the site's doing.
    Table("_wparchive_page_signs", ("site", "sign", "type", "wp_id"), "site sign type wp_id:INTEGER", rowid=False),
    # Rows that only a feed has shown, and where their pages are.
    Table(
        "_wparchive_fed", ("site", "item_table", "type", "wp_id"), "site item_table type wp_id:INTEGER key", rowid=False
    ),
    Table("_wparchive_imprints", ("table",), "table sha256", rowid=False),
    Table(
        "_wparchive_pending",
        ("site", "type", "wp_id"),
        "site type wp_id:INTEGER item_table is_new:INTEGER stood before gone capture sighted old_capture links old_raw",
        rowid=False,
    ),
)
