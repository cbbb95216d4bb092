"""What imported captures show of each list: the items that a run's pages name are counted.

The run's own fact says what the site stated of a list; how many items were shown, only who reads them knows.
"""

import sqlite3

from wparchive.index.entries.captured import Read
from wparchive.index.statements import insert
from wparchive.wordpress.canonical_routes import lists_all

__all__ = ["count_shown", "note_shown"]

_SHOWN = insert("_wparchive_shown", verb="INSERT OR IGNORE")
_COUNTED = (
    "UPDATE coverage SET seen = (SELECT count(*) FROM _wparchive_shown s "
    "WHERE s.site = :site AND s.run = :run AND s.route = coverage.route) WHERE run = :run AND site = :site"
)


def note_shown(conn: sqlite3.Connection, site: str, given: Read) -> None:
    """Note which items an imported page of a whole list shows, until its run ends."""
    if not given.source or not given.source.imported or not given.capture or given.capture["kind"] != "listing":
        return
    route = given.capture["route"]
    if lists_all(route):
        keys = [one.who.wp_id for one in given.found] + [one["slug"] for one in given.objects]
        path = route.partition("?")[0]
        conn.executemany(_SHOWN, [{"site": site, "run": given.run, "route": path, "key": key} for key in keys])


def count_shown(conn: sqlite3.Connection, site: str, run: str) -> None:
    """Write how many items the pages of each list showed in `run`, whose facts are all read."""
    conn.execute(_COUNTED, {"site": site, "run": run})
    conn.execute("DELETE FROM _wparchive_shown WHERE site = ? AND run = ?", (site, run))
