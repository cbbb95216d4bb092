"""Indexes one site of a fleet: fetches its new WARCs, brings its archive.db up to date, and puts that into the store."""

import hashlib
from contextlib import suppress
from pathlib import Path

from wparchive.errors import DamagedError, SwappedError
from wparchive.fleet.manifest import Head, Index, listed_files, read_head, read_index, write_index
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.engine import Job
from wparchive.fleet.queue.fleet_file import FleetFile
from wparchive.fleet.queue.tables import connect
from wparchive.fleet.turns.packing import pack_file, unpack_to
from wparchive.index import index
from wparchive.store import Archive
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["fetch_warcs", "run_index"]

_PIECE = 1 << 20
_INDEXED = "UPDATE fleet.sites SET indexed = %s, index_due_at = NULL WHERE site = %s AND indexed < %s"


def run_index(fleet: FleetFile, job: Job, scratch: Path) -> None:
    """Bring the archive.db of the site of `job` up to date with its head. Raises what storage and index raise."""
    store = ObjectStore(fleet.store)
    found = read_head(store, job.site)
    if found is None:
        return
    head = found[0]
    archive = Archive(scratch / "index" / job.site)
    fetch_warcs(store, archive, job.site, head)
    _fetch_database(store, archive, job.site)
    index(archive, [job.site], mend=True)
    if _put(store, archive, job.site, head):
        with connect(fleet.database) as conn:
            conn.execute(_INDEXED, (head.generation, job.site, head.generation))


def fetch_warcs(store: ObjectStore, archive: Archive, site: str, head: Head, private: ObjectStore | None = None) -> int:
    """Fetch the WARCs of `head` that `archive` lacks; returns how many bytes. Private ones only with `private`.

    Raises DamagedError for one that isn't what its head says, RemoteError and StorageError.
    """
    folder, fetched = archive.site(site).create(), 0
    for name, stored in sorted(listed_files(store, site, head).items()):
        of = private if name.startswith("warc/private/") else store
        path = folder.path / name
        if of is None or (path.is_file() and path.stat().st_size == stored.size):
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(path.parent, error) from None
        if of.fetch(f"{site}/{name}", path) != stored.sha256:
            path.unlink()
            raise DamagedError(f"{of.url}/{site}/{name}: altered: HEAD.json names another; run `wparchive fleet check`")
        fetched += stored.size
    return fetched


def _fetch_database(store: ObjectStore, archive: Archive, site: str) -> None:
    """Fetch the archive.db that is in the store, where this disk has none; a damaged one is made anew from the WARCs."""
    known = None if archive.database.exists() else read_index(store, site)
    found = store.get(f"{site}/{known[0].key}") if known else None
    if known is None or found is None or hashlib.sha256(found[0]).hexdigest() != known[0].sha256:
        return
    with suppress(DamagedError):
        unpack_to(found[0], archive.database, f"{store.url}/{site}/{known[0].key}")


def _put(store: ObjectStore, archive: Archive, site: str, head: Head) -> bool:
    """Put the database into the store; False when another worker has put a newer one."""
    packed = archive.database.with_suffix(".zst")
    try:
        pack_file(archive.database, packed)
        digest = hashlib.sha256()
        with packed.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        before, etag = read_index(store, site) or (None, None)
        if before and before.generation >= head.generation:
            return True
        key = f"index/{head.generation}.{digest.hexdigest()[:16]}.archive.db.zst"
        store.put_new(f"{site}/{key}", packed)
        write_index(store, site, Index(generation=head.generation, key=key, sha256=digest.hexdigest()), etag)
    except SwappedError:
        return False
    except OSError as error:
        raise storage_error(packed, error) from None
    finally:
        packed.unlink(missing_ok=True)
    if before:
        store.delete(f"{site}/{before.key}")
    return True
