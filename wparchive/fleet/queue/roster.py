"""The sites of a fleet: added, paused, resumed, dropped, called at once."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from wparchive.config import Settings, SiteConfig, load
from wparchive.errors import UsageError
from wparchive.fleet.queue.fleet_file import FleetFile
from wparchive.fleet.queue.networks import LookUp, network_of, note_networks
from wparchive.fleet.queue.tables import Connection
from wparchive.naming import site_name
from wparchive.setting_values import address_fault, completed, meant

__all__ = ["Added", "add", "change", "entries_of", "selected"]

_CHUNK = 1_000
_FLEETS = ("contact", "rotate")  # settings that stay the fleet's where the configuration of a crawl doesn't say them
_INSERT = """
    INSERT INTO fleet.sites (site, url, settings, every, every_max, pace, priority, network, due_at)
    VALUES (%(site)s, %(url)s, %(settings)s, %(every)s, %(every_max)s, %(every)s, %(priority)s, %(network)s, fleet.now())
    ON CONFLICT (site) DO UPDATE SET settings = excluded.settings, every = excluded.every,
        every_max = excluded.every_max, priority = excluded.priority,
        pace = least(greatest(fleet.sites.pace, excluded.every), excluded.every_max)
    WHERE (fleet.sites.url = excluded.url)
    RETURNING (xmax = 0) AS is_new"""
_CHANGES: Mapping[str, str] = {
    "pause": "UPDATE fleet.sites SET paused = true WHERE site = ANY(%s)",
    "resume": "UPDATE fleet.sites SET paused = false WHERE site = ANY(%s)",
    "now": "UPDATE fleet.sites SET due_at = least(due_at, fleet.now()), paused = false WHERE site = ANY(%s)",
    "drop": "DELETE FROM fleet.sites WHERE site = ANY(%s) AND job IS NULL",
}
_NETWORK_CHANGES: Mapping[str, str] = {
    "pause": "UPDATE fleet.networks SET paused_until = 'infinity' WHERE network = %s",
    "resume": "UPDATE fleet.networks SET paused_until = NULL, slots_now = slots WHERE network = %s",
}


@dataclass(slots=True)
class Added:
    """How many sites were new, how many were there already, and what is wrong with the others, a line each."""

    new: int = 0
    known: int = 0
    faults: Sequence[str] = ()


def entries_of(words: Iterable[str], fleet: FleetFile) -> Iterator[SiteConfig]:
    """Yield the sites that `words` name: addresses, files with an address a line, and configurations of a crawl (.toml).

    Raises UsageError and ConfigError.
    """
    for word in words:
        path = Path(word)
        if word.endswith(".toml") and path.is_file():
            yield from load(path).sites
        elif path.is_file():
            for number, line in enumerate(path.read_text("utf-8-sig", "replace").splitlines(), 1):
                if line.strip() and not line.lstrip().startswith("#"):
                    yield _entry(line, fleet, f"{path}:{number}")
        else:
            yield _entry(word, fleet, word)


def _entry(text: str, fleet: FleetFile, where: str) -> SiteConfig:
    url = completed(text)
    if fault := address_fault(url):
        raise UsageError(f"{where}: {fault}")
    return SiteConfig(url=url, settings=fleet.settings)


def add(
    conn: Connection,
    fleet: FleetFile,
    sites: Iterable[SiteConfig],
    *,
    every: float | None,
    priority: int,
    look_up: LookUp,
    by_port: bool = False,
) -> Added:
    """Add `sites`, all due at once; one that is there already gets the new settings. Repeats are no error."""
    found, faults = Added(), []
    each = iter(sites)
    while given := list(islice(each, _CHUNK)):
        chunk = [site for site in given if fleet.private_store or site.settings.user is None]
        faults += [f"{site.url}: has a login, and the fleet no private_store" for site in given if site not in chunk]
        homes = [network_of(site.url, fleet.networks, look_up, by_port=by_port) for site in chunk]
        rows = [_row(fleet, site, every, priority, home) for site, home in zip(chunk, homes, strict=True)]
        with conn.transaction():
            note_networks(conn, [row["network"] for row in rows], fleet.networks)
            for row in rows:
                done = conn.execute(_INSERT, row).fetchone()
                if done is None:
                    faults.append(
                        f"{row['url']}: another address has the name {row['site']}; give it a name of its own"
                    )
                else:
                    found.new += done["is_new"]
                    found.known += not done["is_new"]
    found.faults = faults
    return found


def _row(fleet: FleetFile, site: SiteConfig, every: float | None, priority: int, network: str) -> dict[str, Any]:
    usual = {**asdict(fleet.settings), **{name: getattr(Settings(), name) for name in _FLEETS}}
    own = {
        name: value
        for name, value in asdict(site.settings).items()
        if value not in (usual[name], getattr(fleet.settings, name))
    }
    span = fleet.every if every is None else every
    return {
        "site": site.name or site_name(site.url),
        "url": site.url,
        "settings": json.dumps(own),
        "every": span,
        "every_max": max(fleet.every_max, span) if every is None else span,
        "priority": priority,
        "network": network,
    }


def selected(conn: Connection, names: Sequence[str]) -> list[str]:
    """Return `names`, all of which are sites of the fleet; addresses count as names. Raises UsageError."""
    wanted = [site_name(completed(name)) if "/" in name or ":" in name else name for name in names]
    held = {row["site"] for row in conn.execute("SELECT site FROM fleet.sites WHERE site = ANY(%s)", (wanted,))}
    if unknown := next((name for name in wanted if name not in held), None):
        every = [row["site"] for row in conn.execute("SELECT site FROM fleet.sites ORDER BY site LIMIT 20000")]
        raise UsageError(f"{unknown}: not in this fleet{meant(unknown, every)}")
    return wanted


def change(conn: Connection, deed: str, *, sites: Sequence[str] = (), network: str | None = None) -> int:
    """Do `deed` (pause, resume, drop or now) to `sites`, or pause or resume a network; returns how many rows it changed.

    A site isn't dropped while a turn of it runs; what is in storage stays. Raises UsageError for an unknown network.
    """
    if network is None:
        return int(conn.execute(_CHANGES[deed], (list(sites),)).rowcount)
    if deed not in _NETWORK_CHANGES:
        raise UsageError(f"--network: can be paused and resumed, not told {deed}")
    count = int(conn.execute(_NETWORK_CHANGES[deed], (network,)).rowcount)
    if not count:
        raise UsageError(f"--network {network}: no such network; `wparchive fleet status` lists those that wait")
    return count
