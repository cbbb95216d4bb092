"""Makes the rows of a fleet anew from the HEADs in the store: only due times, rhythms and settings of sites are lost."""

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from wparchive.fleet.manifest import Head, read_index
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.fleet_file import FleetFile
from wparchive.fleet.queue.networks import LookUp, network_of, note_networks
from wparchive.fleet.queue.tables import Connection

__all__ = ["rebuild_rows"]

_CHUNK: Final = 500
# Due within their rhythm, at times that follow from their names: not all at once.
_INSERT: Final = """
    INSERT INTO fleet.sites (site, url, every, every_max, pace, network, state, epoch, generation, indexed, held, due_at,
        index_due_at)
    VALUES (%(site)s, %(url)s, %(every)s, %(every_max)s, %(every)s, %(network)s, 'waiting', %(epoch)s, %(generation)s,
        %(indexed)s, %(held)s,
        fleet.now() + make_interval(secs => %(every)s * abs(hashtext(%(site)s)::bigint) / 2147483648.0),
        CASE WHEN %(indexed)s < %(generation)s THEN fleet.now() END)
    ON CONFLICT (site) DO NOTHING"""


def rebuild_rows(
    conn: Connection,
    fleet: FleetFile,
    store: ObjectStore,
    heads: Mapping[str, Head],
    look_up: LookUp,
    *,
    by_port: bool = False,
) -> int:
    """Make a row for each site of `heads` that has none, and return how many; the settings are the fleet's defaults.

    Adding the same list of sites again gives each its own. Raises RemoteError.
    """
    made = 0
    each = iter(heads.items())
    while chunk := list(islice(each, _CHUNK)):
        rows = [_row(fleet, store, site, head, look_up, by_port=by_port) for site, head in chunk]
        made += _put(conn, fleet, rows)
    return made


def _row(
    fleet: FleetFile, store: ObjectStore, site: str, head: Head, look_up: LookUp, *, by_port: bool
) -> dict[str, object]:
    index = read_index(store, site)
    return {
        "site": site,
        "url": head.url,
        "every": fleet.every,
        "every_max": fleet.every_max,
        "network": network_of(head.url, fleet.networks, look_up, by_port=by_port),
        "epoch": head.epoch,
        "generation": head.generation,
        "indexed": index[0].generation if index else 0,
        "held": json.dumps(dict(head.held)),
    }


def _put(conn: Connection, fleet: FleetFile, rows: Iterable[dict[str, object]]) -> int:
    rows = list(rows)
    with conn.transaction():
        note_networks(conn, [str(row["network"]) for row in rows], fleet.networks)
        return sum(conn.execute(_INSERT, row).rowcount for row in rows)
