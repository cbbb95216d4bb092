"""Adds WARCs to HEADs that no HEAD lists: of turns that were overtaken, in the store or on a worker's disk."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from wparchive.errors import DamagedError, SwappedError, TakenError, WparchiveError
from wparchive.fleet.manifest import Head, StoredFile, read_head, write_head
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.tables import Connection
from wparchive.fleet.turns.scratch import Mark
from wparchive.store import Archive
from wparchive.store.warc.names import is_finished, site_in
from wparchive.store.warc.reader import exchanges
from wparchive.store.warc.resync import Damage

__all__ = ["adopt", "send_aside"]

_ROW: Final = "SELECT url, epoch FROM fleet.sites WHERE site = %s AND job IS NULL"
_ADOPTED: Final = """
    UPDATE fleet.sites SET generation = %(generation)s, index_due_at = fleet.now()
    WHERE site = %(site)s AND job IS NULL AND generation < %(generation)s"""


def adopt(
    conn: Connection,
    store: ObjectStore,
    private: ObjectStore | None,
    orphans: Mapping[str, Sequence[str]],
    say: Callable[[str], None],
) -> int:
    """Add the WARCs `orphans` (names, by site) to their HEADs, if they are whole; returns how many. `say` gets what isn't.

    Each is read in full. A HEAD that a turn has replaced meanwhile is left to the next check. Raises RemoteError.
    """
    return sum(_adopt(conn, store, private, site, names, say) for site, names in orphans.items())


def _adopt(
    conn: Connection,
    store: ObjectStore,
    private: ObjectStore | None,
    site: str,
    names: Sequence[str],
    say: Callable[[str], None],
) -> int:
    row = conn.execute(_ROW, (site,)).fetchone()
    if row is None:
        say(f"{site}: a turn runs, or it has no row; check again later")
        return 0
    found = read_head(store, site)
    head = found[0] if found else Head(url=row["url"], epoch=row["epoch"])
    whole = {}
    for name in names:
        of = private if name.startswith("warc/private/") else store
        try:
            whole[name] = _looked_at(of or store, site, name)
        except DamagedError as error:
            say(f"{site}/{name}: not adopted: {error}")
    if not whole:
        return 0
    head = replace(head, generation=head.generation + 1, files={**head.files, **whole})
    try:
        write_head(store, site, head, found[1] if found else None)
    except SwappedError:
        say(f"{site}: a turn has committed meanwhile; check again")
        return 0
    conn.execute(_ADOPTED, {"site": site, "generation": head.generation})
    return len(whole)


def _looked_at(store: ObjectStore, site: str, name: str) -> StoredFile:
    """Read a WARC in full, and return its size and digest. Raises DamagedError where it isn't a whole one of that site."""
    if site_in(name.rpartition("/")[2]) != site:
        raise DamagedError("it isn't called as a WARC of this site is")
    with TemporaryDirectory(prefix="wparchive-adopt-") as folder:
        path = Path(folder) / site / name
        path.parent.mkdir(parents=True)
        digest = store.fetch(f"{site}/{name}", path)
        damage = next((entry for entry in exchanges(path, every_byte=True) if isinstance(entry, Damage)), None)
        if damage is not None:
            raise DamagedError(f"damaged at offset {damage.offset}: {damage.reason}")
        return StoredFile(path.stat().st_size, digest)


def send_aside(
    scratch: Path, store: ObjectStore, private: ObjectStore | None, say: Callable[[str], None]
) -> dict[str, list[str]]:
    """Send the WARCs that a worker kept aside in its `scratch` into the store, and return their names by site.

    A folder is removed when all of it is there. Raises RemoteError and StorageError.
    """
    sent: dict[str, list[str]] = {}
    for folder in sorted(path for path in (scratch / "aside").glob("*") if path.is_dir()):
        mark = Mark.read(folder)
        if mark is None:
            say(f"{folder}: nothing says of which site it is; look into it")
            continue
        try:
            names = list(_send(Archive(folder), mark.site, store, private))
        except (TakenError, WparchiveError) as error:
            say(f"{folder}: kept: {error}")
            continue
        sent.setdefault(mark.site, []).extend(names)
        shutil.rmtree(folder)
    return sent


def _send(archive: Archive, site: str, store: ObjectStore, private: ObjectStore | None) -> Iterator[str]:
    with archive.lock(site):
        archive.finish(site)
        for path in archive.site(site).warcs():
            name = path.relative_to(archive.site(site).path).as_posix()
            of = private if name.startswith("warc/private/") else store
            if of is not None and is_finished(path.name):
                of.put_new(f"{site}/{name}", path)
                yield name
