"""Which captured pages may lack files that they are shown with, as no run got to the end of asking, and which files never came.

This module only stores it, in `frontier.db`; `wparchive.crawl.pages.owed` reads it from the WARCs and interprets it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wparchive.store.log.database import Database

__all__ = ["LackingFile", "OwedFiles", "OwedPage"]

# The newest capture of a page stands for it: what older ones named is no longer asked for.
_CAPTURED = "INSERT OR REPLACE INTO owed_pages (url, capture, run, at) VALUES (?, ?, ?, ?)"
_LACK = (
    "INSERT INTO owed_files VALUES (?, ?, ?, 1, ?)"
    " ON CONFLICT DO UPDATE SET problem = excluded.problem, tries = tries + 1, at = excluded.at"
)
_SETTLE = "DELETE FROM owed_pages WHERE run = ? AND NOT told"


@dataclass(frozen=True, slots=True)
class OwedPage:
    """A page whose files weren't all asked for: its capture, and how many are left; None if nobody has looked yet."""

    capture: str
    files: int | None


@dataclass(frozen=True, slots=True)
class LackingFile:
    """A file that did not come: its URL and role, why, how often in a row, and when it was asked for last."""

    url: str
    role: str
    problem: str
    tries: int
    at: str


class OwedFiles:
    """The files of the pages of one site that are owed, in the open database `db`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def forget(self) -> None:
        """Delete everything."""
        self._db.empty(("owed_pages", "owed_files"))

    def capture(self, url: str, capture: str, run: str, at: str) -> None:
        """Record that a page was captured, so that its files are wanted."""
        self._db.rows(_CAPTURED, url, capture, run, at)

    def settle(self, run: str, left: Mapping[str, int], made_up: Iterable[str]) -> None:
        """Record that a run has asked for all files of its pages, and of those captured as `made_up`, but some of `left`."""
        rows = [(files, capture) for capture, files in left.items()]
        self._db.write("UPDATE owed_pages SET told = 1, files = ? WHERE capture = ?", rows)
        self._db.write("DELETE FROM owed_pages WHERE capture = ?", ((capture,) for capture in made_up))
        self.end(run)

    def end(self, run: str) -> None:
        """Record that a run came to its end: what it didn't say to be left isn't."""
        self._db.rows(_SETTLE, run)

    def pages(self, most: int) -> list[OwedPage]:
        """Return the pages captured last whose files are owed, the newest first."""
        query = "SELECT capture, CASE WHEN told THEN files END AS files FROM owed_pages ORDER BY at DESC, url LIMIT ?"
        rows = self._db.rows(query, most)
        return [OwedPage(row["capture"], row["files"]) for row in rows]

    def count(self) -> tuple[int, int]:
        """Return of how many pages that aren't read yet the files are owed, and how many files are known to be."""
        row = self._db.row("SELECT count(*) FILTER (WHERE NOT told), coalesce(sum(files), 0) FROM owed_pages")
        return (int(row[0]), int(row[1])) if row else (0, 0)

    # ---- files that did not come

    def lack(self, url: str, role: str, problem: str, at: str) -> None:
        """Record that a file did not come, once more."""
        self._db.rows(_LACK, url, role, problem, at)

    def answer(self, url: str) -> None:
        """Record that a file came, or that there is none."""
        self._db.rows("DELETE FROM owed_files WHERE url = ?", url)

    def lacking(self, most: int) -> list[LackingFile]:
        """Return files that did not come, those asked for last first."""
        rows = self._db.rows("SELECT url, role, problem, tries, at FROM owed_files ORDER BY at DESC, url LIMIT ?", most)
        return [LackingFile(*row) for row in rows]

    def lacking_count(self) -> int:
        """Return how many files did not come."""
        row = self._db.row("SELECT count(*) FROM owed_files")
        return int(row[0]) if row else 0
