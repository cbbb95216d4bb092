"""`verify`: is every record as it was written, and every row what its record says?"""

import sqlite3
from collections.abc import Iterator

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.holds import check_holds
from wparchive.audit.ledger import Ledger
from wparchive.audit.records import check_file
from wparchive.audit.rows import check_rows
from wparchive.store import Archive, SiteFolder
from wparchive.store.database import peek

__all__ = ["verify"]


def verify(archive: Archive, tally: Tally | None = None) -> Iterator[Finding]:
    """Re-read every WARC record and every row of the archive, in constant memory; yields what is off.

    Any single changed byte of a WARC that we wrote is found, and its record named. `tally` is filled on the way: how
    much was checked, and notes that are no findings (open files, torn tails put aside, no `archive.db`).
    """
    tally = tally if tally is not None else Tally()
    with Ledger().closing() as ledger:
        problem = _attach(archive, ledger, tally)
        if problem:
            yield problem
        for site in archive.sites():
            yield from _site(site, ledger, tally)
        yield from ledger.findings()
        if ledger.attached:
            try:
                yield from check_rows(archive, ledger, tally)
                yield from check_holds(archive)
            except sqlite3.Error as error:
                yield _unreadable(error)


def _attach(archive: Archive, ledger: Ledger, tally: Tally) -> Finding | None:
    if not archive.database.exists():
        tally.notes.append("archive.db isn't there: only the WARCs were checked; `wparchive index` makes it")
        return None
    try:
        if not ledger.attach(archive.database):
            tally.notes.append("archive.db holds no index: only the WARCs were checked; run `wparchive index`")
    except sqlite3.Error as error:
        return _unreadable(error)
    return None


def _unreadable(error: sqlite3.Error) -> Finding:
    message = f"archive.db can't be read ({error}); `wparchive index --rebuild` makes it anew from the WARCs"
    return Finding("database", message, "archive.db")


def _site(site: SiteFolder, ledger: Ledger, tally: Tally) -> Iterator[Finding]:
    tally.notes.extend(f"{path.name}: a torn tail, put aside" for path in sorted(site.warc.rglob("*.torn")))
    sizes = {}
    for path in site.warcs():
        sizes[site.relative(path)] = path.stat().st_size
        yield from check_file(path, ledger, tally)
    for warc, committed in _committed(site, tally).items():
        if warc not in sizes:
            yield Finding("missing", f"{committed} bytes were committed to this file, and it is gone", warc)
        elif sizes[warc] < committed:
            message = f"{committed} bytes were committed to this file, and it has {sizes[warc]}"
            yield Finding("short", message, warc, sizes[warc])


def _committed(site: SiteFolder, tally: Tally) -> dict[str, int]:
    """How far the frontier knows each WARC to be written; it is only looked at, never repaired here."""
    if not site.frontier.exists():
        tally.notes.append(f"{site.name}: frontier.db isn't there; the next crawl rebuilds it")
        return {}
    try:
        return {warc: int(committed) for warc, committed in peek(site.frontier, "SELECT warc, committed FROM files")}
    except sqlite3.Error as error:
        tally.notes.append(f"{site.name}: frontier.db can't be read ({error}); the next crawl rebuilds it")
        return {}
