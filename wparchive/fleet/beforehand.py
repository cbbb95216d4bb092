"""Checks before a crawl of some sites begins, so that every fault is reported before anything is requested."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from wparchive.config import SiteConfig
from wparchive.crawl.identity import check_names
from wparchive.errors import ConfigError, CredentialsError, UsageError, WparchiveError
from wparchive.fetch import load_secret
from wparchive.naming import site_key
from wparchive.store import Archive
from wparchive.urls import Place, parse
from wparchive.wordpress.changes.noise import Noise

__all__ = ["distinct", "doubles_in", "faults_of", "refuse_faults", "shared_hosts"]


def refuse_faults(archive: Archive, sites: Sequence[SiteConfig], secrets: Path) -> None:
    """Raise for the first thing that would keep a crawl of `sites` into `archive` from working.

    UsageError for names that would mix two sites, an invalid entry of `noise`, and a password that isn't where the
    settings say (files are relative to `secrets`); StorageError for a folder that can't be written.
    """
    archive.refuse_unwritable()
    for fault in _faults(archive, sites, secrets):
        raise fault


def faults_of(archive: Archive, sites: Sequence[SiteConfig], secrets: Path) -> list[str]:
    """Return everything that `refuse_faults` would raise, but for the folder, a line each."""
    return [str(fault) for fault in _faults(archive, sites, secrets)]


def _faults(archive: Archive, sites: Sequence[SiteConfig], secrets: Path) -> Iterator[WparchiveError]:
    try:
        check_names(archive, sites)
    except UsageError as error:
        yield error
    for site in sites:
        try:
            Noise.of(site.settings.noise)
        except ConfigError as error:
            yield ConfigError(f"{site.name or site.url}: {error}")
        try:
            load_secret(site.settings, secrets)
        except CredentialsError as error:
            yield CredentialsError(f"{site.name or site.url}: {error}")


def distinct(sites: Sequence[SiteConfig]) -> list[SiteConfig]:
    """Return `sites` without those that are among them already: each is crawled once, as the first one says."""
    return [site for site, first in _paired(sites) if site is first]


def doubles_in(sites: Sequence[SiteConfig]) -> list[str]:
    """Return a line for each of `sites` that `distinct` leaves out."""
    return [
        f"{site.name or site.url}: named more than once; it is crawled once"
        + ("" if site.settings == first.settings else ", with the settings of the first")
        for site, first in _paired(sites)
        if site is not first
    ]


def _paired(sites: Sequence[SiteConfig]) -> Iterator[tuple[SiteConfig, SiteConfig]]:
    """Yield each of `sites` with the first that is the same: at the same address, and not under two names on purpose."""
    at: dict[tuple[str, str], list[SiteConfig]] = {}
    for site in sites:
        place = parse(site.url)
        # Posts of a site with plain permalinks differ in the query alone.
        query = place.query if isinstance(place, Place) else ""
        others = at.setdefault((site_key(site.url) or site.url, query), [])
        first = next((one for one in others if not (one.name and site.name) or one.name == site.name), None)
        if first is None:
            others.append(site)
        yield site, first or site


def shared_hosts(sites: Sequence[SiteConfig]) -> list[str]:
    """Return a line for each host that several of `sites` are on: they share its patience."""
    hosts: dict[str, list[str]] = {}
    for site in distinct(sites):
        place = parse(site.url)
        if isinstance(place, Place):
            hosts.setdefault(place.host, []).append(site.name or site.url)
    return [f"{', '.join(names)}: on one host, {host}" for host, names in hosts.items() if len(names) > 1]
