"""`wparchive export`: a table of formats, each written by one module of `export/`."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from wparchive.cli.options import common, print_error, require_known
from wparchive.cli.values import Choice, OutputFile, SiteName
from wparchive.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wparchive.store import Archive, Damage

__all__ = ["command"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be exported, and whereto; without `output`, to stdout."""

    archive: "Archive"
    output: Path | None
    sites: tuple[str, ...]
    private: bool
    silent: bool
    more: Mapping[str, Any]  # the options of one format alone


def _cdxj(asked: _Asked) -> ExitCode:
    from wparchive.export.cdxj import write_cdxj

    damaged: list[int] = []
    with _output(asked) as out:
        count = write_cdxj(
            asked.archive,
            out,
            sites=asked.sites or None,
            private=asked.private,
            tell=lambda damage: damaged.append(_left_out(damage)),
        )
    _done(asked, f"{count:,} captures")
    return ExitCode.INCOMPLETE if damaged else ExitCode.COMPLETE


def _wacz(asked: _Asked) -> ExitCode:
    from wparchive.export.wacz.authsign import signer_at
    from wparchive.export.wacz.package import Wanted, make_wacz

    if asked.output is None:
        raise UsageError("wacz: name the file to write, as in -o archive.wacz")
    more = asked.more
    if more["item"] is not None and (asked.sites or more["run"] is not None):
        raise UsageError("--item: it names its site, and all runs that saw it count; leave out --site and --run")
    url, variable = more["signing_url"], more["signing_token_env"]
    if variable is not None and url is None:
        raise UsageError("--signing-token-env: goes with --signing-url")
    sign = None if url is None else signer_at(url, _token(variable))
    damaged: list[int] = []
    made = make_wacz(
        asked.archive,
        asked.output,
        Wanted(asked.sites, more["run"], more["item"], not more["no_reading"], asked.private),
        now=lambda: datetime.now(UTC),
        tell=lambda damage: damaged.append(_left_out(damage)),
        sign=sign,
    )
    for line in made.left_out.lines():
        if not asked.silent:
            click.echo(line, err=True)
    _done(asked, str(made))
    if made.not_signed:
        print_error(f"{made.not_signed}: {asked.output} is whole, but not signed; export again when the server signs")
    return ExitCode.INCOMPLETE if damaged or made.not_signed else ExitCode.COMPLETE


def _token(name: str | None) -> str:
    token = os.environ.get(name, "") if name else ""
    if name is not None and not token:
        raise UsageError(f"--signing-token-env {name}: no such variable is set, or it is empty")
    return token


def _jsonl(asked: _Asked) -> ExitCode:
    from wparchive.export.jsonl import TABLE_NAMES, write_jsonl
    from wparchive.seal.how_sealed import earliest_seals

    tables = asked.more["tables"]
    require_known(tables, TABLE_NAMES, "no such table", "--table")
    with _output(asked) as out:
        count = write_jsonl(
            asked.archive,
            out,
            tables=tables or None,
            sites=asked.sites or None,
            private=asked.private,
            seals=earliest_seals(asked.archive),
        )
    _done(asked, f"{count:,} rows")
    return ExitCode.COMPLETE


def _evidence(asked: _Asked) -> ExitCode:
    from wparchive.cli.evidence.export_evidence import export_evidence

    return export_evidence(asked.archive, asked.output, asked.more, private=asked.private, silent=asked.silent)


_PACKAGE = "an evidence package"  # what is made without a FORMAT
# Format → what writes it; the options that it takes beside --archive, --silent and --debug.
_FORMATS: dict[str, tuple[Callable[[_Asked], ExitCode], tuple[str, ...]]] = {
    "cdxj": (_cdxj, ("output", "sites", "private")),
    "wacz": (
        _wacz,
        ("output", "sites", "private", "run", "item", "no_reading", "signing_url", "signing_token_env"),
    ),
    "jsonl": (_jsonl, ("output", "sites", "private", "tables")),
    _PACKAGE: (_evidence, ("output", "private", "item", "change", "alone", "with_kin")),
}


@click.command(epilog="Example: wparchive export cdxj -o index.cdxj -a archive")
@click.argument("form", metavar="FORMAT", type=Choice([one for one in _FORMATS if one != _PACKAGE]), required=False)
@click.option(
    "-o", "--output", type=OutputFile(), metavar="FILE", help="Write to this file (a package: or new folder)."
)
@click.option("--site", "sites", multiple=True, type=SiteName(), help="Only this site; may be repeated.")
@click.option("--table", "tables", multiple=True, metavar="TABLE", help="jsonl: only this table; may be repeated.")
@click.option("--private", is_flag=True, help="Also what only credentials showed.")
@click.option("--run", metavar="RUN", help="wacz: only this run's files, and what its revisits refer to.")
@click.option(
    "--item", metavar="KEY", help="Without FORMAT: an evidence package of this item. wacz: only its captures."
)
@click.option("--change", metavar="CHANGE", help="Without FORMAT: an evidence package of one change, by number or id.")
@click.option("--alone", is_flag=True, help="With --item: the item alone, without its record and the page it stood on.")
@click.option(
    "--with-kin", is_flag=True, help="With --item: also other articles with its text or pictures, both sides."
)
@click.option("--no-reading", is_flag=True, help="wacz: without reading copies and table of contents.")
@click.option("--signing-url", metavar="URL", help="wacz: have it signed by this server (authsign's protocol).")
@click.option("--signing-token-env", metavar="VAR", help="wacz: the variable with the token for that server.")
@common
def command(
    folder: Path,
    form: str | None,
    output: Path | None,
    sites: tuple[str, ...],
    private: bool,
    silent: bool,
    **more: Any,
) -> int:
    """Hand the archive on in a form that others can read and check; only what strangers were shown.

    Without FORMAT, --item or --change makes an evidence package, a folder or a zip: records, proofs, seals, a statement for
    people, and the commands that check all of it without this program.

    \b
    cdxj    an index of all captures, for pywb and other replay programs
    wacz    the WARCs as they are, with index, reading copies and seals, for ReplayWeb.page
    jsonl   every row of archive.db as a line of JSON, with its evidence
    """
    from wparchive.store import Archive

    if form is None and not (more["item"] or more["change"]):
        raise UsageError(
            f"no FORMAT; name one of {', '.join(one for one in _FORMATS if one != _PACKAGE)}, or an item: --item KEY"
        )
    archive = Archive(folder)
    write, takes = _FORMATS[form or _PACKAGE]
    _refuse_others(form or _PACKAGE, takes, {"output": output, "sites": sites, "private": private, **more})
    require_known(sites, {site.name for site in archive.sites()}, "not in this archive", "--site")
    return write(_Asked(archive, output, sites, private, silent, more))


def _refuse_others(form: str, takes: tuple[str, ...], given: dict[str, object]) -> None:
    """Raise UsageError for an option that has no meaning for the format."""
    for name, value in given.items():
        if value not in (None, False, ()) and name not in takes:
            others = " and ".join(one for one, (_, taken) in _FORMATS.items() if name in taken)
            option = next(one for one in command.params if one.name == name).opts[-1]
            raise UsageError(f"{option}: not for {form}; it goes with {others}")


@contextmanager
def _output(asked: _Asked) -> Iterator[BinaryIO]:
    from wparchive.export.whole_file import whole_file

    if asked.output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with whole_file(asked.archive, asked.output, private=asked.private) as file:
            yield file


def _left_out(damage: "Damage") -> int:
    print_error(f"{damage.path}: left out, {damage.length:,} bytes from offset {damage.offset}: {damage.reason}")
    return damage.length


def _done(asked: _Asked, what: str) -> None:
    if asked.output is not None and not asked.silent:
        click.echo(f"{asked.output}: {what}")
