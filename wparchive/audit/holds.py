"""What listings claim to hold, against the rows that hold it."""

from collections.abc import Iterator

from wparchive.audit.finding import Finding
from wparchive.index.holds import claims_without_rows
from wparchive.store import Archive

__all__ = ["check_holds"]


def check_holds(archive: Archive) -> Iterator[Finding]:
    """Every listing whose ids, as its run put them on record, aren't all in a row."""
    for one in claims_without_rows(archive.database):
        yield Finding("row", f"{one.site} {one.route}: {one.reason} (listed in run {one.run})", "archive.db")
