"""What is noticed at the end of a run, in its order: changes of items, pages that differ, and what a change says."""

import sqlite3
from collections.abc import Callable

from wparchive.index.pages.page_differs import judge_pages
from wparchive.index.runs.observations import Ended, observe
from wparchive.index.runs.register import register
from wparchive.store import Archive

__all__ = ["Ended", "notice"]


def notice(conn: sqlite3.Connection, archive: Archive, ended: Ended, doubt: Callable[[str], None]) -> None:
    """Write what the run noticed; `doubt` is called with what can't be processed."""
    (noticed,) = conn.execute("SELECT coalesce(max(rowid), 0) FROM observations").fetchone()
    observe(conn, ended, doubt)
    judge_pages(conn, archive, ended, doubt)
    register(conn, ended.site, noticed, ended.noise)
