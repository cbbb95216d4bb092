"""Which site of the archive a run is over: decided by the origin that responds, never by what a response claims.

A production site and its staging copy respond at two addresses, so they are two sites, even though the copy's index
names the production site.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from wparchive.config import SiteConfig
from wparchive.errors import UsageError
from wparchive.naming import folded, site_key
from wparchive.store import Archive, Deed, SiteFolder, deed_of
from wparchive.urls import same_host
from wparchive.wordpress.discovery.discovery import Discovery
from wparchive.wordpress.discovery.site_state import SiteState

__all__ = ["as_known", "check_names", "known_as", "name_of", "stranger"]


def check_names(archive: Archive, sites: Sequence[SiteConfig]) -> None:
    """Raise UsageError when the names of `sites` would mix two of them, or one of them with another site of `archive`."""
    named = [(site.name, site) for site in sites if site.name]
    if not named:
        return
    given: dict[str, SiteConfig] = {}
    folders = {folded(folder.name): folder for folder in archive.sites()}  # some file systems ignore case
    for name, site in named:
        other = given.setdefault(folded(name), site)
        if other is not site:
            raise UsageError(f"{other.url} and {site.url} are both called {name}: give each site a name of its own")
        if folder := folders.get(folded(name)):
            _check_folder(folder, name, site)
    unnamed = [site for site in sites if not site.name]
    deeds = archive.deeds() if unnamed else {}  # reading all of them takes time in proportion to the archive
    for site in unnamed:
        _check_namesake(given, archive.name_for(site.url, deeds), site)


def _check_folder(folder: SiteFolder, name: str, site: SiteConfig) -> None:
    """Raise UsageError when `folder`, found for the name of `site`, has a slightly different one or is another site's."""
    if folder.name != name:
        raise UsageError(f"{name}: the archive has a site {folder.name}, which other systems can't tell from it")
    _check_claim(deed_of(folder), name, site)


def _check_namesake(given: Mapping[str, SiteConfig], name: str, site: SiteConfig) -> None:
    """Raise UsageError when another site was `given` the name of the folder that `site` gets by itself."""
    namesake = given.get(folded(name))
    if namesake and site_key(namesake.url) != site_key(site.url):
        raise UsageError(f"{namesake.url} is called {name}, the folder of {site.url}: give it a name of its own")


def _check_claim(deed: Deed, name: str, site: SiteConfig) -> None:
    """Raise UsageError when the folder `name` is that of another site, and joining them isn't asked for."""
    if deed.targets and not deed.names(site.url) and not site.joins:
        raise UsageError(
            f"{name} is the folder of {(deed.addresses or deed.targets)[0]}: give {site.url} another name, or join the "
            f"two on purpose, once: wparchive crawl {site.url} --site-name {name}"
        )


def known_as(archive: Archive, site: SiteConfig) -> str | None:
    """Return the folder of `site` before anything is requested; None when it has none yet.

    `stranger` finds out later if it was the wrong one.
    """
    name = site.name or archive.site_at(site.url)
    return name if name and archive.site(name).warc.is_dir() else None


def name_of(archive: Archive, site: SiteConfig, found: Discovery) -> str:
    """Return the name for the site that `found` describes: the operator's, the known one, or one after its address.

    Where the site's home is on another host that responded too, the name is taken from the home, by which people know
    the site.
    """
    if site.name:
        return site.name
    if not found.address:
        return archive.name_for(site.url)
    # A front page that came from the home confirms the home.
    front = found.page is not None and site_key(found.page.url_final) == site_key(found.home)
    if front or not same_host(found.address, found.home):
        return archive.site_at(found.address) or archive.name_for(found.home)
    return archive.name_for(found.address)


def as_known(archive: Archive, name: str, found: Discovery) -> Discovery:
    """Return `found`, corrected: a site at a known address hasn't moved, whatever redirected there."""
    deed = deed_of(archive.site(name))
    stayed = found.address and site_key(found.address) in deed.keys
    if not stayed or not found.moved_from or deed.names(found.moved_from):
        return found
    return replace(found, state=SiteState.OK, reason="", moved_from=None)


def stranger(archive: Archive, name: str, site: SiteConfig, found: Discovery) -> str:
    """Return why `found` isn't the site in the folder `name`, which was opened for it; "" when it is.

    It is when its API responds where it did before, or where a redirect led. A site that moved to the address of
    another site of this archive stays separate, too.
    """
    deed = deed_of(archive.site(name))
    if site.joins or not found.address or site_key(found.address) in map(site_key, deed.addresses):
        return ""
    join = f"crawl {found.address} by itself, or join the two on purpose: --site-name {name}"
    owner = archive.site_at(found.address)
    if owner and owner != name:
        if not deed.addresses:  # as after `rename`, when a configuration still has the old name
            join = f'write name = "{owner}" where the configuration says {name}, then: wparchive forget {name}'
        return f"its API answers at {found.address}, which is the site {owner} here: {join}"
    if not deed.addresses:  # nothing of its API is held yet
        return ""
    if _followed(found, site.url):
        return ""
    return f"it names an API at {found.address}, another address than that of {name}: {join}"


def _followed(found: Discovery, target: str) -> bool:
    """Return whether we followed a redirect from the target to the API ourselves, which proves that the site moved."""
    moved_from, moved_to = found.moved_from or "", found.moved_to or ""
    return bool(moved_from) and same_host(moved_from, target) and same_host(moved_to, found.address)
