"""Hands out what is due: for each free slot of a network the site that has waited longest, as many as the workers can take.

One transaction at a time in the whole fleet does it; it puts the job and the site's row in place together.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from wparchive.fleet.queue.engine import BIG, INDEX, TURNS, Engine
from wparchive.fleet.queue.tables import Connection

__all__ = ["SEEN_WITHIN", "dispatch"]

SEEN_WITHIN = 90
"""Seconds: a worker that gave no sign for so long counts for nothing."""
_AHEAD = 2  # jobs waiting for each turn that a worker can take
_INDEX_SLOTS = "index"

_CAPACITY = """
    SELECT coalesce(sum(turns), 0)::integer AS turns FROM fleet.workers
    WHERE seen_at > fleet.now() - make_interval(secs => %s) AND %s = ANY(queues)"""
# Sites set apart are counted by themselves: while no worker takes them, they hold neither slots nor places.
_DUE = """
    WITH busy AS (
        SELECT network, count(*) AS n, array_agg(lock) AS locks FROM fleet.sites WHERE job IS NOT NULL GROUP BY network
    ), due AS (
        SELECT site, network, priority, due_at,
               row_number() OVER (PARTITION BY network ORDER BY priority DESC, deaths > 0 DESC, due_at, site) AS place
        FROM fleet.sites
        WHERE job IS NULL AND NOT paused AND due_at <= fleet.now() AND state != 'duplicate' AND (state = 'poison') = %(apart)s
    )
    SELECT d.site, d.network, n.slots_now, coalesce(b.locks, '{}') AS locks
    FROM due d JOIN fleet.networks n ON n.network = d.network LEFT JOIN busy b ON b.network = d.network
    WHERE d.place <= n.slots_now - coalesce(b.n, 0) AND (n.paused_until IS NULL OR n.paused_until <= fleet.now())
    ORDER BY d.priority DESC, d.due_at, d.site LIMIT %(wanted)s"""
_MINE = "SELECT 1 AS mine FROM fleet.sites WHERE site = %s AND job IS NULL AND NOT paused FOR UPDATE SKIP LOCKED"
_TAKE = "UPDATE fleet.sites SET job = %(job)s, lock = %(lock)s WHERE site = %(site)s"
# A network that refused us gets its slots back as it gave them up, by halves, for each day that it was calm.
_CALM = """
    UPDATE fleet.networks SET slots_now = least(slots, slots_now * 2), calm_since = fleet.now()
    WHERE slots_now < slots AND calm_since <= fleet.now() - interval '24 hours'
      AND (paused_until IS NULL OR paused_until <= fleet.now())"""
_TO_INDEX = """
    SELECT site FROM fleet.sites
    WHERE indexed < generation AND index_due_at <= fleet.now() ORDER BY index_due_at, site LIMIT %s"""
_INDEX_TAKEN = """
    UPDATE fleet.sites SET index_due_at = fleet.now() + interval '1 day' WHERE site = %s"""


def dispatch(conn: Connection, engine: Engine) -> int | None:
    """Hand out what is due, and return how many jobs that were.

    None while another process is at it: it may have looked before a slot was free, so whoever knows of one asks again.
    """
    with conn.transaction():
        free = conn.execute("SELECT pg_try_advisory_xact_lock(hashtext('wparchive dispatch')) AS free").fetchone()
        if not free["free"]:
            return None
        conn.execute(_CALM)
        return _turns(conn, engine, TURNS) + _turns(conn, engine, BIG) + _indexing(conn, engine)


def _turns(conn: Connection, engine: Engine, queue: str) -> int:
    wanted = _wanted(conn, engine, queue)
    if wanted <= 0:
        return 0
    rows = conn.execute(_DUE, {"wanted": wanted, "apart": queue == BIG}).fetchall()
    # A turn gives its row back a moment before its job is over: whoever got its slot meanwhile would wait in the queue.
    taken = engine.locked(conn).union(*(row["locks"] for row in rows)) if rows else set()
    return sum(_hand_out(conn, engine, queue, row, taken) for row in rows)


def _wanted(conn: Connection, engine: Engine, queue: str) -> int:
    """Return how many more jobs the workers of `queue` can do with; none while enough wait, since looking costs more than one."""
    capacity: int = conn.execute(_CAPACITY, (SEEN_WITHIN, queue)).fetchone()["turns"]
    waiting = engine.waiting(conn, (queue,)) if capacity else 0
    return _AHEAD * capacity - waiting if waiting <= capacity else 0


def _hand_out(conn: Connection, engine: Engine, queue: str, row: Mapping[str, Any], taken: set[str]) -> bool:
    """Give a site the first free slot of its network, and its job."""
    lock = _free_slot(row["network"], row["slots_now"], taken)
    # It may have been paused since it was read; a job without its row would be in the way of the next.
    if lock is None or conn.execute(_MINE, (row["site"],)).fetchone() is None:
        return False
    job = engine.defer(conn, queue, row["site"], lock)
    if job is None:
        return False
    taken.add(lock)
    conn.execute(_TAKE, {"job": job, "lock": lock, "site": row["site"]})
    return True


def _free_slot(network: str, slots: int, taken: set[str]) -> str | None:
    names = (f"{network}#{number}" for number in range(1, slots + 1))
    return next((name for name in names if name not in taken), None)


def _indexing(conn: Connection, engine: Engine) -> int:
    """Hand out the indexing of sites whose head in storage has moved, at most daily."""
    wanted = _wanted(conn, engine, INDEX)
    rows: Sequence[Mapping[str, Any]] = conn.execute(_TO_INDEX, (wanted,)).fetchall() if wanted > 0 else ()
    for row in rows:
        engine.defer(conn, INDEX, row["site"], f"{_INDEX_SLOTS}:{row['site']}")
        conn.execute(_INDEX_TAKEN, (row["site"],))
    return len(rows)
