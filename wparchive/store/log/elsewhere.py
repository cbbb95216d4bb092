"""Which WARCs of a site lie elsewhere: they aren't on this disk, and aren't lost."""

from collections.abc import Iterable

from wparchive.store.log.database import Database

__all__ = ["Elsewhere"]

_SIZES = "SELECT warc, committed FROM files JOIN elsewhere USING (warc) WHERE NOT lost ORDER BY warc"


class Elsewhere:
    """Noted in the capture log, so that whoever keeps the files needn't be asked for a list of them all."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def sizes(self) -> dict[str, int]:
        """Return the committed length of each WARC that is known to lie elsewhere, in bytes."""
        return {row["warc"]: row["committed"] for row in self._db.rows(_SIZES)}

    def note(self, warcs: Iterable[str]) -> None:
        """Note that these WARCs lie elsewhere."""
        self._db.write("INSERT OR IGNORE INTO elsewhere VALUES (?)", ((warc,) for warc in warcs))
