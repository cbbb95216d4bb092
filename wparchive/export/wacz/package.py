"""Makes a WACZ of an archive: chooses, copies, indexes, adds what people read and the seals, and has the whole signed."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from wparchive.ask.lookup import look_up_item
from wparchive.errors import StorageError
from wparchive.export.cdxj import lines
from wparchive.export.public_copy import copied
from wparchive.export.sorted_lines import sorted_lines
from wparchive.export.wacz.authsign import NotSignedError, Signer
from wparchive.export.wacz.bundle import Bundle
from wparchive.export.wacz.cdx_index import write_index
from wparchive.export.wacz.cut_records import write_cut
from wparchive.export.wacz.datapackage import DATAPACKAGE, About, datapackage, digest_file
from wparchive.export.wacz.page_list import PageList
from wparchive.export.wacz.readable import READING, pictures_of, write_readable
from wparchive.export.wacz.sealed_evidence import evidence_of
from wparchive.export.wacz.selection import LeftOut, Selection, captures_of_item, captures_of_run, key_of, whole_files
from wparchive.export.whole_file import whole_file
from wparchive.index.database.opening import reading
from wparchive.store import Archive, Damage

__all__ = ["Made", "Wanted", "make_wacz"]

_CUT = "records.warc.gz"
_PAGES = "pages.jsonl"
_MISPLACED = (
    "SELECT DISTINCT warc FROM captures WHERE privilege != 'anonymous' AND record_type != 'revisit' "
    "AND warc NOT LIKE '%/private/%' ORDER BY warc"
)
_UNCHANGED = "304"  # a viewer would show its empty body in place of the file
_NAMED = 5  # sites in the title


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the package is to hold: all `sites` or some, one `run`, or one `item`, in whatever way it is named."""

    sites: tuple[str, ...] = ()
    run: str | None = None
    item: str | None = None
    reading: bool = True
    private: bool = False

    @property
    def whole(self) -> bool:
        """Whether the sites are wanted with all their runs and items."""
        return self.run is None and self.item is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the package holds: WARCs as they are, exchanges cut out of others, reading copies, files of seals.

    `not_signed` is why a signing server didn't sign; "" if it did, or none was asked.
    """

    warcs: int
    cut: int
    copies: int
    seals: int
    left_out: LeftOut
    not_signed: str = ""

    def __str__(self) -> str:
        parts = (
            (self.warcs, "WARC files"),
            (self.cut, "exchanges cut out of WARC files"),
            (self.copies, "reading copies"),
            (self.seals, "files of seals"),
        )
        return ", ".join(f"{count:,} {what}" for count, what in parts if count)


def make_wacz(
    archive: Archive,
    target: Path,
    wanted: Wanted,
    *,
    now: Callable[[], datetime],
    tell: Callable[[Damage], None],
    sign: Signer | None = None,
) -> Made:
    """Write the package to `target`, which appears when it is whole; all but its date follows from the archive alone.

    `now` is asked at the end, since signing servers take only fresh times. `tell` hears of each stretch of a WARC that
    can't be read: it is in the package, but not in its index. Raises UsageError, StorageError, DamagedError.
    """
    whole = whole_files(archive, wanted.sites, private=wanted.private)
    with (
        whole_file(archive, target, private=wanted.private) as out,
        TemporaryDirectory(dir=target.parent, prefix=f"{target.name}.") as folder,
        _rows(archive, wanted) as db,
        Bundle(out) as bundle,
    ):
        return _Making(archive, wanted, db, bundle, Path(folder)).make(whole, now, tell, sign)


@contextmanager
def _rows(archive: Archive, wanted: Wanted) -> Iterator[sqlite3.Connection | None]:
    """Open a copy of the database, if it is needed: without `private` one that knows only what strangers were shown."""
    if wanted.whole and not wanted.private and archive.database.is_file():
        _refuse_misplaced(archive)
    if wanted.whole and not wanted.reading:
        yield None
        return
    with copied(archive, private=wanted.private) as db:
        db.row_factory = sqlite3.Row
        yield db


def _refuse_misplaced(archive: Archive) -> None:
    """Raise StorageError where a capture made with credentials stands among the public ones."""
    left_out = {site.relative(path) for site in archive.sites() for path in site.private_warcs()}
    with reading(archive.database) as db:
        wrong = next((warc for (warc,) in db.execute(_MISPLACED) if warc not in left_out), None)
    if wrong:
        raise StorageError(
            f"{wrong}: holds what only credentials showed; move it to private/, then run `wparchive index`"
        )


class _Making:
    """A package being made in `bundle`; `folder` is for files that go in when they are complete."""

    def __init__(
        self, archive: Archive, wanted: Wanted, db: sqlite3.Connection | None, bundle: Bundle, folder: Path
    ) -> None:
        self._archive, self._wanted, self._db, self._bundle, self._folder = archive, wanted, db, bundle, folder
        self._item = ""
        self._indexed: list[tuple[Path, str]] = []

    def make(
        self, whole: Selection, now: Callable[[], datetime], tell: Callable[[Damage], None], sign: Signer | None
    ) -> Made:
        """Put everything in, the WARCs first."""
        chosen = self._chosen(whole)
        title = self._item or _title(chosen.sites)
        self._take_warcs(chosen)
        with PageList(self._folder / _PAGES, searchable=self._wanted.reading) as pages:
            copies = self._take_reading(chosen, pages, title)
            self._index(pages, tell)
        self._bundle.add(f"pages/{_PAGES}", self._folder / _PAGES)
        seals = [self._bundle.add(f"evidence/{name}", path) for name, path in evidence_of(self._archive.root)]
        about = About(title=title, description=_description(chosen, copies), created=now(), main_page=pages.first)
        return Made(
            warcs=len(chosen.files),
            cut=len(chosen.cut),
            copies=copies,
            seals=len(seals),
            left_out=chosen.left_out,
            not_signed=self._finish(about, sign),
        )

    def _chosen(self, whole: Selection) -> Selection:
        if self._db is None or self._wanted.whole:
            return whole
        if self._wanted.run is not None:
            return captures_of_run(self._archive, self._db, whole, self._wanted.run)
        item = look_up_item(self._db, self._wanted.item or "")
        self._item = key_of(item)
        shown = pictures_of(self._db, whole, item.site, self._item)
        return captures_of_item(self._archive, self._db, whole, item, shown)

    def _take_warcs(self, chosen: Selection) -> None:
        for path, name in _named(chosen):
            self._take(path, name)
        if chosen.cut:
            write_cut(self._archive, chosen.cut, self._folder / _CUT)
            self._take(self._folder / _CUT, _CUT)

    def _take_reading(self, chosen: Selection, pages: PageList, title: str) -> int:
        if self._db is None or not self._wanted.reading:
            return 0
        path, whole = self._folder / READING, self._wanted.whole
        copies = write_readable(self._db, chosen, path, pages, title, item=self._item, whole=whole)
        self._take(path, READING)
        return copies

    def _take(self, path: Path, name: str) -> None:
        self._bundle.add(f"archive/{name}", path)
        self._indexed.append((path, name))

    def _index(self, pages: PageList, tell: Callable[[Damage], None]) -> None:
        """Write the index; `pages` lists what in it is a page by itself."""
        blocks, index = (self._folder / name for name in ("index.cdx.gz", "index.idx"))
        with blocks.open("wb") as packed, index.open("wb") as firsts:
            write_index(sorted_lines(self._lines(pages, tell)), packed, firsts)
        for path in (blocks, index):
            self._bundle.add(f"indexes/{path.name}", path)

    def _lines(self, pages: PageList, tell: Callable[[Damage], None]) -> Iterator[bytes]:
        for path, name in self._indexed:
            for line in lines(path, name):
                if isinstance(line, Damage):
                    tell(line)
                elif line.fields.get("status") != _UNCHANGED:
                    pages.captured(line)
                    yield bytes(line)

    def _finish(self, about: About, sign: Signer | None) -> str:
        """Write what speaks of the package itself; return why it wasn't signed."""
        package = datapackage(about, self._bundle.resources)
        self._bundle.put(DATAPACKAGE, package)
        refused = ""
        try:
            signed = sign(package, about.created) if sign else None
        except NotSignedError as error:
            signed, refused = None, str(error)
        self._bundle.put("datapackage-digest.json", digest_file(package, signed))
        return refused


def _named(chosen: Selection) -> Iterator[tuple[Path, str]]:
    """Each whole file and what it is called in the package: by its own name, behind its site's where that is taken.

    Of the two files of a run that was made with credentials, which have the same name, the private one is marked.
    """
    taken = {READING, _CUT}
    for warc, path in chosen.files.items():
        name = f"private-{path.name}" if path.parent.name == "private" else path.name
        while name.lower() in taken:
            name = f"{warc.partition('/')[0]}-{name}"
        taken.add(name.lower())
        yield path, name


def _title(sites: list[str]) -> str:
    more = f" and {len(sites) - _NAMED:,} more" if len(sites) > _NAMED else ""
    return ", ".join(sites[:_NAMED]) + more


def _description(chosen: Selection, copies: int) -> str:
    held = [f"{len(chosen.files):,} WARC files, byte for byte as in the archive"] if chosen.files else []
    held += [f"{len(chosen.cut):,} exchanges cut out of WARC files ({_CUT})"] if chosen.cut else []
    held += [f"{copies:,} reading copies made from them ({READING}); the evidence is the captures"] if copies else []
    return f"WordPress sites as captured over their REST API: {'; '.join(held)}."
