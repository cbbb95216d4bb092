"""The end of a run: what it says about items beyond what each capture showed.

`settle` is called once a run, after all its captures and facts are in the tables and before the next run's are. The items
that the run wrote, or saw again after they were gone, stand in `_wparchive_pending` with the digest of their version before
(`before`, NULL for new ones) and what `gone` said; their versions stand in `versions`.
"""

import sqlite3
from dataclasses import dataclass

__all__ = ["Ended", "settle"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A run whose captures are all indexed; `first` when it is the site's first one."""

    site: str
    run: str
    first: bool


def settle(conn: sqlite3.Connection, ended: Ended) -> None:
    """Derive observations and disappearances of the run from its captures and proofs."""
    # The walk over a run's changes belongs to incremental crawls, of which there are none yet.
    del conn, ended
