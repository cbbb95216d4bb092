"""What listings claim to hold, against the rows that hold it."""

from collections.abc import Iterator
from pathlib import Path

from wparchive.audit.finding import Finding
from wparchive.index.runs.holds import claims_without_rows

__all__ = ["check_holds"]


def check_holds(database: Path) -> Iterator[Finding]:
    """Every listing whose ids, as its run put them on record, aren't all in a row of the database. Raises as `reading`."""
    for one in claims_without_rows(database):
        yield Finding("row", f"{one.site} {one.route}: {one.reason} (listed in run {one.run})", "archive.db")
