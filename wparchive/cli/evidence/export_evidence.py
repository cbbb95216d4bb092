"""`wparchive export --item KEY` and `--change N`: evidence packages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wparchive.cli.evidence.sealing import post, say_what_is_not_remembered
from wparchive.cli.options import print_error
from wparchive.errors import ExitCode, UsageError
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.export.evidence.evidence_wanted import Wanted
    from wparchive.seal.settings import SealSettings
    from wparchive.store import Archive

__all__ = ["export_evidence"]


def export_evidence(
    archive: "Archive", output: Path | None, more: Mapping[str, Any], *, private: bool, silent: bool
) -> ExitCode:
    """Make the package that `more` asks for by item, change, alone and with_kin. Raises what the library raises."""
    from wparchive.export.evidence.alone import make_alone
    from wparchive.export.evidence.evidence_package import make_package
    from wparchive.seal.kept_settings import remembered

    if more["change"] and (more["item"] or more["alone"] or more["with_kin"]):
        raise UsageError("--change: goes without --item, --alone and --with-kin; the change names its item")
    if more["alone"] and more["with_kin"]:
        raise UsageError("--alone: goes without --with-kin, which adds other articles")
    wanted = _wanted(archive, more, private=private)
    target = output or Path(f"{_name(str(wanted.item), wanted.change)}.zip")
    settings = remembered(archive)
    _seal(archive, settings)
    make = make_alone if more["alone"] else make_package
    made = make(archive, target, wanted, key=settings.key, now=datetime.now(UTC), private=private)
    say_what_is_not_remembered(archive, settings)
    if not silent:
        for line in made.left_out:
            print_error(f"left out: {line}")
        if made.unsigned:
            print_error(f"SHA256SUMS isn't signed: {made.unsigned}")
        what = "one item alone" if more["alone"] else f"{made.records:,} records, {made.texts:,} texts"
        click.echo(told(f"{target}: {what}, under seal {', '.join(map(str, made.seals))}; check it with: sh verify.sh"))
    return ExitCode.COMPLETE


def _wanted(archive: "Archive", more: Mapping[str, Any], *, private: bool) -> "Wanted":
    from wparchive.export.evidence.evidence_wanted import change_wanted, item_wanted

    if more["change"]:
        return change_wanted(archive, more["change"], private=private)
    return item_wanted(archive, more["item"], private=private, with_kin=more["with_kin"])


def _name(item: str, change: int | None) -> str:
    """Return what a package is called where no name is given: letters, digits and dashes of the item's key."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in ".-") else "-" for sign in item).strip("-.")
    if change and change < 0:  # of the table `copied`, which numbers its own
        return f"{plain}-copied-{-change}"
    return f"{plain}-change-{change}" if change else plain


def _seal(archive: "Archive", settings: "SealSettings") -> None:
    """Seal what isn't sealed yet, without which nothing can be proven; what is missing of it is said."""
    from wparchive.seal.how_sealed import overview
    from wparchive.seal.sealing import seal

    if overview(archive, settings).unsealed:
        result = seal(archive, settings, post=post, now=lambda: datetime.now(UTC))
        for line in (*result.missing, *result.unsound):
            print_error(line)
