"""How a fleet is: what is due and how late, what its networks wait for, who died, what needs a person."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from wparchive.fleet.queue.dispatch import SEEN_WITHIN
from wparchive.fleet.queue.tables import Connection, psycopg_module

__all__ = [
    "FIGURES",
    "FleetStatus",
    "alerts_of",
    "fleet_figures",
    "fleet_status",
    "network_status",
    "one_moment",
    "site_status",
]

_UNSENT_MOST: Final = 10**9
_IDLE_MOST: Final = 300.0
_NETWORKS: Final = 20
_TURNS: Final = 10
_PLACES = """
    SELECT count(*) AS sites, count(*) FILTER (WHERE job IS NOT NULL) AS running, count(*) FILTER (WHERE paused) AS paused,
        count(*) FILTER (WHERE state = 'poison') AS poison, count(*) FILTER (WHERE state = 'duplicate') AS duplicates,
        count(*) FILTER (WHERE generation = 0 AND state != 'duplicate') AS never_turned,
        count(*) FILTER (WHERE indexed < generation) AS unindexed
    FROM fleet.sites"""
_WORKERS = """
    SELECT name, turns, queues, scratch_free, unsent, seen_at, seen_at < fleet.now() - make_interval(secs => %(within)s) AS dead
    FROM fleet.workers WHERE seen_at > fleet.now() - interval '1 day' ORDER BY name"""
_WAITING = """
    SELECT * FROM fleet.waiting WHERE waiting > 0 OR running > 0 OR is_paused OR slots_now < slots
    ORDER BY waiting DESC, running DESC, network LIMIT %(most)s"""
# Waits although a slot of its network is free: for how long nothing was begun all the same.
_IDLE = """
    SELECT CASE WHEN count(*) = 0 THEN 0 ELSE extract(epoch FROM fleet.now() - greatest(min(oldest),
        (SELECT max(began) FROM fleet.turns))) END::double precision AS idle
    FROM fleet.waiting WHERE waiting > 0 AND NOT is_paused AND running < slots_now"""
_OLDEST = """
    SELECT s.site, t.ended FROM fleet.sites s CROSS JOIN LATERAL (
        SELECT ended FROM fleet.turns WHERE site = s.site AND ended IS NOT NULL AND outcome != 'died'
        ORDER BY began DESC LIMIT 1) t
    WHERE NOT s.paused AND s.state != 'duplicate' ORDER BY t.ended LIMIT 1"""
_SITE = "SELECT * FROM fleet.sites WHERE site = %(site)s"
_TURNS_OF = "SELECT * FROM fleet.turns WHERE site = %(site)s ORDER BY began DESC LIMIT %(most)s"
_NETWORK = "SELECT * FROM fleet.waiting WHERE network = %(network)s"
_SITES_OF = """
    SELECT state, paused, count(*) AS sites FROM fleet.sites WHERE network = %(network)s GROUP BY state, paused ORDER BY 1, 2"""

FIGURES: Final[Mapping[str, str]] = {
    "wparchive_fleet_sites": "Sites of the fleet.",
    "wparchive_fleet_due": "Sites that are due and not begun.",
    "wparchive_fleet_running": "Sites whose turn is handed out.",
    "wparchive_fleet_paused": "Sites that are paused.",
    "wparchive_fleet_poison": "Sites set apart because their turns died three times in a row.",
    "wparchive_fleet_never_turned": "Sites of which nothing is held yet.",
    "wparchive_fleet_unindexed": "Sites whose newest captures are in no archive.db yet.",
    "wparchive_fleet_lateness_p50_seconds": "By how much half of the due sites are late.",
    "wparchive_fleet_lateness_p99_seconds": "By how much all but one in a hundred of the due sites are late at most.",
    "wparchive_fleet_lateness_p99_periods": "The same, as a part of how often the site is to be asked.",
    "wparchive_fleet_idle_seconds": "For how long nothing was begun although something could be; 0 while nothing could.",
    "wparchive_fleet_oldest_seconds": "Age of the last turn of the site whose last turn is the oldest.",
    "wparchive_fleet_workers": "Workers that live.",
    "wparchive_fleet_dead_workers": "Workers that gave no sign for 90 seconds, and were seen within a day.",
    "wparchive_fleet_unsent_bytes": "Bytes that workers hold because the store could not be reached.",
    "wparchive_fleet_turns_last_day": "Turns that began within a day, by outcome.",
}
"""The names of the metrics, and what each says."""


@dataclass(slots=True)
class FleetStatus:
    """A fleet as it is now; spans are seconds, sizes bytes, times PostgreSQL's.

    `lateness_*` are those of sites that are due and not begun; `idle` is for how long nothing was begun although a slot was
    free. `networks` are the ones with most sites waiting, `turns` counts those of the last day by outcome.
    """

    sites: int = 0
    due: int = 0
    running: int = 0
    paused: int = 0
    poison: int = 0
    duplicates: int = 0
    never_turned: int = 0
    unindexed: int = 0
    lateness_p50: float = 0.0
    lateness_p99: float = 0.0
    lateness_p99_periods: float = 0.0
    idle: float = 0.0
    oldest_site: str | None = None
    oldest_turn: Any = None
    oldest_age: float = 0.0
    unsent: int = 0
    turns: dict[str, int] = field(default_factory=dict)
    networks: list[dict[str, Any]] = field(default_factory=list)
    workers: list[dict[str, Any]] = field(default_factory=list)
    poisoned: list[str] = field(default_factory=list)

    @property
    def dead(self) -> list[str]:
        """The names of workers that gave no sign for 90 seconds."""
        return [worker["name"] for worker in self.workers if worker["dead"]]


@contextmanager
def one_moment(conn: Connection) -> Iterator[None]:
    """Read everything in the `with` block as of one moment, and write nothing; inside of another one that one holds."""
    status = psycopg_module().pq.TransactionStatus
    if conn.info.transaction_status != status.IDLE:
        yield
        return
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def fleet_status(conn: Connection) -> FleetStatus:
    """Return how the fleet is, all of it as of one moment."""
    with one_moment(conn):
        found = FleetStatus(**_one(conn, _PLACES))
        late = _one(conn, "SELECT * FROM fleet.lateness")
        found.due, found.lateness_p50, found.lateness_p99 = late["due"], late["p50"], late["p99"]
        found.lateness_p99_periods = late["p99_periods"]
        found.idle = max(0.0, _one(conn, _IDLE)["idle"])
        if oldest := conn.execute(_OLDEST).fetchone():
            now = _one(conn, "SELECT fleet.now() AS now")["now"]
            found.oldest_site, found.oldest_turn = oldest["site"], oldest["ended"]
            found.oldest_age = max(0.0, (now - oldest["ended"]).total_seconds())
        found.turns = {
            row["outcome"]: row["turns"] for row in conn.execute("SELECT * FROM fleet.last_day ORDER BY outcome")
        }
        found.networks = conn.execute(_WAITING, {"most": _NETWORKS}).fetchall()
        found.workers = conn.execute(_WORKERS, {"within": SEEN_WITHIN}).fetchall()
        found.unsent = sum(worker["unsent"] for worker in found.workers)
        poisoned = conn.execute(
            "SELECT site FROM fleet.sites WHERE state = 'poison' ORDER BY due_at LIMIT 100"
        ).fetchall()
        found.poisoned = [row["site"] for row in poisoned]
    return found


def site_status(conn: Connection, site: str) -> dict[str, Any]:
    """Return all that is known of a site of the fleet, its last turns as `turns`, the newest first."""
    row = _one(conn, _SITE, site=site)
    return {**row, "turns": conn.execute(_TURNS_OF, {"site": site, "most": _TURNS}).fetchall()}


def network_status(conn: Connection, network: str) -> dict[str, Any] | None:
    """Return what is known of a network, its sites by state as `sites`; None where there is no such network."""
    row: dict[str, Any] | None = conn.execute(_NETWORK, {"network": network}).fetchone()
    return None if row is None else {**row, "sites": conn.execute(_SITES_OF, {"network": network}).fetchall()}


def alerts_of(status: FleetStatus) -> Iterator[str]:
    """Yield a line for everything that somebody has to see to; the same limits as in the alert rules."""
    if status.lateness_p99_periods > 1:
        yield f"late: one due site in a hundred is late by more than its rhythm ({status.lateness_p99:,.0f} s); add workers"
    if status.idle > _IDLE_MOST:
        yield f"idle: nothing was begun for {status.idle:,.0f} s although sites wait; see that workers run"
    if status.unsent > _UNSENT_MOST:
        yield f"unsent: {status.unsent:,} bytes wait for the store; see that it can be reached"
    if status.dead:
        yield f"dead: no sign of {', '.join(status.dead)}"
    if status.poison:
        count = f"{status.poison:,} site{'' if status.poison == 1 else 's'}"
        yield f"poison: {count} died three times in a row: {', '.join(status.poisoned[:5])}"


def fleet_figures(status: FleetStatus) -> Iterator[tuple[str, Sequence[tuple[Mapping[str, str], float]]]]:
    """Yield each metric's name with its values, each with its labels."""
    single = {
        "sites": status.sites,
        "due": status.due,
        "running": status.running,
        "paused": status.paused,
        "poison": status.poison,
        "never_turned": status.never_turned,
        "unindexed": status.unindexed,
        "lateness_p50_seconds": status.lateness_p50,
        "lateness_p99_seconds": status.lateness_p99,
        "lateness_p99_periods": status.lateness_p99_periods,
        "idle_seconds": status.idle,
        "oldest_seconds": status.oldest_age,
        "workers": len(status.workers) - len(status.dead),
        "dead_workers": len(status.dead),
        "unsent_bytes": status.unsent,
    }
    for name, value in single.items():
        yield f"wparchive_fleet_{name}", [({}, value)]
    yield "wparchive_fleet_turns_last_day", [({"outcome": outcome}, n) for outcome, n in status.turns.items()]


def _one(conn: Connection, query: str, **values: object) -> dict[str, Any]:
    row: dict[str, Any] = conn.execute(query, values).fetchone()
    return row
