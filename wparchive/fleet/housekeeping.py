"""Take a site out of an archive, or give it another name: its folder, its capture log, its rows.

The folder is moved first, in one step that a kill can't halve; everything else follows from where it lies, so that the
same command completes what a kill left.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wparchive.ask.changes import site_names
from wparchive.errors import DamagedError, StorageError, UsageError
from wparchive.fleet.notify.ledger import Ledger
from wparchive.index import index
from wparchive.naming import folded, name_fault
from wparchive.setting_values import meant
from wparchive.store import Archive, CaptureLog, SiteFolder
from wparchive.store.log.database import owner_in
from wparchive.store.sealed import sealed_among
from wparchive.store.warc.names import site_in
from wparchive.store.warc.writing.writer import storage_error, sync_folder

__all__ = ["Forgetting", "forget", "rename", "to_forget"]

Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What forgetting `site` concerns: its folders, its WARCs, how many bytes they have, which of them are sealed."""

    site: str
    folders: Sequence[SiteFolder]
    warcs: Sequence[Path]
    bytes: int
    sealed: Sequence[Path]


def to_forget(archive: Archive, site: str, *, warcs: bool) -> Forgetting:
    """Return what `forget` would do; with `warcs` also to what an earlier `forget` has kept.

    Raises UsageError when the archive has no such site.
    """
    folders = [one for one in archive.sites() if one.name == site]
    folders += [one for one in archive.forgotten() if one.name == site and warcs]
    if not folders and site not in _indexed(archive):
        raise UsageError(_unknown(archive, site))
    files = [path for folder in folders for path in folder.files()]
    return Forgetting(
        site, folders, files, sum(path.stat().st_size for path in files), sealed_among(archive.root, files)
    )


def forget(
    archive: Archive, site: str, *, warcs: bool, sealed: bool, now: datetime, notice: Notice
) -> SiteFolder | None:
    """Take `site` out of `archive`: its rows and its capture log. Returns where its WARCs are kept.

    They are moved to `forgotten/DATE/SITE`, where nothing reads them; with `warcs` they are removed, and None is returned.
    `notice` receives a line about other changes of `archive.db`. Raises UsageError when there is no such site, and when
    WARCs that a seal names would be removed, unless `sealed` says that they may; LockedError when a run holds the site.
    """
    about = to_forget(archive, site, warcs=warcs)
    if warcs and about.sealed and not sealed:
        raise UsageError(
            f"{site}: {len(about.sealed):,} of its WARCs are sealed, the first is {about.sealed[0].name}: forget it without "
            "--warcs, which keeps them, or say --sealed, and `verify` misses them from then on"
        )
    _refuse_newer(archive)
    kept = None
    if archive.site(site).path.is_dir():
        with archive.lock(site), archive.index_lock():
            kept = _put_away(archive, archive.site(site), now)
    if warcs:
        for folder in [one for one in archive.forgotten() if one.name == site]:
            _remove(folder)
        kept = None
    _index(archive, [], site, notice)
    _retell(archive, site, None)
    return kept


def _put_away(archive: Archive, folder: SiteFolder, now: datetime) -> SiteFolder:
    """Move a site's folder to those that are forgotten, without its capture log."""
    try:
        kept = next(place for place in archive.places_for_forgotten(folder.name, now) if not os.path.lexists(place))
        kept.parent.mkdir(parents=True, exist_ok=True)
        folder.path.rename(kept)
        sync_folder(kept.parent)
        sync_folder(archive.root)
        for path in (*kept.glob("frontier.db*"), kept / ".lock"):
            _unlink(path)
    except OSError as error:
        raise storage_error(Path(error.filename or folder.path), error) from None
    return SiteFolder(kept)


def _unlink(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove(folder: SiteFolder) -> None:
    """Remove a forgotten site's folder, and the folders around it that are empty then."""
    try:
        shutil.rmtree(folder.path)
        for outer in (folder.path.parent, folder.path.parent.parent):
            if any(outer.iterdir()):
                break
            outer.rmdir()
    except OSError as error:
        raise storage_error(folder.path, error) from None


def rename(archive: Archive, old: str, new: str, *, notice: Notice) -> None:
    """Call the site `old` of `archive` `new`: its folder, its capture log, its rows; names of WARCs stay as they are.

    The rows are read again from the WARCs under the new name. Raises UsageError when there is no site `old`, or `new` is no
    name for a folder or taken; LockedError when a run holds the site.
    """
    if fault := name_fault(new):
        raise UsageError(f"{new}: no name for a folder ({fault})")
    if old == new:
        raise UsageError(f"{old}: the site is called so already")
    _refuse_newer(archive)
    with ExitStack() as stack:
        if not _is_half(archive, old, new):
            _refuse_taken(archive, old, new)
            stack.enter_context(archive.lock(old))
            archive.finish(old)
            with archive.index_lock():
                _move(archive.site(old).path, archive.site(new).path)
        else:
            stack.enter_context(archive.lock(new))
            archive.finish(new)
        _index(archive, [new], old, notice)
        _retell(archive, old, new)
        if owner_in(archive.site(new).path) == old:  # last, since it shows that all else isn't done yet
            log = CaptureLog(archive.site(new).frontier, old)
            log.rename(old, new)
            log.close()


def _is_half(archive: Archive, old: str, new: str) -> bool:
    """Whether the folder of `old` was renamed to `new`, and perhaps nothing else."""
    names = {site.name for site in archive.sites()}
    if old in names or new not in names:
        return False
    folder = archive.site(new)
    return owner_in(folder.path) == old or any(site_in(path.name) == old for path in folder.files())


def _refuse_taken(archive: Archive, old: str, new: str) -> None:
    names = [site.name for site in archive.sites()]
    if old not in names:
        raise UsageError(_unknown(archive, old))
    # Names that differ only in case would share a folder on some file systems.
    if other := next((name for name in names if folded(name) == folded(new) and name != old), None):
        alike = f", which other systems can't tell from {new}" if other != new else ""
        raise UsageError(f"{new}: the archive has a site {other} already{alike}; choose another name")
    if os.path.lexists(archive.root / new) and folded(old) != folded(new):
        raise UsageError(f"{archive.root / new}: is there already; choose another name")


def _move(old: Path, new: Path) -> None:
    try:
        old.rename(new)
        sync_folder(new.parent)
    except OSError as error:
        raise storage_error(old, error) from None


def _index(archive: Archive, sites: Sequence[str], gone: str, notice: Notice) -> None:
    """Bring the rows of `sites` up to date, and remove those of the site `gone` without a line to `notice`."""
    if archive.database.exists():
        index(archive, sites, mend=True, notice=lambda text: None if text.startswith(f"{gone}: ") else notice(text))


def _retell(archive: Archive, old: str, new: str | None) -> None:
    """Let what was sent about the site `old` count for `new`; a damaged file is reported by the next crawl."""
    with suppress(DamagedError):
        Ledger(archive).rename(old, new)


def _indexed(archive: Archive) -> Sequence[str]:
    return site_names(archive.database) if archive.database.exists() else ()


def _refuse_newer(archive: Archive) -> None:
    """Raise UsageError when a newer wparchive made the database, before anything is moved; a damaged one is rebuilt."""
    with suppress(StorageError):
        _indexed(archive)


def _unknown(archive: Archive, site: str) -> str:
    names = [one.name for one in archive.sites()]
    if not names:
        return f"{archive.root}: no archive there; name one with --archive"
    nearest = meant(site, names) or f"; it has {', '.join(names)}"
    return f"{site}: no such site in this archive{nearest}"
