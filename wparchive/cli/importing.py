"""`wparchive import`."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wparchive import config as configuration
from wparchive.cli.index import index_sites
from wparchive.cli.options import common, json_option, print_error, print_json, print_table, short_time
from wparchive.cli.screen.progress import Terminal, can_redraw
from wparchive.cli.values import WHOLE
from wparchive.errors import ExitCode, LockedError, UsageError, worst
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.intake import FileTold, Gap, ImportResult, Progress, SiteTold
    from wparchive.store import Archive

__all__ = ["command"]

_ADDRESS = re.compile(r"(?:https?|ftps?|s3|gs):/(?!/)")
_NAMED = 5  # places in a file that are named, of each kind
_EXPOSED = (
    "answers that are held were made with credentials, as these files show: they are private from now on, and `publish` and "
    "`export` leave out the WARCs that hold them; look into what you published before"
)
_REASONS = {
    "held": "held already",
    "html": "web pages",
    "redirect": "redirects",
    "not-modified": "that say only that nothing changed (304)",
    "no-json": "not JSON",
    "no-items": "of namespaces without items",
    "no-route": "no REST routes",
    "no-http": "not HTTP",
    "replayed": "shown by another web archive, or a proxy",
    "userinfo": "with a user's name or password in its address",
    "coding": "in a broken or unknown coding",
    "method": "not asked for by GET",
    "other-site": "of other sites",
    "no-id": "without a record id",
    "undated": "without a usable date",
    "future": "dated in the future",
    "too-large": "too large",
}
_UNREAD = {
    "unread-coding": "in a broken or unknown coding",
    "unread-cut": "cut off",
    "unread-json": "not JSON",
    "unread-letters": "not in UTF-8",
    "unread-large": "too large to be read",
    "unread-digest": "not as their digests say",
}


@click.command(epilog="Example: wparchive import --list old-crawl.warc.gz")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--site", "sites", metavar="URL", multiple=True, help="Take only this site; may be given several times.")
@click.option("--list", "only_list", is_flag=True, help="Show what is in the files, and write nothing.")
@click.option(
    "--jobs",
    type=WHOLE,
    metavar="N",
    help="How many files to read at once [default: one a core, where they are large].",
)
@click.option("--no-index", is_flag=True, help="Don't bring archive.db up to date afterwards.")
@json_option
@common
def command(
    files: tuple[Path, ...],
    folder: Path,
    sites: tuple[str, ...],
    only_list: bool,
    jobs: int | None,
    no_index: bool,
    silent: bool,
    as_json: bool,
) -> int:
    """Take WordPress REST answers out of WARC and WACZ files that other tools wrote, as they are, into the archive.

    The pages, sitemaps and feeds of the same sites are taken too. FILE is a .warc, .warc.gz, .warc.zst or .wacz, or a
    folder of them. What is held already isn't taken twice.

    \b
    Exit codes: 0 all there is was taken, 2 not a WARC, 3 something in it is damaged, has no usable date or refers to what
    isn't there, 5 another run holds a site, 7 nothing of WordPress in it, 8 no room.
    """
    from wparchive.intake import import_files
    from wparchive.store import Archive

    jobs = None if jobs is None else configuration.jobs(jobs, "command line: --jobs")
    archive = Archive(folder)
    if missing := next((path for path in files if not path.exists()), None):
        raise UsageError(_missing(str(missing)))
    with _shown(silent=silent) as progress:
        result = import_files(archive, files, sites=sites, only_list=only_list, progress=progress, jobs=jobs)
    code = result.code
    # Also what was held already: an import that was killed may have written it, and not have come to indexing it.
    touched = sorted({name for site in result.sites if not site.fault and (name := _name_of(archive, site))})
    if touched and not (no_index or only_list):
        code = worst([code, _index(archive, touched, silent=silent)])
    if as_json:
        print_json(_as_json(result))
    else:
        _print(result, silent=silent, only_list=only_list)
        if result.code is ExitCode.NO_API:
            print_error(f"nothing of {'that site' if sites else 'WordPress'} in there")
    return code


def _missing(path: str) -> str:
    if path == "-":
        return "import goes to and fro in its files: write what comes from a pipe into a file, then import that"
    if scheme := _ADDRESS.match(path):  # of which a path keeps one slash
        return f"{path.replace(scheme[0], f'{scheme[0]}/', 1)}: an address; download it, then import the file"
    return f"{path}: no such file"


def _name_of(archive: "Archive", site: "SiteTold") -> str | None:
    return site.site or next(filter(None, map(archive.site_at, site.homes)), None)


def _index(archive: Any, names: Sequence[str], *, silent: bool) -> ExitCode:
    try:
        index_sites(archive, names, rebuild=False, silent=silent)
    except LockedError as error:
        print_error(f"{error}; then run `wparchive index`")
        return ExitCode.LOCKED
    return ExitCode.COMPLETE


@contextmanager
def _shown(*, silent: bool) -> Iterator[Callable[["Progress"], None]]:
    """Yield what shows on a terminal how far the import is."""
    if silent or not can_redraw(sys.stderr):
        yield lambda _: None
        return
    terminal = Terminal(sys.stderr)

    def progress(far: "Progress") -> None:
        counts = {"read": far.read, "total": far.total, "found": far.found}
        terminal("import-progress", {"site": far.file, "target": far.file, **counts})

    try:
        yield progress
    finally:
        terminal.close()


def _as_json(result: "ImportResult") -> Mapping[str, object]:
    sites = [{**asdict(site), "code": int(site.code)} for site in result.sites]
    files = [{**asdict(file), "code": int(file.code)} for file in result.files]
    for file in files:
        del file["source"]  # a number that says nothing to anybody else
    return {"sites": sites, "files": files, "passed": result.passed, "exit_code": int(result.code)}


def _print(result: "ImportResult", *, silent: bool, only_list: bool) -> None:
    """Print a line for each site and each file; with `silent` only what needs a person."""
    if not silent:
        for site in result.sites:
            _print_site(site, only_list=only_list)
    for file in result.files:
        if not silent and not file.fault:
            click.echo(told(_file_line(file)))
        for line in _faults(file):
            print_error(line)
    for site in result.sites:
        if site.fault:
            print_error(f"{site.homes[0]}: not taken: {site.fault}")
        if site.exposed:
            print_error(f"{site.homes[0]}: {site.exposed:,} {_EXPOSED}")
        for other in site.apart:
            print_error(
                f"{site.homes[0]} and {other} call themselves one site; the archive has both, and keeps them apart"
            )
        if site.lost:
            print_error(f"{site.homes[0]}: {_so_many(site.lost, 'revisit')} of answers that aren't in these files")
    if result.passed and not silent:
        more = f" and {len(result.passed) - _NAMED:,} more" if len(result.passed) > _NAMED else ""
        print_error(
            f"not looked at, as they are called otherwise: {', '.join(result.passed[:_NAMED])}{more}; name them if they count"
        )
    if result.hint and not silent:
        print_error(result.hint)


def _print_site(site: "SiteTold", *, only_list: bool) -> None:
    at = f"{short_time(site.first)} to {short_time(site.last)}" if site.answers else "nothing new"
    more = [
        (site.held, "held already"),
        (site.twice, "more than once in these files"),
        (site.private, "made with credentials"),
        (site.cut, "cut off"),
    ]
    more += [(site.named, "with another's record id, so under a name of their own")]
    beside = [_so_many(count, what) for what, count in sorted(site.beside.items())]
    words = [_so_many(site.answers, "answer"), at, *(f"{count:,} {what}" for count, what in more if count), *beside]
    runs = f" in {_so_many(len(site.runs), 'run')} of {site.site}" if site.runs else ""
    click.echo(told(f"{', '.join(site.homes)}: {', '.join(words)}{runs}"))
    if only_list and site.routes:
        rows = [(route, count, stated) for route, (count, stated) in sorted(site.routes.items())]
        print_table(("route", "answers", "stated"), rows, right=(1, 2))


def _so_many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _file_line(file: "FileTold") -> str:
    words = [_so_many(file.records, "record"), f"{_so_many(file.taken, 'answer')} of WordPress"]
    unread = {reason: count for reason, count in file.skipped.items() if reason in _UNREAD}
    skipped = {reason: count for reason, count in file.skipped.items() if reason not in _UNREAD}
    if unread:
        words.append(f"of them not sound: {_counted(unread, _UNREAD)}")
    if skipped:
        words.append(f"not taken: {_counted(skipped, _REASONS)}")
    by = f" ({file.format}, {file.software})" if file.software else f" ({file.format})"
    return f"{file.name}{by}: {'; '.join(words)}"


def _counted(counts: Mapping[str, int], words: Mapping[str, str]) -> str:
    return ", ".join(f"{count:,} {words.get(reason, reason)}" for reason, count in sorted(counts.items()))


def _faults(file: "FileTold") -> Iterator[str]:
    if file.fault:
        yield file.fault
    kinds: dict[tuple[bool, str], list[Gap]] = {}
    for gap in file.damage:
        kinds.setdefault((gap.answer, gap.reason), []).append(gap)
    for (answer, reason), gaps in kinds.items():
        what = "an answer" if answer else "damaged"
        for gap in gaps[:_NAMED]:
            yield f"{file.name}: {what} from byte {gap.start} to {gap.end}: {reason}"
        if more := len(gaps) - _NAMED > 0 and len(gaps) - _NAMED:
            yield f"{file.name}: {more:,} more: {reason}"
