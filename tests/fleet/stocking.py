"""Puts what was crawled into an object store, as turns and index jobs do, so that what reads it can be tested by itself."""

import hashlib
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import zstandard

from wparchive.fleet.manifest import Head, Index, Part, StoredFile, read_head, read_index, write_head, write_index
from wparchive.fleet.objects import ObjectStore
from wparchive.index import index
from wparchive.store import Archive

__all__ = ["put_database", "put_site"]


def put_site(store: ObjectStore, archive: Archive, site: str, *, url: str, only: Collection[str] = ()) -> Head:
    """Put the WARCs of a site (those in `only`, if given) and its HEAD into the store; returns the HEAD."""
    folder, found = archive.site(site), read_head(store, site)
    before = found[0] if found else Head(url=url)
    files = dict(before.files)
    for path in folder.warcs():
        name = path.relative_to(folder.path).as_posix()
        if name not in files and (not only or name in only):
            store.put_new(f"{site}/{name}", path)
            files[name] = StoredFile(path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    with closing(sqlite3.connect(archive.database)) as conn:
        held = dict(conn.execute("SELECT type, sum(items) FROM held WHERE site = ? GROUP BY 1", (site,)).fetchall())
    head = Head(url=url, generation=before.generation + 1, epoch=1, run="r", outcome="complete", files=files, held=held)
    write_head(store, site, head, found[1] if found else None)
    return head


def put_database(store: ObjectStore, archive: Archive, site: str, scratch: Path, *, private: bool = False) -> None:
    """Put the `archive.db` of that site alone into the store, as of its HEAD there; `private`: as if a password was used."""
    found, now = read_head(store, site), read_index(store, site)
    assert found
    alone = Archive(scratch / site)
    for name in found[0].files:
        path = alone.site(site).path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((archive.site(site).path / name).read_bytes())
    index(alone)
    if private:
        with closing(sqlite3.connect(alone.database, isolation_level=None)) as conn:
            conn.execute("UPDATE captures SET privilege = 'authenticated'")
    data = zstandard.ZstdCompressor().compress(alone.database.read_bytes())
    part = Part(f"index/{found[0].generation}.archive.db.zst", hashlib.sha256(data).hexdigest())
    store.put_new(f"{site}/{part.key}", data)
    new = Index(generation=found[0].generation, key=part.key, sha256=part.sha256)
    write_index(store, site, new, now[1] if now else None)
