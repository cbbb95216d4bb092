"""Which sites a crawl is asked for, on the command line or by a configuration file, and how; checked before it starts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wparchive import config as configuration
from wparchive import naming
from wparchive.cli.options import names_archive
from wparchive.cli.values import option_name
from wparchive.config import Settings, SiteConfig
from wparchive.errors import ConfigError, UsageError
from wparchive.events import told
from wparchive.setting_values import address_fault, completed, meant

if TYPE_CHECKING:
    from wparchive.fleet.notify.settings import Notices

__all__ = ["Asked", "asked_sites", "check_noise"]

_OF_ALL = ("max_requests", "max_time")  # on the command line they limit all sites together, in the config each site


@dataclass(frozen=True, slots=True)
class Asked:
    """The sites, the archive's folder, and that of the password files; how many sites at a time, whom to notify.

    `seal` is the configuration's table of that name as it was written, and `source` what errors call the file.
    """

    sites: list[SiteConfig]
    folder: Path
    secrets: Path
    jobs: int = configuration.JOBS
    notices: "Notices | None" = None
    seal: Mapping[str, Any] | None = None
    source: str = ""


def asked_sites(
    targets: tuple[str, ...],
    config_file: Path | None,
    names: tuple[str, ...],
    folder: Path,
    changes: Mapping[str, Any],
    site_name: str | None,
) -> Asked:
    """Return what is asked for; `changes` are the settings of the command line. Raises UsageError and ConfigError."""
    asked = _asked(targets, config_file, names, folder, changes)
    return asked if site_name is None else replace(asked, sites=_called(site_name, asked.sites, targets))


def _asked(
    targets: tuple[str, ...], config_file: Path | None, names: tuple[str, ...], folder: Path, changes: Mapping[str, Any]
) -> Asked:
    if bool(targets) == bool(config_file):
        raise UsageError("name what to crawl: either one or more TARGETs or --config FILE (see wparchive crawl --help)")
    if config_file is None:
        if names:
            raise UsageError("--site picks from the sites of a --config FILE; to name a TARGET's folder: --site-name")
        settings = configuration.merged(Settings(), changes, "command line", option_name)
        sites = [SiteConfig(url=_url(target), settings=settings) for target in targets]
        return Asked(sites, folder, Path.cwd())
    config = configuration.load(config_file)
    check_noise(config_file, config)
    notices = _notices(config_file, config)
    configuration.merged(Settings(), {name: changes.get(name) for name in _OF_ALL}, "command line", option_name)
    own = {name: value for name, value in changes.items() if name not in _OF_ALL}
    sites = [
        replace(site, settings=configuration.merged(site.settings, own, "command line", option_name))
        for site in _chosen(config_file, config, names)
    ]
    folder = folder if names_archive() else config.archive
    return Asked(sites, folder, config.folder, config.jobs, notices, config.seal, f"{config_file}: [seal]")


def _notices(path: Path, config: configuration.Config) -> "Notices | None":
    """Return whom the configuration asks to notify; None where it says nothing of that. Raises ConfigError."""
    if config.notify is None and all(site.notify is None for site in config.sites):
        return None
    from wparchive.fleet.notify.settings import notices

    return notices(path, config)


def _chosen(path: Path, config: configuration.Config, names: tuple[str, ...]) -> list[SiteConfig]:
    """Return the sites called `names`, or all. Raises UsageError where the file names none, or none of that name."""
    if not config.sites:
        raise UsageError(f"{path}: names no site; write a [[sites]] entry with its url")
    called = {site: {site.url, site.name or naming.site_name(site.url)} for site in config.sites}
    chosen = [site for site in config.sites if not names or not called[site].isdisjoint(names)]
    if unknown := set(names).difference(*(called[site] for site in chosen)):
        known = [site.name or naming.site_name(site.url) for site in config.sites]
        near = meant(min(unknown), known) or f"; it has {', '.join(known)}"
        raise UsageError(f"{path}: no site {', '.join(sorted(unknown))}{near}")
    return chosen


def _called(name: str, sites: list[SiteConfig], targets: tuple[str, ...]) -> list[SiteConfig]:
    if len(targets) != 1:
        raise UsageError("--site-name goes with one TARGET; in a configuration file each site may have its name")
    if fault := naming.name_fault(name):
        raise UsageError(f"--site-name {name}: no name for a folder ({fault})")
    return [replace(site, name=name, joins=True) for site in sites]


def check_noise(path: Path, config: configuration.Config) -> None:
    """Check the settings `noise`; raises ConfigError with the file and the site."""
    from wparchive.wordpress.changes.noise import Noise

    for site in config.sites:
        try:
            Noise.of(site.settings.noise)
        except ConfigError as error:
            raise ConfigError(f"{path}: {site.name or site.url}: {error}") from None


def _url(target: str) -> str:
    """Return `target` with a scheme; `example.org` means `https://example.org`. Raises UsageError."""
    target = target.strip()
    shown = told(target.rpartition("@")[2], 100)  # what precedes the @ may be a secret
    if target.startswith(("/", ".", "~")) or (target.endswith(".toml") and Path(target).is_file()):
        raise UsageError(f"{shown}: a path, not a web address; sites in a configuration file: --config {shown}")
    url = completed(target)
    if fault := address_fault(url):
        raise UsageError(f"{shown or 'TARGET'}: {fault}")
    return url
