"""What the process of a job runs. The worker that starts it needs no more than this name: it loads nothing of what turns need."""

from pathlib import Path

from wparchive.fleet.queue.engine import Job
from wparchive.fleet.queue.fleet_file import FleetFile

__all__ = ["do_job"]


def do_job(fleet: FleetFile, job: Job, worker: str, scratch: Path) -> None:
    """Do a job; see `turn.run_job`."""
    from wparchive.fleet.turns.turn import run_job

    run_job(fleet, job, worker, scratch)
