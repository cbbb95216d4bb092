"""Every HEAD against the objects of its site, and against its row: what is missing, what nobody lists, what doesn't agree."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from wparchive.errors import DamagedError, RemoteError
from wparchive.fleet.manifest import Head, StoredFile, listed_files, read_head, read_index
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.tables import Connection

__all__ = ["Checked", "Found", "check"]

_ROWS: Final = """
    SELECT site, url, epoch, generation, job IS NOT NULL AS running FROM fleet.sites
    WHERE state != 'duplicate' ORDER BY site"""
_PROBE: Final = "check"  # where `ObjectStore.check` tries the store
_PRIVATE: Final = "warc/private/"


@dataclass(frozen=True, slots=True)
class Found:
    """Something that isn't as it should be, at a site or an object."""

    code: str
    where: str
    message: str


@dataclass(slots=True)
class Checked:
    """How much was checked. `orphans` are WARCs that no HEAD lists, `rowless` the HEADs of sites that have no row."""

    sites: int = 0
    objects: int = 0
    running: int = 0
    orphans: dict[str, list[str]] = field(default_factory=dict)
    rowless: dict[str, Head] = field(default_factory=dict)


def check(conn: Connection, store: ObjectStore, private: ObjectStore | None, done: Checked) -> Iterator[Found]:
    """Yield what is wrong; `done` is filled meanwhile. A site whose turn runs is compared as far as that doesn't matter.

    Lists every object once and reads every HEAD; reads no WARC. Raises RemoteError when the store can't be reached.
    """
    rows = {row["site"]: row for row in conn.execute(_ROWS)}
    seen = set()
    for site, objects in _by_site(store.list()):
        if site == _PROBE and f"{site}/HEAD.json" not in objects:
            continue
        seen.add(site)
        done.sites += 1
        done.objects += len(objects)
        yield from _check_site(store, private, site, objects, _now(conn, site, rows), done)
    for site, row in rows.items():
        if row["generation"] and site not in seen:
            yield Found(
                "head-missing", site, f"PostgreSQL knows generation {row['generation']}, the store has nothing of it"
            )


def _by_site(listed: Iterable[Any]) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield each site with its objects; they are listed in order, so that only one site's are in memory."""
    for site, objects in groupby(listed, key=lambda one: one.key.partition("/")[0]):
        yield site, {one.key: one.size for one in objects}


def _now(conn: Connection, site: str, rows: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the row of a site as it is now: a turn may have begun since all were read."""
    if site not in rows:
        return None
    found: Mapping[str, Any] | None = conn.execute(
        "SELECT site, url, epoch, generation, job IS NOT NULL AS running FROM fleet.sites WHERE site = %s", (site,)
    ).fetchone()
    return found


def _check_site(
    store: ObjectStore,
    private: ObjectStore | None,
    site: str,
    objects: dict[str, int],
    row: Mapping[str, Any] | None,
    done: Checked,
) -> Iterator[Found]:
    running = bool(row and row["running"])
    done.running += running
    try:
        found = read_head(store, site)
        files = listed_files(store, site, found[0]) if found else {}
    except DamagedError as error:
        yield Found("head-damaged", site, str(error))
        return
    head = found[0] if found else None
    if head is not None:
        objects = {**objects, **_private_objects(private, site, files)}
        yield from _missing(store, site, head, files, objects, has_private=private is not None)
        yield from _row_differs(site, head, row, done, running=running)
    if not running:  # what a turn has pushed and not committed yet is no orphan
        yield from _orphans(site, files, objects, done)


def _private_objects(private: ObjectStore | None, site: str, files: Mapping[str, StoredFile]) -> dict[str, int]:
    if private is None or not any(name.startswith(_PRIVATE) for name in files):
        return {}
    return {one.key: one.size for one in private.list(site)}


def _missing(
    store: ObjectStore,
    site: str,
    head: Head,
    files: Mapping[str, StoredFile],
    objects: Mapping[str, int],
    *,
    has_private: bool,
) -> Iterator[Found]:
    """Yield what the HEAD or the INDEX names and the store doesn't have, or has of another size."""
    for name, stored in files.items():
        key = f"{site}/{name}"
        if name.startswith(_PRIVATE) and not has_private:
            continue
        if key not in objects:
            yield Found("warc-missing", key, "HEAD.json lists it, and it isn't in the store")
        elif objects[key] != stored.size:
            yield Found("warc-differs", key, f"{objects[key]:,} bytes, where HEAD.json lists {stored.size:,}")
    if head.state is not None and f"{site}/{head.state.key}" not in objects:
        yield Found("state-missing", f"{site}/{head.state.key}", "the next turn makes it anew from the WARCs")
    index = _index_key(store, site)
    if index and f"{site}/{index}" not in objects and _index_key(store, site) == index:
        yield Found("index-missing", f"{site}/{index}", "INDEX.json names it; the next indexing makes it anew")


def _index_key(store: ObjectStore, site: str) -> str | None:
    try:
        found = read_index(store, site)
    except (DamagedError, RemoteError):
        return "INDEX.json (damaged)"
    return found[0].key if found else None


def _row_differs(
    site: str, head: Head, row: Mapping[str, Any] | None, done: Checked, *, running: bool
) -> Iterator[Found]:
    if row is None:
        done.rowless[site] = head
        yield Found(
            "not-in-database", site, "it has a HEAD and no row; `wparchive fleet check --rebuild-database` makes it"
        )
    elif row["generation"] > head.generation:
        told = f"PostgreSQL knows generation {row['generation']}, HEAD.json is of {head.generation}: it was put back"
        yield Found("head-older", site, told)
    elif not running and row["generation"] < head.generation:
        told = f"HEAD.json is of generation {head.generation}, PostgreSQL knows {row['generation']}; its next turn mends that"
        yield Found("row-older", site, told)


def _orphans(site: str, files: Mapping[str, StoredFile], objects: Iterable[str], done: Checked) -> Iterator[Found]:
    for key in objects:
        name = key.removeprefix(f"{site}/")
        if name.startswith("warc/") and name not in files:
            done.orphans.setdefault(site, []).append(name)
            yield Found(
                "orphan", key, "no HEAD lists it: its turn was overtaken; `wparchive fleet check --adopt` adds it"
            )
