"""Which site a folder belongs to: the addresses at which the site's API responded, as runs recorded them in the WARCs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wparchive.errors import scarcity
from wparchive.naming import site_key
from wparchive.store.folder import SiteFolder
from wparchive.store.log.database import noted_in
from wparchive.store.warc.names import is_import, stamp_in
from wparchive.store.warc.reader import ResourceRecord, exchanges
from wparchive.urls import same_host

__all__ = ["Deed", "deed_of", "distinct"]


@dataclass(frozen=True, slots=True)
class Deed:
    """The owner of a folder: `addresses` where its site's API responded, newest first, and `targets` requested.

    Only the addresses identify the site: a target may have redirected there from anywhere.
    """

    addresses: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """The addresses as `site_key` spells them; for a site whose API never responded, the targets."""
        return frozenset(map(site_key, self.addresses or self.targets)) - {""}

    def names(self, url: str) -> bool:
        """Whether `url` is one of the addresses or targets of this folder."""
        return site_key(url) in self.keys | set(map(site_key, self.targets))

    def with_run(self, target: str, address: str | None) -> "Deed":
        """Return this deed after a run for `target`, whose API responded at `address`."""
        addresses = (address, *self.addresses) if address else self.addresses
        return Deed(distinct(addresses), distinct((target, *self.targets)))


def deed_of(site: SiteFolder) -> Deed:
    """Return the deed of a folder, as its last run recorded it, with the addresses that imports joined; empty without a run."""
    deed = _deed_in(_site_fact(site))
    imports = [path for path in site.files() if is_import(path)]
    # The fact that was written last names all addresses: who adds one writes it after all others (`intake`).
    for path in sorted(imports, key=lambda path: stamp_in(path.name), reverse=True):
        if isinstance(fact := _fact_in(path, first=True), dict):
            return Deed(distinct((*deed.addresses, *_texts(fact.get("addresses")))), deed.targets)
    return deed


def _deed_in(fact: Mapping[str, object]) -> Deed:
    addresses, targets = (tuple(_texts(fact.get(name))) for name in ("addresses", "targets"))
    if addresses or targets:
        return Deed(addresses, targets)
    home, root = (next(_texts([fact.get(name)]), "") for name in ("home", "root"))
    if not root:
        return Deed((), (home,) if home else ())
    return Deed((_address(root, home),), (home,))  # older versions recorded only what the site stated about itself


def _address(root: str, home: str) -> str:
    """Return the address of a site with its API at `root`: `home` if on the same host, else derived from `root`."""
    path = root.partition("?")[0]
    # WordPress.com serves the APIs of many sites from one host: only the whole root identifies a site there.
    if same_host(root, home) or "/wp/v2/sites/" in path:
        return home if same_host(root, home) else root
    return (
        path.removesuffix("index.php")
        if "?" in root
        else path.rstrip("/").rpartition("/")[0].removesuffix("/index.php")
    )


def distinct(urls: Iterable[str]) -> tuple[str, ...]:
    """Return addresses, each once, the first of those that `site_key` spells alike."""
    return tuple({site_key(url): url for url in reversed(list(urls)) if url}.values())[::-1]


def _texts(values: object) -> Iterator[str]:
    return (value for value in (values if isinstance(values, list) else ()) if isinstance(value, str) and value)


def _site_fact(site: SiteFolder) -> Mapping[str, object]:
    """Return what the last run recorded of the site: from the capture log, else from the WARCs."""
    try:
        # The archive may come from a stranger, so this may be anything.
        value = json.loads(noted_in(site.path, "site") or "null")
    except (ValueError, RecursionError):
        value = None
    value = value if isinstance(value, dict) else _site_fact_in_warcs(site)
    return value if isinstance(value, dict) else {}


def _site_fact_in_warcs(site: SiteFolder) -> object:
    # The last run's fact counts, of a crawl if there was one: what an import says rests on what other tools captured.
    newest = list(reversed(site.warcs()))
    for path in sorted(newest, key=is_import):
        if fact := _fact_in(path, first=is_import(path)):  # an import states it once, at the beginning
            return fact
    return None


def _fact_in(path: Path, *, first: bool) -> object:
    """Return the last fact of the site in a WARC, or the `first` one, for which less is read; None without one."""
    try:
        facts = (e.value for e in exchanges(path) if isinstance(e, ResourceRecord) and e.name == "site")
        return next(facts, None) if first else next(iter([*facts][-1:]), None)
    except OSError as error:
        if trouble := scarcity(error, certain=True):
            raise trouble from error
        return None
