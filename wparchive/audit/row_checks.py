"""Checks that compare rows of `archive.db` with each other; each is a function of the database alone."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wparchive.audit.finding import Finding
from wparchive.index.runs.holds import claims_without_rows

__all__ = ["ROW_CHECKS"]


def _listed(database: Path) -> Iterator[Finding]:
    """Yield every listing with recorded ids that have no row in the database. Raises what `reading` raises."""
    for one in claims_without_rows(database):
        yield Finding("row", f"{one.site} {one.route}: {one.reason} (listed in run {one.run})", "archive.db")


ROW_CHECKS: Sequence[Callable[[Path], Iterator[Finding]]] = (_listed,)
"""The checks that `verify` runs on its copy of `archive.db` after comparing the rows; a new one is a function and an entry."""
