"""`verify`: is every record as it was written, and does every row agree with the WARCs?"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.notes import Ledger
from wparchive.audit.rebuilt_rows import Snapshot, check_rows, check_soundness, snapshot
from wparchive.audit.row_checks import ROW_CHECKS
from wparchive.audit.seals.seal_check import SealCheck
from wparchive.audit.seals.trust import OWN_WORD, Trust
from wparchive.audit.warc_records import check_file
from wparchive.errors import DamagedError, WparchiveError
from wparchive.store import Archive, SiteFolder
from wparchive.store.log.database import committed_in
from wparchive.store.sqlite import is_linked

__all__ = ["verify"]


def verify(archive: Archive, tally: Tally | None = None, trust: Trust = OWN_WORD) -> Iterator[Finding]:
    """Re-read every WARC record and prove every row of the archive, in constant memory; yields the findings.

    Any single changed byte of a WARC that we wrote is found, and its record named. The database is copied at one moment
    and rebuilt from the WARCs as far as that copy has read them, so a crawl may continue meanwhile. Seals are judged by
    `trust`. `tally` is updated on the way: how much was checked, and notes that are not findings (open files, torn tails
    set aside, records not yet indexed). DamagedError is raised at the end if `archive.db` cannot be read. UsageError (it
    belongs to a newer wparchive, or `trust` names what can't be read) and StorageError (no room to rebuild it; TMPDIR names
    another place) are raised before the WARCs are read.

    >>> [finding.message for finding in verify(Archive("archive"))]
    []
    """
    tally = tally if tally is not None else Tally()
    for site in archive.sites():
        site.refuse_newer()
    seals = SealCheck(archive, trust, tally)
    tally.notes.extend(
        f"{one.path.relative_to(archive.root)}: forgotten; {len(one.files()):,} WARC files kept, not read"
        for one in archive.forgotten()
    )
    yield from _links(archive)
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger().closing())
        copy, damage = None, None
        if is_linked(archive.database):
            pass  # reported with the other links
        elif archive.database.exists():
            try:
                copy = stack.enter_context(snapshot(archive.database, tally))
                yield from check_soundness(copy)
                ledger.attach(copy.path)
            except DamagedError as error:  # the WARCs can be checked all the same
                damage = error
            except sqlite3.Error as error:
                copy = None
                yield _unreadable(error)
        else:
            yield from _without_database(archive, tally)
        doubtful: set[str] = set()
        yield from _records(archive, ledger, doubtful, tally, seals)
        yield from seals.findings()
        if damage:
            raise damage
        if copy:
            yield from _rows(archive, copy, ledger, doubtful, tally)


def _links(archive: Archive) -> Iterator[Finding]:
    for link in archive.links():
        message = f"a symbolic link to {link.readlink()}: it isn't followed, and nothing in an archive may be one"
        yield Finding("link", message, link.relative_to(archive.root).as_posix())


def _without_database(archive: Archive, tally: Tally) -> Iterator[Finding]:
    """Report a missing database as a loss if there was one: indexing leaves its lock file beside it."""
    if archive.was_indexed:
        message = "archive.db was made here, and it is gone; `wparchive index` rebuilds it from the WARCs"
        yield Finding("missing", message, "archive.db")
    else:
        tally.notes.append(
            "nothing was indexed here yet: only the WARCs were checked; `wparchive index` makes archive.db"
        )


def _records(archive: Archive, ledger: Ledger, doubtful: set[str], tally: Tally, seals: SealCheck) -> Iterator[Finding]:
    """Check the WARCs; sites with findings become `doubtful`."""
    # Read before any file: what a running crawl commits from now on is not required.
    sites = [(site, _committed(site, tally)) for site in archive.sites()]
    for site, committed in sites:
        for finding in _site(site, committed, ledger, tally, seals):
            doubtful.add(site.name)
            yield finding
    for finding in ledger.findings():
        doubtful.add(finding.warc.partition("/")[0])
        yield finding


def _rows(archive: Archive, copy: Snapshot, ledger: Ledger, doubtful: set[str], tally: Tally) -> Iterator[Finding]:
    try:
        yield from ledger.unindexed()
        for warc, count, is_open in ledger.behind():
            what = "a run is writing it, or was killed" if is_open else "run `wparchive index`"
            tally.notes.append(f"{warc}: {count:,} records aren't indexed yet; {what}")
        yield from check_rows(archive, copy, doubtful, tally)
        for check in ROW_CHECKS:
            yield from check(copy.path)
    except (sqlite3.Error, DamagedError) as error:
        yield _unreadable(error)


def _unreadable(error: Exception) -> Finding:
    message = f"archive.db can't be read ({error}); `wparchive index --rebuild` rebuilds it from the WARCs"
    return Finding("database", message, "archive.db")


def _site(
    site: SiteFolder, committed: Mapping[str, int], ledger: Ledger, tally: Tally, seals: SealCheck
) -> Iterator[Finding]:
    tally.notes.extend(f"{path.name}: a torn tail, put aside" for path in sorted(site.warc.rglob("*.torn")))
    for stray in site.strays():
        yield Finding("stray", stray.reason, stray.warc)
    sizes = {}
    for path in site.warcs():
        try:
            path = _present(path)
            yield from check_file(path, ledger, tally, committed.get(site.relative(path)), seals)
            sizes[site.relative(path)] = _present(path).stat().st_size
        except FileNotFoundError:
            continue  # an open file without a whole record, which a run has deleted meanwhile
        except OSError as error:
            sizes[site.relative(path)] = committed.get(site.relative(path), 0)
            yield Finding("broken", f"can't be read ({error.strerror})", site.relative(path))
    for warc, size in committed.items():
        if warc not in sizes:
            yield Finding("missing", f"{size} bytes were committed to this file, and it is gone", warc)
        elif sizes[warc] < size:
            yield Finding(
                "short", f"{size} bytes were committed to this file, and it has {sizes[warc]}", warc, sizes[warc]
            )


def _committed(site: SiteFolder, tally: Tally) -> dict[str, int]:
    """Return the committed size (bytes) of each WARC in the capture log, which is only read and never repaired here."""
    if not os.path.lexists(site.frontier) and not site.warcs(imports=False):
        return {}  # a site that only imports show has no capture log
    if not os.path.lexists(site.frontier):
        tally.notes.append(f"{site.name}: frontier.db isn't there; the next crawl rebuilds it")
        return {}
    try:
        return committed_in(site.path)
    except WparchiveError as error:
        tally.notes.append(str(error))
        return {}


def _present(path: Path) -> Path:
    """Return `path`, or its final name if the run that wrote it has ended meanwhile."""
    return path if path.exists() else path.with_name(path.name.removesuffix(".open"))
