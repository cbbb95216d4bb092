"""`wparchive changes`, and the changes that `crawl` ends with."""

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wparchive.cli.options import common, json_option, print_error, require_known
from wparchive.errors import ExitCode, UsageError, WparchiveError
from wparchive.events import clean
from wparchive.model import timestamp

if TYPE_CHECKING:
    from wparchive.ask.changes import Question
    from wparchive.fleet.local import SiteResult

__all__ = ["command", "print_changes", "with_changes"]

_LAST = "last"
_SHOWN = 5  # changes at the end of a crawl
_LONGEST = 100  # characters of a reader's name
_KINDS_HELP = (
    "Only these, separated by commas: appeared, edited, silently_edited, page_differs, copied, fields_changed, "
    "markup_changed, site_changed, unpublished, deleted, restored."
)


@click.command(epilog="Example: wparchive changes --since 7d --kind deleted,silently_edited -a archive")
@click.option(
    "--since",
    metavar="7d|DATE|last",
    help="Seen since then: so long ago (30m, 12h, 7d, 2w), a date or time (UTC, unless it names its zone), or since you "
    "last looked [default: all].",
)
@click.option(
    "--reader",
    metavar="NAME",
    help="With --since last: who looks; each has a place for each set of filters [default: default].",
)
@click.option("--site", "sites", multiple=True, metavar="SITE", help="Only this site; may be repeated.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND,...", help=_KINDS_HELP)
@click.option("--item", metavar="ITEM", help="Only this item: SITE/TYPE/ID, its address, or words of its headline.")
@click.option(
    "--match",
    metavar="WORDS",
    help="With all these words in the headline or in what changed; of what came or went, anywhere in it.",
)
@click.option("--private", is_flag=True, help="Also what only credentials showed.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for programs; no cell is a formula.")
@click.option("--atom", "as_atom", is_flag=True, help="Print a feed, for feed readers.")
@click.option("--html", "as_html", is_flag=True, help="Print one page that loads nothing else.")
@common
def command(
    since: str | None,
    reader: str | None,
    sites: tuple[str, ...],
    kinds: tuple[str, ...],
    item: str | None,
    match: str | None,
    private: bool,
    folder: Path,
    silent: bool,
    **formats: bool,
) -> int:
    """List changes on all sites, newest first: what changed, the words, when it was seen, and the captures that prove it.

    A time is when a run saw the change, not when it happened: that was between two sightings.
    """
    from wparchive.ask.change_keys import KEY_LENGTH, change_keys
    from wparchive.store import Archive
    from wparchive.store.readers import Readers

    del silent  # the output is what was asked for
    archive = Archive(folder)
    form, *others = [name for name, wanted in formats.items() if wanted] or [""]
    if others:
        raise UsageError(f"--{form[3:]} and --{others[0][3:]}: choose one of them")
    name = _reader(reader, since)
    question = _question(archive.database, since, sites, kinds, item, match, private)
    if since != _LAST:
        _print(archive.database, question, form)
        return ExitCode.COMPLETE
    readers, asked = Readers(archive, KEY_LENGTH), _asked(question)
    unseen = readers.unseen(name, asked, {*change_keys(archive.database, sites)})
    _print(archive.database, replace(question, keys=unseen), form)
    readers.show(name, asked, unseen)
    return ExitCode.COMPLETE


def print_changes(folder: Path, runs: Sequence[str]) -> None:
    """A few of the changes that `runs` of the archive in `folder` saw, those of articles first; nothing where there are none."""
    from wparchive.ask.changes import Question, changes, tally
    from wparchive.ask.presenting.lines import lines
    from wparchive.store import Archive

    database, question = Archive(folder).database, Question(runs=tuple(runs), articles_first=True)
    if not database.exists():
        return
    try:
        count, first = tally(database, question)
        for number, change in enumerate(islice(changes(database, question), _SHOWN)):
            click.echo("\n".join([*([] if number else ["\nchanges:"]), *lines(change, click.style)]))
    except WparchiveError as error:  # how the crawl ended is another matter
        print_error(str(error))
        return
    if count > _SHOWN:
        since = f" --since {first[:19]}Z" if first else ""
        click.echo(f"and {count - _SHOWN:,} more: wparchive changes{since} -a {shlex.quote(clean(folder))}")


def with_changes(folder: Path, results: Sequence["SiteResult"], *, indexed: bool) -> list[dict[str, Any]]:
    """Plain values of `results`, each with the changes that its run saw; null where the run wasn't `indexed`."""
    from wparchive.ask.changes import Question, changes
    from wparchive.ask.presenting.tables import as_dict
    from wparchive.store import Archive

    database, runs = Archive(folder).database, [result.report.run for result in results if result.report.run]
    found: dict[str, list[dict[str, Any]]] = {run: [] for run in runs if indexed and database.exists()}
    try:
        for change in changes(database, Question(runs=tuple(found))) if found else ():
            found[change.run].append(as_dict(change))
    except WparchiveError as error:  # how the crawl ended is another matter
        print_error(str(error))
        found = {}
    return [{**result.as_dict(), "changes": found.get(result.report.run)} for result in results]


def _question(
    database: Path,
    since: str | None,
    sites: tuple[str, ...],
    kinds: tuple[str, ...],
    item: str | None,
    match: str | None,
    private: bool,
) -> "Question":
    from wparchive.ask.changes import KINDS, Question, site_names
    from wparchive.ask.lookup import find_item
    from wparchive.ask.since import since as moment

    words = None if match is None else match.split()
    if words == []:
        raise UsageError("--match: no word to look for; write it as --match 'harbour dredger'")
    named = [kind.strip() for one in kinds for kind in one.split(",")]
    require_known(named, KINDS, "no such kind", "--kind")
    require_known(sites, site_names(database), "not in this archive", "--site")
    return Question(
        since="" if since in (None, _LAST) else moment(str(since), datetime.now(UTC)),
        sites=sites,
        kinds=tuple(named),
        item=None if item is None else find_item(database, item),
        words=tuple(words or ()),
        private=private,
    )


def _reader(name: str | None, since: str | None) -> str:
    if name is None:
        return "default"
    if since != _LAST:
        raise UsageError(f"--reader {name}: who looks counts with --since last alone; add it")
    if not name.strip() or len(name) > _LONGEST or clean(name) != name:
        raise UsageError(
            f"--reader {name}: no name; write one of at most {_LONGEST} characters on one line, as --reader desk"
        )
    return name


def _asked(question: "Question") -> str:
    """The filters without the sites: with other filters, other changes have been shown."""
    item = question.item and f"{question.item.site}/{question.item.type}/{question.item.wp_id}"
    words = sorted({word.casefold() for word in question.words})
    given = {"kind": ",".join(sorted({*question.kinds})), "item": item, "match": " ".join(words)}
    filters = [f"{name}={value}" for name, value in given.items() if value]
    return " ".join([*filters, *(["private"] if question.private else [])]) or "all"


def _print(database: Path, question: "Question", form: str) -> None:
    """Print what `question` asks for; all is written when this returns, or it raises."""
    from wparchive.ask.changes import changes, first_run, last_look
    from wparchive.ask.presenting import pages, tables
    from wparchive.ask.presenting.lines import lines

    found = changes(database, question)
    if form == "as_csv":  # bytes, since a spreadsheet isn't told what this terminal's encoding is
        for line in tables.as_csv(found):
            sys.stdout.buffer.write(line.encode("utf-8"))
    elif form:
        about = f"{first_run(database)} {_asked(question)} {' '.join(question.sites)}"
        looked = last_look(database) or timestamp(datetime.now(UTC))
        pieces: dict[str, Callable[[], Iterator[str]]] = {
            "as_json": lambda: tables.as_json(found),
            "as_atom": lambda: pages.as_atom(found, about, looked),
            "as_html": lambda: pages.as_html(found),
        }
        for piece in pieces[form]():
            sys.stdout.write(piece)
    else:
        for change in found:
            click.echo("\n".join(lines(change, click.style)))
    sys.stdout.flush()
