"""`import`: foreign files are read, the answers of WordPress sites in them found, and written into the archive."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from wparchive.errors import ExitCode, LockedError, StorageError, UsageError, WparchiveError
from wparchive.intake.described import portrait
from wparchive.intake.foreign.formats import files_in
from wparchive.intake.foreign.scan import has_extra
from wparchive.intake.foreign.temporary_room import noting
from wparchive.intake.identity.held_before import learn_held, leave_out_doubles
from wparchive.intake.identity.homes import choose, homes_of, join_homes
from wparchive.intake.identity.record_names import OtherSites
from wparchive.intake.identity.revisits import resolve
from wparchive.intake.identity.rights_shown import exposing_run, sites_asked
from wparchive.intake.judging.beside import take_beside
from wparchive.intake.reading import Progress
from wparchive.intake.reading_apart import Task, jobs_for, read_files
from wparchive.intake.runs import ImportRun, import_runs
from wparchive.intake.shelf import Shelf
from wparchive.intake.sources import Sources
from wparchive.intake.told import FileTold, ImportResult, SiteTold, site_told
from wparchive.intake.unfinished import clear_unfinished
from wparchive.intake.writing_runs import write_run
from wparchive.naming import site_key
from wparchive.store import Archive, SiteFolder, deed_of
from wparchive.store.deeds import distinct
from wparchive.store.strays import stamp_of
from wparchive.store.warc.names import is_import, stamp_in

__all__ = ["import_files"]

HINT = "pip install 'wparchive[import]' reads these files several times as fast, and files packed with zstd at all"
_FOUND = (
    "SELECT site FROM answers WHERE coalesce(skipped, '') NOT IN ('other-site', 'method') AND kind = '' "
    "GROUP BY site ORDER BY site"
)
_HAS_NEW = "SELECT 1 FROM answers WHERE site = ? AND skipped IS NULL LIMIT 1"
_LEFT = (
    "SELECT source, skipped, count(*) FROM answers WHERE skipped IN ('other-site', 'method') AND kind = '' "
    "GROUP BY source, skipped"
)


def import_files(
    archive: Archive,
    paths: Iterable[Path],
    *,
    sites: Sequence[str] = (),
    only_list: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    fast: bool | None = None,
    jobs: int | None = None,
) -> ImportResult:
    """Take the WordPress REST answers in WARC and WACZ files into `archive`, byte for byte, with where they come from.

    `sites` are URLs of the only sites that are taken; `only_list` writes nothing. `fast` reads with FastWARC, by default where
    it is installed. `jobs` files are read at once, by default one a core where they are large; what comes of it is the same.
    What can't be read, isn't a WARC, or is locked is named in the result, and doesn't keep the rest from being taken. Raises
    UsageError for no file at all or a URL that is none, and StorageError when nothing can be written.
    """
    fast = has_extra() if fast is None else fast
    wanted = {site_key(url) for url in sites}
    if "" in wanted:
        raise UsageError("--site takes the URL of a site, as https://example.org/")
    passed: list[Path] = []
    files = list(dict.fromkeys(files_in(paths, passed)))
    if not files:
        raise UsageError(f"no WARC or WACZ file there; name files, or a folder that has some{_besides(passed)}")
    if not only_list:
        archive.refuse_unwritable()
        clear_unfinished(archive)
    result = ImportResult(hint="" if fast else HINT, passed=[str(path) for path in sorted(passed)])
    with (
        noting(),
        Shelf() as shelf,
        Sources() as sources,
        tempfile.TemporaryDirectory(prefix="wparchive-import-") as scratch,
    ):
        tasks = [Task(path, Path(scratch, str(number)), clock(), fast) for number, path in enumerate(files)]
        for task in tasks:
            task.scratch.mkdir()
        result.files += read_files(tasks, shelf, sources, jobs_for(files, jobs), progress)
        take_beside(shelf, sources.packing, clock())
        shelf.pair()
        deeds = archive.deeds()
        apart = join_homes(shelf, lambda home: archive.site_at(home, deeds))
        choose(shelf, wanted)
        result.files = [*_counted(shelf, sources, result.files)]
        asked = dict(sites_asked(shelf, archive.site_at))
        for site in [*(site for (site,) in shelf.rows(_FOUND)), *(one for one in asked if not wanted or one in wanted)]:
            taking = _Taking(archive, shelf, sources, site, homes_of(shelf, site) or [asked[site]], clock())
            told = taking.run(only_list=only_list)
            told.apart = apart.get(taking.name, [])
            result.sites.append(told)
    return result


def _besides(passed: Sequence[Path]) -> str:
    return f"; {sorted(passed)[0]} is called otherwise: name it, and it is looked at" if passed else ""


def _counted(shelf: Shelf, sources: Sources, files: Iterable[FileTold]) -> Iterator[FileTold]:
    """Yield what is told of the files, with what was found not to be taken only when all of them were read."""
    for number, reason, count in shelf.rows(_LEFT):
        sources.all[number].skipped[reason] += count
    for file in files:
        yield file if file.fault else replace(file, skipped=dict(sources.all[file.source].skipped))


class _Taking:
    """One site being taken."""

    def __init__(
        self, archive: Archive, shelf: Shelf, sources: Sources, site: str, homes: Sequence[str], now: datetime
    ) -> None:
        self._archive, self._shelf, self._sources, self._site, self._now = archive, shelf, sources, site, now
        self._homes, self._exposed = homes, 0
        held = next(filter(None, map(archive.site_at, self._homes)), None)
        self.name = held or archive.name_for(self._homes[0])
        # Only files that we wrote ourselves can hold records of a crawl of ours.
        self._ours = any(source.info("").get("software", "").startswith("wparchive") for source in sources.all)

    def run(self, *, only_list: bool) -> SiteTold:
        folder = self._archive.site(self.name)
        if only_list:
            named, lost = self._sort_out(folder)
            told = site_told(self._shelf, self._site, self._homes)
            told.named, told.lost = named, lost
            return told
        try:
            with self._archive.lock(self.name):
                return self._write(folder)
        except WparchiveError as error:
            told = site_told(self._shelf, self._site, self._homes)
            told.fault = str(error)
            locked = isinstance(error, LockedError)
            told.code = (
                ExitCode.LOCKED if locked else ExitCode.STORAGE if isinstance(error, StorageError) else error.exit_code
            )
            return told

    def _sort_out(self, folder: SiteFolder) -> tuple[int, int]:
        """Sort out what is new; return how many answers were named, and how many revisits refer to nothing."""
        if folder.warc.is_dir():
            learn_held(self._shelf, folder, self._site, own=self._ours)
        with OtherSites(self._archive.database) as others:
            named = leave_out_doubles(self._shelf, self._site, lambda one: others.hold(one, self.name))
        lost = resolve(self._shelf, self._site)
        return named, lost

    def _write(self, folder: SiteFolder) -> SiteTold:
        named, lost = self._sort_out(folder)
        addresses = distinct((*self._homes, *deed_of(folder).addresses))
        runs = []
        for run in self._runs(folder, addresses):
            look = portrait(self._shelf, run, self._homes, addresses)
            write_run(self._shelf, folder, run, look, self._sources, self._now)
            runs.append(run.id)
        told = site_told(self._shelf, self._site, self._homes)
        told.site, told.runs, told.lost, told.named = self.name if runs else "", runs, lost, named
        told.exposed = self._exposed
        return told

    def _runs(self, folder: SiteFolder, addresses: Sequence[str]) -> Iterator[ImportRun]:
        """Yield the runs to write; first what they say of those that are there.

        A run that says that an address is the site's comes after all of these, so that it is read first.
        """
        if exposing := exposing_run(self._shelf, folder, self._site):
            run, self._exposed = exposing
            yield run
        known = set(map(site_key, deed_of(folder).addresses))
        joined = [home for home in addresses if site_key(home) not in known]
        newest = max((stamp_in(path.name) for path in folder.files() if is_import(path)), default=("", 0))[0]
        if joined and (at := _moment(newest)) and self._shelf.one(_HAS_NEW, self._site):
            date = f"{at:%Y-%m-%dT%H:%M:%SZ}"
            yield ImportRun(self._site, False, date, date, states={"joined": joined})
        own = [moment for path in folder.warcs(imports=False) if (moment := _moment(stamp_of(path)))]
        for private in (False, True):
            yield from import_runs(self._shelf, self._site, own, private=private)


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
