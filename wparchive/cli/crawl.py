"""`wparchive crawl`."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wparchive import config as configuration
from wparchive import naming
from wparchive.cli.asked_sites import asked_sites
from wparchive.cli.asking.changes import print_changes, with_changes
from wparchive.cli.display import print_report
from wparchive.cli.evidence.sealing import Sealing, newest_sealed
from wparchive.cli.notifying import notifier_for
from wparchive.cli.options import common, debugging, json_option, print_error, print_json
from wparchive.cli.screen.columns import in_columns
from wparchive.cli.screen.progress import Progress, Terminal, can_redraw
from wparchive.cli.screen.site_lines import not_begun, site_line, totals, trouble
from wparchive.cli.stopping import signals
from wparchive.cli.values import NUMBER, WHOLE, Choice, ConfigFile
from wparchive.config import SiteConfig
from wparchive.errors import ExitCode, worst
from wparchive.events import Emit, json_lines, quiet

if TYPE_CHECKING:
    from wparchive.fleet.local import SiteResult

__all__ = ["command"]

# With these exit codes there is nothing to report about the site; one line states the problem.
_ONE_LINE = (ExitCode.USAGE, ExitCode.LOCKED, ExitCode.STORAGE, ExitCode.ERROR)
_NAME = 40  # columns for the names of sites


@click.command(
    epilog="Example: wparchive crawl https://example.org/ -a archive --contact me@example.org",
)
@click.argument("targets", nargs=-1, metavar="TARGET...")
@click.option("--config", "config_file", type=ConfigFile(), help="Crawl the sites of this TOML file.")
@click.option("--site", "names", multiple=True, metavar="NAME", help="With --config: only this site; may be repeated.")
@click.option(
    "--site-name",
    metavar="NAME",
    help="What the site's folder is called. Names a site that the archive has already: what TARGET answers joins it.",
)
@click.option(
    "--scope",
    type=Choice(["site", "post"]),
    default="site",
    show_default=True,
    help="The whole site, or one post and all that its links reach.",
)
@click.option("--full", is_flag=True, help="Re-read everything, not only what seems new.")
@click.option("--no-index", is_flag=True, help="Leave archive.db for a later `wparchive index`.")
@click.option("--no-seal", is_flag=True, help="Leave the finished WARCs for a later `wparchive seal`.")
@click.option("--delay", type=NUMBER, help="Least seconds between two requests to a host [default: 0].")
@click.option("--concurrency", type=WHOLE, help="Requests at a time to one host [default: 2].")
@click.option(
    "--media",
    type=Choice(["none", "originals", "used", "all"]),
    help="Which media files to fetch [default: originals].",
)
@click.option("--linked", is_flag=True, default=None, help="Also fetch hot-linked files.")
@click.option(
    "--pages",
    type=Choice(["none", "changed", "all"]),
    help="Which pages to archive as readers see them: of new versions, or all [default: changed].",
)
@click.option(
    "--pages-budget", type=WHOLE, help="With `changed`: pages a run; later runs make up the rest [default: 200]."
)
@click.option(
    "--languages",
    type=Choice(["all", "own"]),
    help="Every language of a site, or only what its lists show by themselves [default: all].",
)
@click.option(
    "--inventory/--no-inventory",
    default=None,
    help="Read sitemaps and feeds too, and name what the REST API doesn't list [default: read them].",
)
@click.option(
    "--max-requests", type=WHOLE, help="Stop after so many requests, over all sites (exit 3; run again to resume)."
)
@click.option(
    "--max-time", type=NUMBER, help="Stop after so many seconds, over all sites (exit 3; run again to resume)."
)
@click.option(
    "--jobs",
    type=WHOLE,
    help="How many sites to crawl at the same time; those of one host always one after the other [default: 4].",
)
@click.option("--retries", type=WHOLE, help="How often to ask again after a failure that may pass [default: 4].")
@click.option(
    "--allow-origin",
    multiple=True,
    metavar="ORIGIN",
    help="A private or other origin that may be followed and fetched from.",
)
@click.option(
    "--dedup",
    type=Choice(["archive", "run", "none"]),
    help="Where equal answers become revisits [default: archive].",
)
@click.option("--ignore-robots", is_flag=True, default=None, help="Don't ask robots.txt (recorded in the archive).")
@click.option("--contact", metavar="ADDRESS", help="Goes into the User-Agent, so that a site's owner can reach you.")
@click.option("--user", metavar="NAME", help="WordPress user for an application password.")
@click.option("--password-env", metavar="VAR", help="Environment variable that holds the application password.")
@click.option("--password-file", metavar="FILE", help="File of mode 0600 that holds it.")
@click.option(
    "--if-locked",
    type=Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    help="When another run holds the site.",
)
@click.option("--log-json", is_flag=True, help="Log lines on stderr as JSON.")
@json_option
@common
def command(
    targets: tuple[str, ...],
    folder: Path,
    config_file: Path | None,
    names: tuple[str, ...],
    site_name: str | None,
    scope: str,
    full: bool,
    no_index: bool,
    no_seal: bool,
    if_locked: str,
    silent: bool,
    log_json: bool,
    as_json: bool,
    jobs: int | None,
    **options: Any,
) -> int:
    """Archive each TARGET: a site, an article, a REST root or a REST item; a second crawl is incremental."""
    from wparchive.crawl.run import Options
    from wparchive.fleet.beforehand import distinct
    from wparchive.fleet.local import Limits, crawl_all
    from wparchive.store import Archive

    changes = _given(options)
    asked = asked_sites(targets, config_file, names, folder, changes, site_name)
    sites, folder, notices = asked.sites, asked.folder, asked.notices
    jobs = asked.jobs if jobs is None else configuration.jobs(jobs, "command line: --jobs")
    sealing = None if no_seal else Sealing(folder, asked)
    began, many = time.monotonic(), len(distinct(sites)) > 1
    with signals() as stop:
        # Who is notified reads the database, and loading what does that takes a tenth of a second.
        notifier = notifier_for(folder, notices, stop, prints=not as_json) if notices else None
        if notifier:
            notifier.begin()
        with _output(silent=silent, log_json=log_json, many=many, as_json=as_json) as out:
            results = crawl_all(
                Archive(folder),
                sites,
                Options(
                    scope=scope,
                    full=full,
                    skip_locked=if_locked == "skip",
                    debug=debugging(),
                    secrets=asked.secrets,
                    sealed=newest_sealed(folder),
                ),
                index=not no_index,
                stop=stop,
                emit=out.emit,
                limits=Limits(changes.get("max_requests"), changes.get("max_time")),
                jobs=jobs,
                each=_site_lines(sites, out),
            )
        reports = [result.report for result in results]
        if sealing:
            no_room = any(report.exit_code is ExitCode.STORAGE for report in reports)
            sealing.at_end(silent=silent or as_json, no_room=no_room)
        if as_json:
            print_json(with_changes(folder, results, indexed=not no_index))
        else:
            _print_end(results, time.monotonic() - began if out.by_line else None, silent=silent)
            if not (silent or no_index or (notices and notices.printed)):
                print_changes(folder, [report.run for report in reports])
        if notifier:
            notifier.notify(reports)
    return worst([report.exit_code for report in reports])


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that the command line states, which take precedence over the configuration's."""
    return {key: value for key, value in options.items() if value not in (None, ())}


def _print_end(results: Sequence["SiteResult"], seconds: float | None, *, silent: bool) -> None:
    """Print what there is to say when all sites have ended: with `seconds`, in which they had a line each, the totals."""
    codes = [result.report.exit_code for result in results]
    alone = codes == [ExitCode.NO_API]  # in a list, a site without an API is a normal answer
    if seconds is not None:
        last = totals(results, seconds)
        click.echo(in_columns(last) if sys.stdout.isatty() else last)
    else:
        for result in results:
            if not silent or alone or result.needs_a_person:
                _print_result(result, silent=silent)
    line = not_begun(results)
    if line and (not silent or ExitCode.INTERRUPTED in codes):
        print_error(line)


def _print_result(result: "SiteResult", *, silent: bool) -> None:
    """Print what there is to say about a site at the end; in silence, only what a person has to see to."""
    report = result.report
    if result.left_out:
        return
    if report.exit_code in _ONE_LINE or not report.run:
        print_error(f"{report.site}: {report.reason}")
    elif silent:
        click.echo("\n".join(trouble(report)))
    else:
        print_report(report, held=result.held)


def _site_lines(sites: Sequence[SiteConfig], out: "_Output") -> Callable[["SiteResult", int, int], None]:
    """Return what prints the line of each site as it ends, if each has one."""
    width = min(max((len(site.name or naming.site_name(site.url)) for site in sites), default=0), _NAME)

    def print_line(result: "SiteResult", ended: int, of: int) -> None:
        if out.by_line and not result.left_out:
            with suppress(OSError):  # that nobody reads it any more ends no crawl; the last line finds it again
                out.print(site_line(result, ended, of, width, wrapped=sys.stdout.isatty()))

    return print_line


@dataclass(frozen=True, slots=True)
class _Output:
    """Where events and results go; `by_line`: each site gets a line as it ends."""

    emit: Emit
    print: Callable[[str], None]
    by_line: bool


@contextmanager
def _output(*, silent: bool, log_json: bool, many: bool, as_json: bool) -> Iterator[_Output]:
    by_line = many and not silent and not as_json
    if log_json or silent:
        yield _Output(json_lines(sys.stderr) if log_json else quiet, click.echo, by_line)
        return
    display = Terminal(sys.stderr) if can_redraw(sys.stderr) else Progress(sys.stderr)
    try:
        yield _Output(display, display.print, by_line)
    finally:
        display.close()
