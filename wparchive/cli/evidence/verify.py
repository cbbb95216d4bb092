"""`wparchive verify`."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wparchive.cli.options import common, json_option, print_json
from wparchive.errors import ExitCode, UsageError
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.audit import Finding, Tally
    from wparchive.audit.seals.trust import Trust

__all__ = ["command"]

_FILE = click.Path(path_type=Path)


@click.command(epilog="Example: wparchive verify -a archive || echo 'the archive has findings'")
@click.argument("packages", nargs=-1, metavar="[PACKAGE]...", type=_FILE)
@click.option(
    "--expect",
    multiple=True,
    type=_FILE,
    metavar="FILE",
    help="A copy of a seals/NUMBER/checkpoint that was kept elsewhere: the log must still have it. May be repeated.",
)
@click.option("--signers", type=_FILE, metavar="FILE", help="Your own allowed signers (ssh-keygen), not the archive's.")
@click.option("--authorities", type=_FILE, metavar="PEM", help="Your own certificates of time-stamping authorities.")
@click.option(
    "--sources",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Also compare imported captures with the files that they came from, found below DIR.",
)
@json_option
@common
def command(
    packages: tuple[Path, ...],
    expect: tuple[Path, ...],
    signers: Path | None,
    authorities: Path | None,
    sources: Path | None,
    folder: Path,
    silent: bool,
    as_json: bool,
) -> int:
    """Re-read every WARC record, rebuild the database beside it and compare every row; exit 4 when anything is off.

    The database is rebuilt in a temporary place, which needs about twice the room of archive.db; TMPDIR names another. With
    PACKAGE, evidence packages and WACZ files are checked instead, each by itself and without the archive.
    """
    from wparchive.audit import Tally, verify
    from wparchive.audit.original_files import check_sources
    from wparchive.audit.seals.trust import Trust
    from wparchive.store import Archive

    trust = Trust(expect, signers, authorities)
    if packages:
        return _packages(packages, trust, silent=silent, as_json=as_json)
    archive = Archive(folder)
    if not archive.sites() and not archive.was_indexed and not archive.links():
        raise UsageError(f"{folder}: no archive there; name one with --archive")
    tally = Tally()
    more = check_sources(archive, sources, tally) if sources else ()
    count = _checked(chain(verify(archive, tally, trust), more), tally, as_json=as_json)
    if not as_json and (count or tally.uncompared or not silent):
        for line in _summary(tally):
            click.echo(told(line))
    return ExitCode.FINDINGS if count else ExitCode.INCOMPLETE if tally.uncompared else ExitCode.COMPLETE


def _packages(paths: Iterable[Path], trust: "Trust", *, silent: bool, as_json: bool) -> int:
    """Check each package; returns the exit code."""
    from wparchive.audit import Tally
    from wparchive.audit.packages.verify_packages import verify_package

    results = []
    for path in paths:
        tally = Tally()
        findings = list(verify_package(path, tally, trust))
        results.append((path, tally, findings))
    if as_json:
        print_json([_package_values(*result) for result in results])
    for path, tally, findings in () if as_json else results:
        for finding in findings:
            click.echo(told(f"{path}: {finding.code}: {finding.where}: {finding.message}"))
        if findings or not silent:
            verdict = f"{len(findings):,} findings" if findings else "nothing is off"
            for line in (*(f"note: {note}" for note in tally.notes), *filter(None, [tally.sealed])):
                click.echo(told(f"{path}: {line}"))
            click.echo(told(f"{path}: {tally.files:,} files, {tally.records:,} records: {verdict}"))
    return ExitCode.FINDINGS if any(findings for _, _, findings in results) else ExitCode.COMPLETE


def _package_values(path: Path, tally: "Tally", findings: "list[Finding]") -> dict[str, object]:
    about = {name: getattr(tally, name) for name in ("files", "records", "sealed", "notes")}
    return {"package": str(path), "findings": [asdict(finding) for finding in findings], **about}


def _checked(found: Iterable["Finding"], tally: "Tally", *, as_json: bool) -> int:
    """Print each finding as it is found, or all of them and the tally as JSON; return their number."""
    count = 0
    findings: list[Finding] = []
    show = findings.append if as_json else _print
    try:
        for count, finding in enumerate(found, 1):  # noqa: B007 - the last one counts
            show(finding)
    finally:  # findings count even if archive.db turns out to be unreadable
        if as_json:
            _print_json(findings, tally)
    return count


def _print(finding: "Finding") -> None:
    click.echo(f"{finding.code or finding.kind}: {told(finding.where)}: {told(finding.message)}")


def _print_json(findings: Iterable["Finding"], tally: "Tally") -> None:
    figures = {"warcs": tally.files, "records": tally.records, "bytes": tally.bytes, "compared": tally.compared}
    more = {name: getattr(tally, name) for name in ("differ", "uncompared", "sealed", "notes")}
    print_json({"findings": [asdict(finding) for finding in findings], **figures, **more})


def _summary(tally: "Tally") -> Iterator[str]:
    """Yield the notes, then what was compared."""
    yield from (f"note: {note}" for note in tally.notes)
    if tally.sealed:
        yield tally.sealed
    read = f"{tally.files:,} WARCs, {tally.records:,} records"
    rows = [f"{count:,} {name}" for name, count in tally.compared.items() if count and not name.startswith("_")]
    if rows:
        yield f"{', '.join([read, *rows])} compared; {tally.differ:,} differ (rebuilt in {tally.place})"
    else:
        yield f"{read} read; {tally.uncompared or 'no rows were compared'}"
