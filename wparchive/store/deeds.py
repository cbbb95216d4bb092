"""Whose a folder is: the addresses at which its site answered, as its runs put on record in the WARCs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wparchive.errors import scarcity
from wparchive.naming import site_key
from wparchive.store.folder import SiteFolder
from wparchive.store.log.database import noted_in
from wparchive.store.warc.reader import ResourceRecord, exchanges
from wparchive.urls import same_host

__all__ = ["Deed", "deed_of"]


@dataclass(frozen=True, slots=True)
class Deed:
    """To whom a folder belongs: `addresses` where its site's API answered, the newest first, and what was asked for it.

    Only the addresses say whose it is; what was asked (`targets`) may have led there from anywhere.
    """

    addresses: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """The addresses as `site_key` has them; of a site whose API never answered, that of what was asked."""
        return frozenset(map(site_key, self.addresses or self.targets)) - {""}

    def names(self, url: str) -> bool:
        """Whether `url` is one of those that this folder was made or found by."""
        return site_key(url) in self.keys | set(map(site_key, self.targets))

    def with_run(self, target: str, address: str | None) -> "Deed":
        """This deed after a run for `target`, whose API answered at `address`."""
        addresses = (address, *self.addresses) if address else self.addresses
        return Deed(_distinct(addresses), _distinct((target, *self.targets)))


def deed_of(site: SiteFolder) -> Deed:
    """The deed of a folder, from what its last run put on record; an empty one where none did."""
    fact = _site_fact(site)
    addresses, targets = (tuple(_texts(fact.get(name))) for name in ("addresses", "targets"))
    if addresses or targets:
        return Deed(addresses, targets)
    home, root = (next(_texts([fact.get(name)]), "") for name in ("home", "root"))
    if not root:
        return Deed((), (home,) if home else ())
    return Deed((_address(root, home),), (home,))  # of a version that noted only what the site said of itself


def _address(root: str, home: str) -> str:
    """Where a site is whose API is at `root`: its home where that is on the same host, else what the root tells."""
    path = root.partition("?")[0]
    if same_host(root, home) or "/wp/v2/sites/" in path:
        return home if same_host(root, home) else root
    return (
        path.removesuffix("index.php")
        if "?" in root
        else path.rstrip("/").rpartition("/")[0].removesuffix("/index.php")
    )


def _distinct(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple({site_key(url): url for url in reversed(list(urls)) if url}.values())[::-1]


def _texts(values: object) -> Iterator[str]:
    return (value for value in (values if isinstance(values, list) else ()) if isinstance(value, str) and value)


def _site_fact(site: SiteFolder) -> Mapping[str, object]:
    """What the last run found the site to be: from its capture log, else from its WARCs."""
    try:
        value = json.loads(noted_in(site.path, "site") or "null")
    except (ValueError, RecursionError):
        value = None
    value = value if isinstance(value, dict) else _site_fact_in_warcs(site)
    return value if isinstance(value, dict) else {}


def _site_fact_in_warcs(site: SiteFolder) -> object:
    for path in reversed(site.warcs()):
        try:
            facts = [e.value for e in exchanges(path) if isinstance(e, ResourceRecord) and e.name == "site"]
        except OSError as error:
            if trouble := scarcity(error, certain=True):
                raise trouble from error
            continue
        if facts:
            return facts[-1]
    return None
