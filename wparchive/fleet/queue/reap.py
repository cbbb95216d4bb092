"""Takes the sites back whose worker died: the job is over, the site is due again, and whoever lives on can't commit."""

from wparchive.fleet.queue.engine import INDEX, Engine, Job
from wparchive.fleet.queue.tables import Connection

__all__ = ["DEAD_AFTER", "MOST_DEATHS", "died", "reap"]

DEAD_AFTER = 90.0
"""Seconds without a sign of a worker, after which its jobs are given to others. Workers give one every 10 seconds."""
MOST_DEATHS = 3
"""After so many deaths in a row a site is poison: set apart, for a worker that takes one such site at a time."""

# The epoch moves on, so that a turn which is only believed dead finds its head refused.
_DIED = """
    UPDATE fleet.sites SET epoch = epoch + 1, deaths = deaths + 1, job = NULL, lock = NULL,
        state = CASE WHEN deaths + 1 >= %(most)s THEN 'poison' ELSE state END,
        due_at = fleet.now() + CASE WHEN deaths + 1 >= %(most)s THEN interval '7 days' ELSE interval '60 seconds' END,
        note = %(note)s
    WHERE site = %(site)s AND job = %(job)s RETURNING epoch"""
_ENDED = """
    UPDATE fleet.turns SET ended = fleet.now(), outcome = 'died', reason = %(note)s
    WHERE site = %(site)s AND ended IS NULL AND epoch < %(epoch)s"""
_BUSY = "SELECT site, job FROM fleet.sites WHERE job IS NOT NULL"
_OLD_WORKERS = "DELETE FROM fleet.workers WHERE seen_at < fleet.now() - interval '1 day'"
_OLD_TURNS = "DELETE FROM fleet.turns WHERE began < fleet.now() - interval '13 months'"


def reap(conn: Connection, engine: Engine, seconds: float = DEAD_AFTER) -> int:
    """Take back the sites of workers that gave no sign for so many `seconds`; returns how many."""
    with conn.transaction():
        free = conn.execute("SELECT pg_try_advisory_xact_lock(hashtext('wparchive reap')) AS free").fetchone()
        if not free["free"]:
            return 0
        jobs = engine.dead(seconds)
        for job in jobs:
            engine.finish(job)
            if job.queue != INDEX:
                died(conn, job, "its worker died")
        # A job that ended without its row: its worker was killed between the two.
        busy = {row["job"]: row["site"] for row in conn.execute(_BUSY).fetchall()}
        lost = [Job(number, "", busy[number]) for number in engine.ended(conn, list(busy))]
        for job in lost:
            died(conn, job, "its worker ended without saying how")
        conn.execute(_OLD_WORKERS)
        conn.execute(_OLD_TURNS)
    return len(jobs) + len(lost)


def died(conn: Connection, job: Job, note: str) -> None:
    """Note that the turn of `job` died, if the site is still its."""
    row = conn.execute(_DIED, {"site": job.site, "job": job.number, "most": MOST_DEATHS, "note": note}).fetchone()
    if row:
        conn.execute(_ENDED, {"site": job.site, "epoch": row["epoch"], "note": note})
