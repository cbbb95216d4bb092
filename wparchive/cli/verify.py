"""`wparchive verify`."""

from dataclasses import asdict
from pathlib import Path

import click

from wparchive.cli.options import common, json_option, print_json
from wparchive.errors import ExitCode, UsageError
from wparchive.events import clean

__all__ = ["command"]


@click.command(epilog="Example: wparchive verify -a archive || echo 'the archive has findings'")
@json_option
@common
def command(folder: Path, silent: bool, as_json: bool) -> int:
    """Re-read every WARC record and every database row; exit 4 when anything is off."""
    from wparchive.audit import verify
    from wparchive.store import Archive

    archive = Archive(folder)
    if not archive.sites():
        raise UsageError(f"{folder}: no archive there; name one with --archive")
    count = 0
    findings = []
    for finding in verify(archive):
        count += 1
        if as_json:
            findings.append(asdict(finding))
        else:
            click.echo(f"{finding.kind}: {clean(finding.where)}: {clean(finding.message)}")
    if as_json:
        print_json(findings)
    elif not silent and not count:
        click.echo(f"{folder}: every record and every row is as it was written")
    return ExitCode.FINDINGS if count else ExitCode.COMPLETE
