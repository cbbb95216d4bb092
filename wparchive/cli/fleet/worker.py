"""`wparchive fleet worker`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from wparchive.cli.fleet.configured import of_fleet
from wparchive.cli.values import Folder, Whole
from wparchive.errors import UsageError, scarcity
from wparchive.events import told
from wparchive.setting_values import meant

__all__ = ["command"]

_QUEUES = ("turns", "big", "index")


@click.command(epilog="Example: wparchive fleet worker --turns 8 --scratch /var/tmp/wparchive")
@click.option("--turns", type=Whole(1, 256), default=8, show_default=True, help="Turns at a time.")
@click.option(
    "--queues",
    default="turns,index",
    show_default=True,
    metavar="NAMES",
    help=f"Which work it takes: {', '.join(_QUEUES)} (big: sites that died of too much, with --turns 1).",
)
@click.option("--scratch", type=Folder(), metavar="DIR", help="Its folder; default: that of the configuration.")
@click.option("--grace", type=Whole(0, 3600), default=90, show_default=True, help="Seconds that turns have to end in.")
@of_fleet
def command(turns: int, queues: str, scratch: Path | None, grace: int, config: Path, silent: bool) -> int:
    """Take turns of sites that are due, until SIGTERM; as many workers as you like, on any machine.

    At the first SIGTERM it takes no more, and what runs ends politely and pushes what it has within --grace.
    """
    from wparchive.fleet.queue.engine import Job, ProcrastinateEngine
    from wparchive.fleet.queue.fleet_file import load_fleet
    from wparchive.fleet.queue.tables import connect
    from wparchive.fleet.queue.worker import Plan, Worker, worker_name
    from wparchive.fleet.turns.child import Child, ForkedChild, server
    from wparchive.fleet.turns.job_process import do_job
    from wparchive.store.archive import Lock

    named = _named(queues)
    fleet = load_fleet(config)
    place = _made(scratch or fleet.scratch)
    with connect(fleet.database) as conn:  # a worker outlives a database that goes away, but not one that never was
        conn.execute("SELECT 1 FROM fleet.workers LIMIT 1")
    name = worker_name()
    with Lock(place / ".lock", f"{place}: process PID works here; give each worker a --scratch of its own"):
        forks = server()  # it gets ready while this process does

        def spawn(job: Job, worker: str, below: Path) -> Child:
            return ForkedChild(forks, do_job, fleet, job, worker, below)

        plan = Plan(turns, named, place, float(grace))
        worker = Worker(fleet, ProcrastinateEngine(fleet.database), plan, name=name, spawn=spawn, say=_say)
        if not silent:
            _say(f"{name}: {turns} turns at a time of {', '.join(named)}, in {place}")
        code = worker.run()
    if not silent:
        _say(f"{name}: ended")
    return code


def _named(queues: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in queues.split(",")))
    for name in names:
        if name not in _QUEUES:
            raise UsageError(
                f"--queues {told(name)}: no such queue{meant(name, _QUEUES)}; there are {', '.join(_QUEUES)}"
            )
    return names


def _made(folder: Path) -> Path:
    """Make the scratch folder, for the owner alone: what is read with credentials passes through it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise scarcity(error) or error from None
    return folder.resolve()


def _say(line: str) -> None:
    click.echo(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {told(line)}", err=True)
