"""What goes into a package: finished WARCs as they are, and records cut out of others where only a part is wanted."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from wparchive.ask.finding.item_keys import ItemKey
from wparchive.ask.lookup import capture_of
from wparchive.errors import DamagedError, UsageError
from wparchive.model import Capture
from wparchive.setting_values import meant
from wparchive.store import Archive, SiteFolder
from wparchive.store.warc.names import is_finished

__all__ = ["LeftOut", "Selection", "captures_of_item", "captures_of_run", "key_of", "whole_files"]

_RUN = "SELECT capture FROM captures WHERE run = ? ORDER BY warc, offset"
# Every capture that shows a version of the item, or something that was observed of it.
_ITEM = """
    SELECT capture FROM versions WHERE item = :item
    UNION SELECT before FROM observations WHERE item = :item
    UNION SELECT after FROM observations WHERE item = :item
    UNION SELECT confirmed FROM observations WHERE item = :item
    UNION SELECT capture FROM revisions WHERE item = :item
    UNION SELECT capture FROM media_files WHERE media_item = :item
    UNION SELECT latest FROM media_files WHERE media_item = :item
    UNION SELECT capture FROM pages WHERE item = :item"""
# What its pages are shown with, by way of their stylesheets.
_SHOWN = """
    WITH RECURSIVE named(site, page) AS (
        SELECT site, url FROM pages WHERE item = :item UNION
        SELECT f.site, f.url FROM page_files f JOIN named USING (site, page) WHERE f.role = 'stylesheet')
    SELECT capture FROM page_files JOIN named USING (site, page)"""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many WARCs aren't in the package: made with credentials, still being written, or not read by wparchive at all."""

    private: int = 0
    unfinished: int = 0
    astray: int = 0

    def lines(self) -> list[str]:
        """Return what is left out, a line each."""
        reasons = (
            (self.private, "made with credentials; --private exports them too"),
            (self.unfinished, "still being written, or left so by a killed run; the next crawl finishes them"),
            (self.astray, "not read by wparchive; see `wparchive verify`"),
        )
        return [f"left out: {count:,} files, {why}" for count, why in reasons if count]


@dataclass(frozen=True, slots=True)
class Selection:
    """What goes in: `files` whole, by the name that a capture has for its file, and the exchanges of `cut`, in order."""

    files: dict[str, Path] = field(default_factory=dict)
    cut: tuple[Capture, ...] = ()
    left_out: LeftOut = LeftOut()

    @property
    def sites(self) -> list[str]:
        """The sites that something in it is of."""
        return sorted({warc.partition("/")[0] for warc in (*self.files, *(one.warc for one in self.cut))})

    def holds(self) -> "Holds":
        """Return what tells whether a record is in the package."""
        return Holds(frozenset(self.files), frozenset((one.warc, one.offset) for one in self.cut))


@dataclass(frozen=True, slots=True)
class Holds:
    """Tells by the place of a record whether it is in the package."""

    _files: frozenset[str]
    _cut: frozenset[tuple[str, int]]

    def __call__(self, warc: str, offset: int) -> bool:
        """Whether the record that begins at `offset` of `warc` is in the package."""
        return warc in self._files or (warc, offset) in self._cut


def whole_files(archive: Archive, sites: Collection[str], *, private: bool) -> Selection:
    """Return the finished WARCs of `sites` (of all, if none are named), those made with credentials only with `private`.

    Raises UsageError where there is nothing to hand on.
    """
    folders = [site for site in archive.sites() if not sites or site.name in sites]
    files: dict[str, Path] = {}
    hidden = unfinished = astray = 0
    for site in folders:
        secret = set(site.private_warcs())
        astray += len(site.strays())
        for path in site.warcs():
            if path in secret and not private:
                hidden += 1
            elif not is_finished(path.name) or not path.stat().st_size:
                unfinished += 1
            else:
                files[site.relative(path)] = path
    left = LeftOut(hidden, unfinished, astray)
    if not files:
        raise UsageError(f"{archive.root}: {_why_empty(folders, left)}")
    return Selection(files, (), left)


def _why_empty(folders: Collection[SiteFolder], left: LeftOut) -> str:
    if left.unfinished:
        return "its WARCs are still being written; export when the crawl has ended"
    if left.private:
        return "all its WARCs were made with credentials; --private exports them"
    return "there is no WARC in it; crawl something first" if folders else "there is no site in it; crawl one first"


def captures_of_run(archive: Archive, db: sqlite3.Connection, whole: Selection, run: str) -> Selection:
    """Return the files of `whole` with captures of `run`, and the captures elsewhere that revisits among them refer to.

    `db` gives rows by name. Raises UsageError for a run that has no captures in finished files.
    """
    known = [row[0] for row in db.execute("SELECT run FROM runs")]
    if run not in known:
        raise UsageError(f"--run {run}: no such run in the archive{meant(run, known)}")
    captures = [capture_of(db, row[0]) for row in db.execute(_RUN, (run,))]
    files = {warc: path for warc, path in whole.files.items() if warc in {one.warc for one in captures}}
    if not files:
        raise UsageError(f"--run {run}: none of its captures is in a finished WARC that may be handed on")
    elsewhere = [one for one in _referred_to(archive, db, captures) if one.warc not in files]
    return _narrowed(whole, files, elsewhere)


def captures_of_item(
    archive: Archive, db: sqlite3.Connection, whole: Selection, item: ItemKey, shown: Iterable[str]
) -> Selection:
    """Return the captures that show `item`, those that `shown` names (its pictures), and what revisits among them refer to.

    Raises UsageError where none of them is in a finished file.
    """
    own = f"SELECT capture FROM {item.table} WHERE item = :item"  # noqa: S608 - our own names
    ids = {row[0] for row in db.execute(f"{_ITEM} UNION {own}", {"item": key_of(item)}) if row[0]}
    ids |= {row[0] for row in db.execute(_SHOWN, {"item": key_of(item)}) if row[0]}
    captures = [capture_of(db, one) for one in sorted(ids.union(shown))]
    captures += [*_referred_to(archive, db, captures)]
    found = _narrowed(whole, {}, captures)
    if not found.cut:
        raise UsageError(f"{item}: none of its captures is in a finished WARC that may be handed on")
    return found


def key_of(item: ItemKey) -> str:
    """Return the key of `item` as rows that refer to it spell it: without the mark of a taxonomy."""
    return f"{item.site}/{item.type.rpartition(':')[2]}/{item.wp_id}"


def _referred_to(archive: Archive, db: sqlite3.Connection, captures: Iterable[Capture]) -> Iterator[Capture]:
    """What the revisits among `captures` refer to, as far as it is held."""
    for one in captures:
        if one.record_type == "revisit":
            with suppress(UsageError, DamagedError):  # `verify` finds what leads nowhere
                # Other tools may name no id, but address and time.
                yield capture_of(db, one.refers_to) if one.refers_to else archive.response(one).answer.capture


def _narrowed(whole: Selection, files: dict[str, Path], cut: Iterable[Capture]) -> Selection:
    """`whole` reduced to `files` and the captures `cut`, each once, in the order in which they stand in their files."""
    places = {(one.warc, one.offset): one for one in cut if one.warc in whole.files}
    ordered = tuple(places[place] for place in sorted(places))
    return replace(whole, files=files, cut=ordered)
