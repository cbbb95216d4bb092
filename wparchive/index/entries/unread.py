"""Which parts of a site's WARCs are still to be read, and whether that is possible in the order of time."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wparchive.index.damage import misses_damage
from wparchive.index.entries.captured import Task
from wparchive.store import SiteFolder, is_ours
from wparchive.store.warc.names import is_import

__all__ = ["Extent", "OutOfOrderError", "tasks_of"]


@dataclass(frozen=True, slots=True)
class Extent:
    """How far to read: up to which offset of which WARCs; the runs in `unfinished` are not concluded if they come last.

    `public`: only what anybody was shown, whichever file it stands in.
    """

    ends: Mapping[str, int]
    unfinished: frozenset[str]
    public: bool = False


class OutOfOrderError(Exception):
    """Records were found before, or in, a part that is already indexed and concluded."""


def tasks_of(
    conn: sqlite3.Connection, folder: SiteFolder, paths: Sequence[Path], ends: Mapping[str, int], extent: Extent | None
) -> list[Task]:
    """Return the files that have grown since they were read up to their `ends`.

    Raises OutOfOrderError if one of them comes before one that is already read, or what was read is gone.
    """
    tasks = [_task(folder.relative(path).removesuffix(".open"), path, ends, extent) for path in paths]
    if ends and (_lacks_evidence(conn, tasks, ends) or misses_damage(conn, folder, ends)):
        raise OutOfOrderError(folder.name)
    grown = [task for task in tasks if _has_grown(task)]
    if any(map(_is_new_from_others, grown)) and _waits_for_others(conn, folder.name):
        raise OutOfOrderError(folder.name)
    if any(map(_is_new_from_others, grown)) and _were_public(conn, folder):
        raise OutOfOrderError(folder.name)
    if grown and _is_before_what_is_read(grown[0], tasks):
        raise OutOfOrderError(grown[0].warc)
    return grown


def _has_grown(task: Task) -> bool:
    return task.path.stat().st_size > task.start and task.end != 0


def _is_new_from_others(task: Task) -> bool:
    return not task.start and (is_import(task.path) or not is_ours(task.path))


def _is_before_what_is_read(task: Task, tasks: Sequence[Task]) -> bool:
    later = tasks[tasks.index(task) + 1 :]
    return not task.path.name.endswith(".open") and any(other.start for other in later)


def _task(warc: str, path: Path, ends: Mapping[str, int], extent: Extent | None) -> Task:
    return Task(warc, path, ends.get(warc, 0), None if extent is None else extent.ends.get(warc, 0))


def _lacks_evidence(conn: sqlite3.Connection, tasks: Sequence[Task], ends: Mapping[str, int]) -> bool:
    """Return whether there are rows for records in a file that is missing, or shorter than when it was read."""
    sizes = {task.warc: task.path.stat().st_size for task in tasks}
    query = "SELECT 1 FROM records WHERE warc = ? AND offset >= ? LIMIT 1"
    less = [(warc, sizes.get(warc, 0)) for warc, end in ends.items() if sizes.get(warc, 0) < end]
    return any(conn.execute(query, place).fetchone() for place in less)


def _waits_for_others(conn: sqlite3.Connection, site: str) -> bool:
    """Return whether a revisit of another tool refers to a missing response, or one that a new file may show better."""
    query = (
        "SELECT 1 FROM captures WHERE site = ? AND record_type = 'revisit' AND (crawl IS NULL OR clock = 'foreign') "
        "AND (refers_to IS NULL OR flags LIKE '%lost-reference%' OR flags LIKE '%by-digest%') LIMIT 1"
    )
    return bool(conn.execute(query, (site,)).fetchone())


def _were_public(conn: sqlite3.Connection, folder: SiteFolder) -> bool:
    """Return whether there are rows of captures that an import has since shown to be made with rights."""
    query = (
        "SELECT 1 FROM captures WHERE capture IN (SELECT value FROM json_each(?)) AND privilege = 'anonymous' LIMIT 1"
    )
    rights = folder.with_rights()
    return bool(rights) and conn.execute(query, (json.dumps([*rights]),)).fetchone() is not None
