"""What the commands of a fleet share: the option that names its configuration, and names of sites."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from wparchive.cli.options import plain
from wparchive.cli.values import ConfigFile
from wparchive.errors import ConfigError, UsageError
from wparchive.events import told

__all__ = ["checked_names", "of_fleet", "span_of"]

Command = Callable[..., Any]

_config = click.option(
    "--config",
    "config",
    type=ConfigFile(),
    default=Path("fleet.toml"),
    envvar="WPARCHIVE_FLEET",
    show_default=True,
    show_envvar=True,
    metavar="FILE",
    help="The fleet's configuration.",
)


def of_fleet(command: Command) -> Command:
    """Add the options that every command of a fleet has."""
    decorated: Command = _config(plain(command))
    return decorated


def checked_names(names: Sequence[str]) -> list[str]:
    """Return the names of sites in `names`, which may be addresses too. Raises UsageError for what can be neither."""
    from wparchive.naming import name_fault, site_name
    from wparchive.setting_values import completed

    found = [site_name(completed(name)) if "/" in name or ":" in name else name for name in names]
    for given, name in zip(names, found, strict=True):
        if fault := name_fault(name):
            raise UsageError(f"{told(given) or 'SITE'}: no name of a site ({fault})")
    return list(dict.fromkeys(found))


def span_of(text: str | None, option: str) -> float | None:
    """Return the seconds of a span as 12h or 7d; None stays None. Raises UsageError that names the `option`."""
    from wparchive.fleet.queue.fleet_file import seconds_of

    try:
        return None if text is None else seconds_of(text, option)
    except ConfigError as error:
        raise UsageError(str(error)) from None
