"""`wparchive check-config`."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import click

from wparchive.cli.options import common, json_option, names_archive, print_error, print_json, print_table
from wparchive.cli.values import ConfigFile
from wparchive.config import Settings, SiteConfig, load
from wparchive.errors import ExitCode
from wparchive.events import clean

__all__ = ["command"]


@click.command(epilog="Example: wparchive check-config sites.toml")
@click.argument("file", metavar="FILE", type=ConfigFile())
@json_option
@common
def command(file: Path, folder: Path, silent: bool, as_json: bool) -> int:
    """Read the configuration in FILE as a crawl would: every setting, every secret's place, every name. Asks no site.

    Prints a line for each site, and what is odd; exit 2 when a crawl would not start.
    """
    checked = _check(file, folder if names_archive() else None)
    if as_json:
        print_json(_plain(checked))
    elif checked.sites and not silent:
        rows = [(name, site.url, _settings(site)) for name, site in checked.sites]
        print_table(("site", "url", "settings"), rows)
        for name in checked.notified:
            click.echo(clean(f"notified: {name}"))
    for line in (*checked.faults, *(() if silent else checked.remarks)):
        print_error(line)
    return ExitCode.USAGE if checked.faults else ExitCode.COMPLETE


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a configuration asks for: its sites with their names, who is notified, what is wrong, and what is odd."""

    archive: Path
    sites: list[tuple[str, SiteConfig]]
    notified: list[str]
    faults: list[str]
    remarks: list[str]


def _check(file: Path, folder: Path | None) -> _Checked:
    """Check the configuration in `file`; its sites belong into the archive at `folder`, if one was named."""
    from wparchive.fleet.beforehand import doubles_in, faults_of, shared_hosts
    from wparchive.fleet.notify.delivery import obstacle
    from wparchive.fleet.notify.settings import notices
    from wparchive.seal.settings import SealSettings, seal_settings
    from wparchive.store import Archive

    faults: list[str] = []
    config = load(file, faults)
    # Its faults name sites by number, and those that are left out would shift the numbers.
    notified = () if faults else notices(file, config).wanted
    if config.seal is not None:
        seal_settings(config.seal, SealSettings(), config.folder, f"{file}: [seal]")
    archive = Archive(folder or config.archive)
    faults += [f"{file}: {fault}" for fault in faults_of(archive, config.sites, config.folder)]
    lacks = [f"notify: {one.name}: {lack}" for one in notified if (lack := obstacle(one))]
    remarks = [f"{file}: {remark}" for remark in (*doubles_in(config.sites), *shared_hosts(config.sites), *lacks)]
    deeds = archive.deeds()
    named = [(site.name or archive.name_for(site.url, deeds), site) for site in config.sites]
    return _Checked(archive.root, named, [one.name for one in notified], faults, remarks)


def _plain(checked: _Checked) -> dict[str, object]:
    return {
        "archive": str(checked.archive),
        "sites": [{"site": name, "url": site.url, **asdict(site.settings)} for name, site in checked.sites],
        "notified": checked.notified,
        "faults": checked.faults,
        "remarks": checked.remarks,
    }


def _settings(site: SiteConfig) -> str:
    """Return the settings that aren't the program's own, secrets by where they are kept."""
    own = Settings()
    given = ((one.name, getattr(site.settings, one.name)) for one in fields(Settings))
    return ", ".join(f"{name} {_words(value)}" for name, value in given if value != getattr(own, name))


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "on" if value is True else "off" if value is False else str(value)
