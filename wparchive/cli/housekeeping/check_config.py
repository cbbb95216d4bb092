"""`wparchive check-config`."""

from dataclasses import asdict, fields
from pathlib import Path

import click

from wparchive.cli.options import common, json_option, print_error, print_json, print_table
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
    from wparchive.fleet.beforehand import doubles_in, faults_of, shared_hosts
    from wparchive.fleet.notify.delivery import lacking
    from wparchive.fleet.notify.settings import notices
    from wparchive.store import Archive

    faults: list[str] = []
    config = load(file, faults)
    # Its faults name sites by number, and those that are left out would shift the numbers.
    told = () if faults else notices(file, config).wanted
    source = click.get_current_context().get_parameter_source("folder")
    given = source in (click.core.ParameterSource.COMMANDLINE, click.core.ParameterSource.ENVIRONMENT)
    archive = Archive(folder if given else config.archive)
    faults += [f"{file}: {fault}" for fault in faults_of(archive, config.sites, config.folder)]
    lacks = [f"notify: {one.name}: {lack}" for one in told if (lack := lacking(one))]
    remarks = [f"{file}: {remark}" for remark in (*doubles_in(config.sites), *shared_hosts(config.sites), *lacks)]
    deeds = archive.deeds()
    named = [(site.name or archive.name_for(site.url, deeds), site) for site in config.sites]
    if as_json:
        sites = [{"site": name, "url": site.url, **asdict(site.settings)} for name, site in named]
        print_json(
            {
                "archive": str(archive.root),
                "sites": sites,
                "told": [one.name for one in told],
                "faults": faults,
                "remarks": remarks,
            }
        )
    elif named and not silent:
        print_table(("site", "url", "settings"), [(name, site.url, _settings(site)) for name, site in named])
        for one in told:
            click.echo(clean(f"told: {one.name}"))
    for line in (*faults, *(() if silent else remarks)):
        print_error(line)
    return ExitCode.USAGE if faults else ExitCode.COMPLETE


def _settings(site: SiteConfig) -> str:
    """Return the settings that aren't the program's own, secrets by where they are kept."""
    own = Settings()
    given = ((one.name, getattr(site.settings, one.name)) for one in fields(Settings))
    told = (f"{name} {_words(value)}" for name, value in given if value != getattr(own, name))
    return ", ".join(told)


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "on" if value is True else "off" if value is False else str(value)
