"""A worker's claim to a site: taken with its job, looked after while its turn runs, given back with what came of it.

The epoch counts owners. Whoever is only believed dead finds it moved on, and its head refused by the store as well.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event, Thread
from typing import Any, Final

from tenacity import (
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_delay,
    stop_when_event_set,
    wait_random_exponential,
)

from wparchive.errors import StorageError, WparchiveError
from wparchive.fleet.queue.engine import Job
from wparchive.fleet.queue.fleet_file import FleetFile
from wparchive.fleet.queue.networks import note_networks
from wparchive.fleet.queue.rhythm import Next, reindexed
from wparchive.fleet.queue.tables import connect, psycopg_module

__all__ = ["Claim", "Ended", "claim", "give_back", "looked_after", "patiently", "rest"]

_LOOK: Final = 30.0  # seconds
_PATIENCE: Final = 600.0  # seconds

_TAKE = """
    UPDATE fleet.sites SET epoch = epoch + 1 WHERE site = %(site)s AND job = %(job)s
    RETURNING site, job, url, epoch, generation, settings, every, every_max, pace, failures, network,
              extract(epoch FROM fleet.now() - due_at)::float8 AS waited"""
_BEGUN = """
    INSERT INTO fleet.turns (site, epoch, worker, began, waited)
    VALUES (%(site)s, %(epoch)s, %(worker)s, fleet.now(), %(waited)s)"""
_OURS = "SELECT 1 AS ours FROM fleet.sites WHERE site = %s AND epoch = %s"
_DONE = """
    UPDATE fleet.sites SET job = NULL, lock = NULL, deaths = 0, failures = %(failures)s, pace = %(pace)s,
        due_at = fleet.now() + make_interval(secs => %(due_in)s), generation = greatest(generation, %(generation)s),
        home = coalesce(%(home)s, home), network = %(network)s,
        state = CASE WHEN state = 'duplicate' THEN state ELSE 'waiting' END, note = %(note)s,
        changed_at = CASE WHEN %(changed)s THEN fleet.now() ELSE changed_at END,
        held = CASE WHEN %(held)s::jsonb = '{}' THEN held ELSE %(held)s::jsonb END,
        index_due_at = CASE WHEN %(generation)s > generation AND (index_due_at IS NULL OR indexed = generation)
                            THEN fleet.now() + make_interval(secs => %(index_in)s) ELSE index_due_at END
    WHERE site = %(site)s AND epoch = %(epoch)s AND job = %(job)s RETURNING site"""
_DOUBLE = """
    UPDATE fleet.sites SET job = NULL, lock = NULL, state = 'duplicate', note = %(note)s
    WHERE site = %(site)s AND epoch = %(epoch)s"""
_TURN_DONE = """
    UPDATE fleet.turns SET ended = fleet.now(), outcome = %(outcome)s, code = %(code)s, requests = %(requests)s,
        bytes = %(bytes)s, stored = %(stored)s, reason = %(reason)s
    WHERE site = %(site)s AND epoch = %(epoch)s AND ended IS NULL"""
_REST = """
    UPDATE fleet.networks SET calm_since = fleet.now(),
        paused_until = greatest(paused_until, fleet.now() + make_interval(secs => %(seconds)s))
    WHERE network = %(network)s"""
_FEWER = "UPDATE fleet.networks SET slots_now = greatest(1, slots_now / 2) WHERE network = %(network)s"


@dataclass(frozen=True, slots=True)
class Claim:
    """A site that this worker owns: its row as it was taken, and the epoch of this owner."""

    site: str
    url: str
    epoch: int
    generation: int
    network: str
    every: float
    every_max: float
    pace: float
    failures: int
    settings: Mapping[str, Any]
    job: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a turn ended: its outcome and exit code, what it cost, what is held, and what follows.

    `generation` is that of the head that is in the store now, `home` the site's address by its own API, None when unknown.
    """

    outcome: str
    code: int
    following: Next
    generation: int
    changed: bool = False
    home: str | None = None
    requests: int = 0
    bytes: int = 0
    stored: int = 0
    reason: str = ""
    held: Mapping[str, int] = field(default_factory=dict)


def patiently(stop: Event) -> Retrying:
    """Return how a database that is away is waited for: 10 minutes, unless `stop` is set."""
    return Retrying(
        retry=retry_if_exception_type(StorageError),
        stop=stop_after_delay(_PATIENCE) | stop_when_event_set(stop),
        wait=wait_random_exponential(multiplier=1, max=15),
        sleep=sleep_using_event(stop),
        reraise=True,
    )


def claim(database: str, job: Job, worker: str) -> Claim | None:
    """Take the site of `job` for `worker`; None when the job isn't that site's any more. Raises StorageError."""
    with connect(database) as conn, conn.transaction():
        row = conn.execute(_TAKE, {"site": job.site, "job": job.number}).fetchone()
        if row is None:
            return None
        conn.execute(_BEGUN, {**row, "worker": worker})
    return Claim(**{name: row[name] for name in Claim.__slots__})


@contextmanager
def looked_after(database: str, claimed: Claim, stop: Event) -> Iterator[None]:
    """Ask every 30 seconds whether the site is still ours, and set `stop` when it isn't."""
    over = Event()

    def look() -> None:
        while not over.wait(_LOOK):
            try:
                with connect(database) as conn:
                    if conn.execute(_OURS, (claimed.site, claimed.epoch)).fetchone() is None:
                        stop.set()
                        return
            except WparchiveError:
                continue  # a database that is away says nothing: the store decides in the end

    thread = Thread(target=look, name="claim", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def give_back(fleet: FleetFile, claimed: Claim, ended: Ended) -> bool:
    """Write down how the turn of a claim ended; False when the site has another owner, or that is written already.

    Raises StorageError.
    """
    psycopg = psycopg_module()
    try:
        return _given_back(fleet, claimed, ended)
    except psycopg.errors.UniqueViolation:
        values = _values(claimed, replace(ended, reason=f"the same site as another of this fleet, at {ended.home}"))
        with connect(fleet.database) as conn, conn.transaction():
            conn.execute(_TURN_DONE, values)
            return bool(conn.execute(_DOUBLE, values).rowcount)


def _given_back(fleet: FleetFile, claimed: Claim, ended: Ended) -> bool:
    following, values = ended.following, _values(claimed, ended)
    with connect(fleet.database) as conn, conn.transaction():
        note_networks(conn, [claimed.network], fleet.networks)
        if conn.execute(_DONE, values).fetchone() is None:
            return False
        conn.execute(_TURN_DONE, values)
        if following.network_pause:
            values |= {"seconds": following.network_pause}
            conn.execute(_REST, values)
            conn.execute(_FEWER, values)
    return True


def _values(claimed: Claim, ended: Ended) -> dict[str, Any]:
    return {
        "site": claimed.site,
        "epoch": claimed.epoch,
        "index_in": reindexed(claimed.every),
        "network": claimed.network,
        "job": claimed.job,
        "failures": ended.following.failures,
        "pace": ended.following.pace,
        "due_in": ended.following.due_in,
        "generation": ended.generation,
        "home": ended.home,
        "note": ended.reason[:1000],
        "changed": ended.changed,
        "held": json.dumps(dict(ended.held)),
        **{name: getattr(ended, name) for name in ("outcome", "code", "requests", "bytes", "stored", "reason")},
    }


def rest(database: str, network: str, seconds: float) -> None:
    """Begin no turns in `network` for so many seconds: a turn in it was asked to wait. Raises StorageError."""
    with connect(database) as conn:
        conn.execute(_REST, {"seconds": seconds, "network": network})
