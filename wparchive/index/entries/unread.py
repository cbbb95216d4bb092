"""Which parts of a site's WARCs are still to be read, and whether that is possible in the order of time."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wparchive.index.damage import misses_damage
from wparchive.index.entries.reading_order import REFUSALS, Task, after_refusal, place_in_time
from wparchive.store import SiteFolder, is_ours
from wparchive.store.strays import stamp_of
from wparchive.store.warc.names import is_import

__all__ = ["Extent", "OutOfOrderError", "refused_until", "tasks_of"]


@dataclass(frozen=True, slots=True)
class Extent:
    """How far to read: up to which offset of which WARCs; the runs in `unfinished` are not concluded if they come last.

    `public`: only what anybody was shown, whichever file it stands in.
    """

    ends: Mapping[str, int]
    unfinished: frozenset[str]
    public: bool = False


_REFUSED = f"kind = 'probe' AND clock = 'foreign' AND status IN {REFUSALS}"
_READ = """
    SELECT coalesce(iif(u.finished, r.finished_at, NULL), (SELECT max(captured_at) FROM captures k WHERE k.run = r.run), '')
    FROM runs r JOIN _wparchive_runs u ON u.run = r.run WHERE r.site = ? AND r.mode = 'import'"""
_CONCLUDED = f"""
    SELECT coalesce(max(k.captured_at), '') FROM captures k JOIN _wparchive_runs u ON u.run = k.run
    WHERE k.site = ? AND {_REFUSED} AND u.finished"""  # noqa: S608 - our own words


class OutOfOrderError(Exception):
    """Records were found before, or in, a part that is already indexed and concluded."""


def tasks_of(
    conn: sqlite3.Connection, folder: SiteFolder, paths: Sequence[Path], ends: Mapping[str, int], extent: Extent | None
) -> list[Task]:
    """Return the files that have grown since they were read up to their `ends`.

    Raises OutOfOrderError if one of them comes before one that is already read, or what was read is gone.
    """
    runs = dict(conn.execute("SELECT warc, run FROM _wparchive_files WHERE site = ?", (folder.name,)).fetchall())
    tasks = [_task(folder.relative(path).removesuffix(".open"), path, ends, runs, extent) for path in paths]
    if ends and (_lacks_evidence(conn, tasks, ends) or misses_damage(conn, folder, ends)):
        raise OutOfOrderError(folder.name)
    grown = [task for task in tasks if _has_grown(task)]
    if any(map(_is_new_from_others, grown)) and _waits_for_others(conn, folder.name):
        raise OutOfOrderError(folder.name)
    if any(map(_is_new_from_others, grown)) and _were_public(conn, folder):
        raise OutOfOrderError(folder.name)
    first = next((task for task in grown if not _is_resumed(conn, task)), None)
    if first and (_is_before_what_is_read(first, tasks) or _overlaps_what_is_read(conn, folder.name, grown)):
        raise OutOfOrderError(first.warc)
    return grown


def _has_grown(task: Task) -> bool:
    return task.path.stat().st_size > task.start and task.end != 0


def _is_new_from_others(task: Task) -> bool:
    return not task.start and (is_import(task.path) or not is_ours(task.path))


def _is_before_what_is_read(task: Task, tasks: Sequence[Task]) -> bool:
    later = tasks[tasks.index(task) + 1 :]
    return not task.path.name.endswith(".open") and any(other.start for other in later)


def _is_resumed(conn: sqlite3.Connection, task: Task) -> bool:
    """Return whether an indexing that was interrupted had begun to read an import run, maybe beside later ones."""
    query = "SELECT 1 FROM _wparchive_runs WHERE run = ? AND NOT finished"
    return is_import(task.path) and bool(task.start) and conn.execute(query, (task.run,)).fetchone() is not None


def _overlaps_what_is_read(conn: sqlite3.Connection, site: str, grown: Sequence[Task]) -> bool:
    """Return whether a new import run begins within an earlier stretch: both are told together, in the order of time."""
    begins = min((stamp_of(task.path) for task in grown if is_import(task.path) and not task.start), default="")
    return bool(begins) and any(begins <= at for at in _reached(conn, site))


def _reached(conn: sqlite3.Connection, site: str) -> Iterator[str]:
    """Yield up to where in time the import runs of a site were read, and what was concluded of them reaches."""
    yield from (place_in_time(at) for (at,) in conn.execute(_READ, (site,)))
    yield from (after_refusal(at) for (at,) in conn.execute(_CONCLUDED, (site,)))


def refused_until(conn: sqlite3.Connection, runs: Iterable[str]) -> str:
    """Return the place in time up to which refusals in open import `runs` may be explained."""
    query = f"SELECT max(captured_at) FROM captures WHERE run = ? AND {_REFUSED}"  # noqa: S608 - our own words
    return max((after_refusal(conn.execute(query, (run,)).fetchone()[0] or "") for run in runs), default="")


def _task(warc: str, path: Path, ends: Mapping[str, int], runs: Mapping[str, str], extent: Extent | None) -> Task:
    return Task(warc, path, ends.get(warc, 0), None if extent is None else extent.ends.get(warc, 0), runs.get(warc))


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
