"""`wparchive find-image`."""

from dataclasses import asdict
from pathlib import Path

import click

from wparchive.cli.options import common, json_option, print_json, print_table
from wparchive.cli.values import Whole
from wparchive.errors import ExitCode

__all__ = ["command"]


@click.command(epilog="Example: wparchive find-image photo.jpg -a archive")
@click.argument("what", metavar="FILE|ITEM")
@click.option("--near", type=Whole(0, 128), help="How many of 128 bits may differ [default: 14].")
@json_option
@common
def command(what: str, near: int | None, folder: Path, silent: bool, as_json: bool) -> int:
    """List where the archive holds the same picture, in whatever size: that of a FILE, or of an ITEM.

    ITEM is SITE/TYPE/ID, an address, or words of a headline.
    """
    from wparchive.ask.find_image import NEAR, find_image
    from wparchive.store import Archive

    del silent  # the output is the result itself
    found = find_image(Archive(folder).database, what, near=NEAR if near is None else near)
    if as_json:
        print_json([asdict(one) for one in found])
        return ExitCode.COMPLETE
    rows = [
        (
            "same file" if one.same else f"{one.bits} bits",
            f"{one.site}/attachment/{one.media}" if one.media else one.site,
            one.role,
            f"{one.width} x {one.height}" if one.width else "",
            one.url,
        )
        for one in found
    ]
    if rows:
        print_table(("differs by", "item", "role", "size", "url"), rows)
    else:
        click.echo("no such picture is held")
    return ExitCode.COMPLETE
