"""Find the response that a revisit refers to, anywhere in a site's WARCs: by its id, or by URI and date.

Other tools may name only URI and date. Each file is read once per process, and only as far as needed, to note where its
responses are. Source: WARC 1.1, 5.7 and 5.13 to 5.15.
"""

import sqlite3
from functools import lru_cache
from pathlib import Path
from threading import Lock

from wparchive.store.warc.fields import bare
from wparchive.store.warc.members import Member
from wparchive.store.warc.resync import Damage, walk

__all__ = ["Place", "find_referred"]

Place = tuple[Path, int]

_SECONDS = len("2026-01-01T00:00:00")
_SCHEMA = """
    CREATE TABLE answers (file TEXT, offset INTEGER, record_id TEXT, uri TEXT, at TEXT);
    CREATE INDEX by_id ON answers (record_id);
    CREATE INDEX by_uri ON answers (uri);
"""
_BY_ID = "SELECT file, offset FROM answers WHERE record_id = ?"
# Some tools write dates to the second, others to the nanosecond.
_BY_URI = "SELECT file, offset FROM answers WHERE uri = ? AND substr(at, 1, 19) = substr(?, 1, 19) ORDER BY at = ? DESC, rowid"


def find_referred(paths: list[Path], record_id: str | None, uri: str, date: str) -> Place | None:
    """Return the place of the response with that id, or without one that of `uri` at `date`, in the WARCs `paths`."""
    if not paths or not (record_id or (uri and len(date) >= _SECONDS)):
        return None
    answers = _answers(paths[0].parent)
    return answers.find(paths, _BY_ID, record_id) if record_id else answers.find(paths, _BY_URI, uri, date, date)


@lru_cache(maxsize=4)
def _answers(_folder: Path) -> "_Answers":
    return _Answers()


class _Answers:
    """The responses of one site, as far as its files were read."""

    def __init__(self) -> None:
        # "" names a temporary file, which SQLite removes.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(f"PRAGMA journal_mode = OFF; {_SCHEMA}")
        self._walked: dict[str, tuple[int, int]] = {}
        self._lock = Lock()

    def find(self, paths: list[Path], query: str, *values: object) -> Place | None:
        with self._lock:
            # An open file has another name once it is finished.
            for gone in self._walked.keys() - set(map(str, paths)):
                self._db.execute("DELETE FROM answers WHERE file = ?", (gone,))
                del self._walked[gone]
            stale = [path for path in paths if self._walked.get(str(path)) != _state(path)]
            for path in stale:
                self._db.execute("DELETE FROM answers WHERE file = ?", (str(path),))
            while not (found := self._db.execute(query, values).fetchone()) and stale:
                self._note(stale.pop(0))
            return (Path(found[0]), found[1]) if found else None

    def _note(self, path: Path) -> None:
        state = _state(path)
        seen = (row for row in walk(path, 0, _seen) if not isinstance(row, Damage) and row[0] == "response")
        self._db.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", ((str(path), *row[1:]) for row in seen))
        self._walked[str(path)] = state


def _seen(member: Member) -> tuple[str, int, str, str, str]:
    headers = member.headers
    return member.type, member.offset, member.record_id, bare(headers.get("WARC-Target-URI")), headers.get("WARC-Date")


def _state(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
