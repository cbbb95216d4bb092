"""What hands out work: an engine that keeps jobs, survives any process, and tells of jobs whose worker died.

The queue holds only what is due now: never a job for later, a retry, or two jobs for one lock. When a site is due is a row
of ours.
"""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wparchive.errors import UsageError
from wparchive.fleet.queue.tables import Connection, connection_string

__all__ = ["BIG", "INDEX", "TURNS", "Engine", "Job", "ProcrastinateEngine"]

TURNS, BIG, INDEX = "turns", "big", "index"
"""The queues: turns of sites, turns of sites that died of too much, indexing."""

_TASKS = {TURNS: "wparchive.turn", BIG: "wparchive.turn", INDEX: "wparchive.index"}
_WAITING = "SELECT count(*) AS n FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = ANY(%s)"
_LOCKS = "SELECT lock FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
_ALIVE = "SELECT id FROM procrastinate_jobs WHERE id = ANY(%s) AND status IN ('todo', 'doing')"


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its number, its queue, and the site that it is for."""

    number: int
    queue: str
    site: str


Work = Callable[[Job], Coroutine[Any, Any, None]]


class Engine(Protocol):
    """An engine of jobs in the fleet's database."""

    def prepare(self, conn: Connection) -> None:
        """Create the engine's own tables, if they are missing."""

    def defer(self, conn: Connection, queue: str, site: str, lock: str) -> int | None:
        """Add a job in the transaction of `conn`; no two jobs of one lock are worked on at a time.

        Returns its number; None where one of this site is waiting already.
        """

    def waiting(self, conn: Connection, queues: Sequence[str]) -> int:
        """Return how many jobs of `queues` nobody has begun."""

    def locked(self, conn: Connection) -> set[str]:
        """Return the locks of jobs that aren't over: another job of such a lock would wait for that."""

    def dead(self, seconds: float) -> list[Job]:
        """Return the jobs that were begun by workers that gave no sign for so many seconds."""

    def finish(self, job: Job) -> None:
        """End a job of a dead worker for good: it isn't tried again."""

    def ended(self, conn: Connection, jobs: Sequence[int]) -> list[int]:
        """Return those of `jobs` that nobody works on and nobody will."""

    async def work(
        self,
        queues: Sequence[str],
        turns: int,
        work: Work,
        *,
        grace: float,
        ready: Callable[[], bool],
        ended: Callable[[], None],
    ) -> None:
        """Work on the jobs of `queues`, `turns` at a time, until a signal; those begun get `grace` seconds to end.

        While `ready()` is false, no job is taken: it is left to other workers. `ended` is called whenever a job is over and
        its lock free.
        """


class ProcrastinateEngine:
    """Jobs in PostgreSQL by Procrastinate."""

    def __init__(self, database: str) -> None:
        try:
            import procrastinate
        except ImportError:
            raise UsageError("a fleet needs more packages: pip install 'wparchive[fleet]'") from None
        self._procrastinate = procrastinate
        self._database = connection_string(database)
        self._app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(conninfo=self._database, min_size=1, max_size=4)
        )
        self._sync = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=self._database))

    def prepare(self, conn: Connection) -> None:
        """Create Procrastinate's tables, if they are missing."""
        found = conn.execute("SELECT to_regclass('procrastinate_jobs') AS found").fetchone()
        if found["found"] is None:
            conn.execute(self._sync.schema_manager.get_schema())

    def defer(self, conn: Connection, queue: str, site: str, lock: str) -> int | None:
        """Add a job in the transaction of `conn`; None where one is waiting already."""
        task = self._sync.configure_task(
            _TASKS[queue], queue=queue, lock=lock, queueing_lock=f"{_TASKS[queue]}:{site}", connection=conn
        )
        try:
            with conn.transaction():
                number: int = task.defer(site=site)
        except self._procrastinate.exceptions.AlreadyEnqueued:
            return None
        return number

    def waiting(self, conn: Connection, queues: Sequence[str]) -> int:
        """Return how many jobs of `queues` nobody has begun."""
        return int(conn.execute(_WAITING, (list(queues),)).fetchone()["n"])

    def locked(self, conn: Connection) -> set[str]:
        """Return the locks of jobs that aren't over."""
        return {row["lock"] for row in conn.execute(_LOCKS).fetchall()}

    def dead(self, seconds: float) -> list[Job]:
        """Return the jobs of workers that gave no sign for so many seconds."""
        import asyncio

        return asyncio.run(self._dead(seconds))

    async def _dead(self, seconds: float) -> list[Job]:
        async with self._fresh().open_async() as app:
            found = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds)
        return [Job(job.id or 0, job.queue, str(job.task_kwargs.get("site"))) for job in found]

    def finish(self, job: Job) -> None:
        """End a job of a dead worker for good."""
        import asyncio

        asyncio.run(self._finish(job))

    def ended(self, conn: Connection, jobs: Sequence[int]) -> list[int]:
        """Return those of `jobs` that nobody works on and nobody will."""
        alive = {row["id"] for row in conn.execute(_ALIVE, (list(jobs),)).fetchall()}
        return [number for number in jobs if number not in alive]

    async def _finish(self, job: Job) -> None:
        async with self._fresh().open_async() as app:
            await app.job_manager.finish_job_by_id_async(
                job_id=job.number, status=self._procrastinate.jobs.Status.FAILED, delete_job=True
            )

    def _fresh(self) -> Any:
        connector = self._procrastinate.PsycopgConnector(conninfo=self._database, min_size=1, max_size=1)
        return self._procrastinate.App(connector=connector)

    async def work(
        self,
        queues: Sequence[str],
        turns: int,
        work: Work,
        *,
        grace: float,
        ready: Callable[[], bool],
        ended: Callable[[], None],
    ) -> None:
        """Work on the jobs of `queues` until a signal."""
        manager = self._app.job_manager

        async def run(context: Any, site: str) -> None:
            await work(Job(context.job.id, context.job.queue, site))

        async def fetched(queues: Iterable[str] | None, worker_id: int) -> Any:
            return await type(manager).fetch_job(manager, queues, worker_id) if ready() else None

        async def finished(*given: Any, **more: Any) -> None:
            try:
                await type(manager).finish_job(manager, *given, **more)
            finally:
                ended()

        manager.fetch_job = fetched  # type: ignore[method-assign]
        manager.finish_job = finished  # type: ignore[method-assign]

        for name in set(_TASKS.values()):
            self._app.task(name=name, pass_context=True)(run)
        async with self._app.open_async():
            await self._app.run_worker_async(
                queues=list(queues),
                concurrency=turns,
                delete_jobs="always",
                shutdown_graceful_timeout=grace,
                fetch_job_polling_interval=2.0,
                stalled_worker_timeout=3600.0,  # rows of dead workers are needed to tell their jobs
                install_signal_handlers=False,
            )
