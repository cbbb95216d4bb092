"""`wparchive export`: a table of formats, each written by one module of `export/`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

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


# Format → what writes it; the options that it takes beside --archive, --silent and --debug.
_FORMATS: dict[str, tuple[Callable[[_Asked], ExitCode], tuple[str, ...]]] = {
    "cdxj": (_cdxj, ("output", "sites", "private")),
}
_OPTIONS = {"output": "--output", "sites": "--site", "private": "--private"}


@click.command(epilog="Example: wparchive export cdxj -o index.cdxj -a archive")
@click.argument("form", metavar="FORMAT", type=Choice([*_FORMATS]), required=False)
@click.option("-o", "--output", type=OutputFile(), metavar="FILE", help="Write to this file, not to stdout.")
@click.option("--site", "sites", multiple=True, type=SiteName(), help="Only this site; may be repeated.")
@click.option("--private", is_flag=True, help="Also what only credentials showed.")
@common
def command(
    folder: Path, form: str | None, output: Path | None, sites: tuple[str, ...], private: bool, silent: bool
) -> int:
    """Hand the archive on in a form that other programs read; only what strangers were shown.

    \b
    cdxj    an index of all captures, for pywb and other replay programs
    """
    from wparchive.store import Archive

    if form is None:
        raise UsageError(f"no FORMAT; name one of: {', '.join(_FORMATS)}")
    archive = Archive(folder)
    write, takes = _FORMATS[form]
    _refuse_others(form, takes, {"output": output, "sites": sites, "private": private})
    require_known(sites, {site.name for site in archive.sites()}, "not in this archive", "--site")
    return write(_Asked(archive, output, sites, private, silent))


def _refuse_others(form: str, takes: tuple[str, ...], given: dict[str, object]) -> None:
    """Raise UsageError for an option that has no meaning for the format."""
    for name, value in given.items():
        if value and name not in takes:
            others = " and ".join(one for one, (_, taken) in _FORMATS.items() if name in taken)
            raise UsageError(f"{_OPTIONS[name]}: not for {form}; it goes with {others}")


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
