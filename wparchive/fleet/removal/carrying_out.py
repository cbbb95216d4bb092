"""Carry a removal out: seal, forget, put tombstones, seal again, index anew. Every step can be cut off and run again."""

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wparchive.ask.finding.full_text import Search, find
from wparchive.ask.finding.typed import Term
from wparchive.ask.lookup import capture_of, look_up
from wparchive.errors import UsageError
from wparchive.fleet.removal.holders import Found, search
from wparchive.fleet.removal.sought import Sought, sought
from wparchive.index import index
from wparchive.index.database.opening import reading
from wparchive.index.database.writing import compact
from wparchive.seal.endorsement.stamping import Post
from wparchive.seal.removing import Stretch, remove_stretches
from wparchive.seal.seal_result import SealResult
from wparchive.seal.sealing import seal
from wparchive.seal.settings import SealSettings
from wparchive.store import Archive, CaptureLog, SiteFolder
from wparchive.store.losses import Loss, note_losses
from wparchive.store.warc.names import warc_name
from wparchive.store.warc.writing.writer import storage_error, sync_folder

__all__ = ["Grounds", "Removing", "prepared", "refuse_unsayable"]

_MOST = 1_000  # characters of each text
_LISTED = 20  # other items that are named


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why something is removed, and on whose order; both are published."""

    reason: str
    order: str = ""


def refuse_unsayable(grounds: Grounds) -> None:
    """Raise UsageError for texts that can't be published: none, too long, or with control characters."""
    if not grounds.reason.strip():
        raise UsageError("--reason: say why; the text is published, so no names in it")
    for option, text in (("--reason", grounds.reason), ("--order", grounds.order)):
        if len(text) > _MOST:
            raise UsageError(f"{option}: {len(text):,} characters; it may have {_MOST:,}")
        if not text.isprintable():
            raise UsageError(f"{option}: one line of text, without control characters")


@dataclass(slots=True)
class Removing:
    """A removal that is prepared, with the lock of `site` held: what is removed, and what stands otherwise in the archive.

    `items` are other items with its headline, `same_files` other addresses of the same files, `left_over` paths in the
    archive that nothing reads and that may hold it.
    """

    archive: Archive
    site: str
    sought: Sequence[Sought]
    found: Found
    items: Sequence[str] = ()
    same_files: Sequence[str] = ()
    left_over: Sequence[Path] = ()

    @property
    def stretches(self) -> Sequence[Stretch]:
        """Every place in a WARC where records go."""
        return [*self._stretches(refers=True), *self._stretches(refers=False)]

    def _stretches(self, *, refers: bool) -> Sequence[Stretch]:
        holders = [one for one in self.found.holders if one.refers is refers]
        return [Stretch(one.path, offset, length) for one in holders for offset, length in one.stretches]

    @property
    def folder(self) -> SiteFolder:
        """The folder of the site."""
        return self.archive.site(self.site)

    def carry_out(
        self,
        grounds: Grounds,
        settings: SealSettings,
        *,
        post: Post,
        now: Callable[[], datetime],
        notice: Callable[[str], None],
    ) -> SealResult:
        """Remove it; returns the seal that says so.

        What is logged is never undone: after a crash, `wparchive seal` and then the same command complete it. Raises
        UsageError, LockedError, StorageError, AlteredLogError.
        """
        refuse_unsayable(grounds)
        # First, so that a tombstone's leaves are those of a sealed file.
        seal(self.archive, settings, post=post, now=now)
        self._forget()
        for some in (self._stretches(refers=True), self._stretches(refers=False)):
            # In this order: after a crash, a revisit is found by the answer that it refers to.
            remove_stretches(self.archive, settings, some, reason=grounds.reason, order=grounds.order, now=now)
        self._remember_times()
        forget_in_logs(self.folder, self.sought)
        result = seal(self.archive, settings, post=post, now=now)
        index(self.archive, [self.site], rebuild=True, mend=True, notice=notice)
        compact(self.archive.database)
        return result

    def _forget(self) -> None:
        """Let the next run refer to none of it and read the site in full, and the next index, after a crash too, all WARCs."""
        if not self.folder.frontier.is_file():
            return  # the next crawl makes it from the WARCs
        with closing(CaptureLog(self.folder.frontier, self.folder.name)) as log:
            note_losses(
                log, (Loss(warc_name(one.path).partition("/")[2], one.offset, one.length) for one in self.stretches)
            )
            log.forget_for_good((warc_name(one.path), one.offset, one.length) for one in self.stretches)

    def _remember_times(self) -> None:
        """Note when the WARCs were written, so that the next run doesn't take them for changed by others."""
        if self.folder.frontier.is_file():
            with closing(CaptureLog(self.folder.frontier, self.folder.name)) as log:
                log.note_times({warc_name(one.path): one.path.stat().st_mtime_ns for one in self.stretches})


@contextmanager
def prepared(archive: Archive, keys: Sequence[str], *, notice: Callable[[str], None]) -> Iterator[Removing]:
    """Yield what removing the items (or single captures) that `keys` name would do, with their site's lock held meanwhile.

    Raises AmbiguousError, UsageError, LockedError, StorageError and DamagedError.
    """
    with reading(archive.database) as db:
        site, *others = dict.fromkeys(_sought(db, key).site for key in keys)
    if others:
        raise UsageError(f"{site} and {others[0]}: remove what is of one site at a time")
    with archive.lock(site):
        archive.finish(site)
        with reading(archive.database) as db:
            wanted = [_sought(db, key) for key in keys]
        index(archive, [site], mend=True, notice=notice)
        with reading(archive.database) as db:
            with suppress(UsageError):  # after a crash in the middle, the index has just dropped it
                wanted = [_sought(db, key) for key in keys]
            same = tuple(_same_files(db, wanted))
        yield Removing(
            archive,
            site,
            wanted,
            search(archive.site(site), wanted),
            items=_items_with(archive, wanted),
            same_files=same,
            left_over=tuple(_left_over(archive, site)),
        )


def _sought(db: sqlite3.Connection, key: str) -> Sought:
    named = look_up(db, key)
    return sought(db, named.item, None if named.item else capture_of(db, str(named.capture)))


def _same_files(db: sqlite3.Connection, wanted: Sequence[Sought]) -> Iterator[str]:
    """Yield where else in the archive the files of a media item stand, byte for byte."""
    query = (
        "SELECT DISTINCT o.site, o.url FROM media_files m JOIN media_files o ON o.sha256 = m.sha256 "
        "WHERE m.site = ? AND m.url = ?"
    )
    own = {(one.site, url) for one in wanted for url in one.files}
    for place in sorted(own):
        yield from (f"{site}: {url}" for site, url in db.execute(query, place) if (site, url) not in own)


def _items_with(archive: Archive, wanted: Sequence[Sought]) -> Sequence[str]:
    """Return the other items of all sites, former versions too, that have a headline of theirs."""
    terms = [Term(title, whole=True) for one in wanted for title in one.texts.headlines]
    found = (
        hit.item
        for term in terms[:_LISTED]
        for hit in find(archive.database, Search(terms=[term], old=True, private=True, limit=_LISTED)).hits
    )
    own = {one.key for one in wanted}
    return [one for one in dict.fromkeys(found) if one not in own]


def _left_over(archive: Archive, site: str) -> Iterator[Path]:
    """Yield what lies in the archive and is never read: torn tails, databases put aside, WARCs of a forgotten site."""
    folder = archive.site(site)
    yield from sorted(folder.warc.rglob("*.torn"))
    yield from (stray.path for stray in folder.strays())
    for name in ("damaged", "older"):
        yield from sorted(folder.path.glob(f"frontier.db.{name}*"))
        yield from sorted(archive.root.glob(f"archive.db.{name}*"))
    yield from (one.path for one in archive.forgotten() if one.name == site)


def forget_in_logs(folder: SiteFolder, wanted: Iterable[Sought]) -> None:
    """Take the lines out of the site's runs' logs that have an address of an item. Raises StorageError."""
    named = [found for one in wanted if (found := one.addresses)]
    for path in sorted(folder.runs.glob("*.jsonl")) if named else ():
        if path.is_symlink() or not path.is_file():
            continue
        try:
            if any(_names(line, named) for line in _lines(path)):
                _rewrite(path, (line for line in _lines(path) if not _names(line, named)))
        except OSError as error:
            raise storage_error(path, error) from None


def _names(line: bytes, named: Sequence[re.Pattern[str]]) -> bool:
    # A log is JSON in ASCII; addresses with other letters are escaped there.
    text = line.decode("ascii", "replace")
    if "\\u" in text:
        with suppress(ValueError):
            text = json.dumps(json.loads(text), ensure_ascii=False)
    return any(one.search(text) for one in named)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _rewrite(path: Path, lines: Iterable[bytes]) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:
        out.writelines(lines)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
