"""A worker: takes turns of sites from the engine, each in a process of its own, until it is told to stop.

Beside its turns it hands out what is due, takes back what the dead have left, and says that it lives.
"""

import asyncio
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wparchive.errors import ExitCode, WparchiveError
from wparchive.fleet.queue.dispatch import dispatch
from wparchive.fleet.queue.engine import INDEX, Engine, Job
from wparchive.fleet.queue.fleet_file import FleetFile
from wparchive.fleet.queue.reap import died, reap
from wparchive.fleet.queue.tables import connect
from wparchive.fleet.turns.child import Child, Spawn
from wparchive.fleet.turns.scratch import Scratch

__all__ = ["Plan", "Worker", "worker_name"]

Say = Callable[[str], None]

_EVERY: Final = 10.0  # seconds between two signs of life; dispatching and reaping go with them
_PATIENCE: Final = 600.0  # seconds without the database, until a worker gives up
_PAUSE: Final = 2.0  # seconds
_SOONEST: Final = (
    0.5  # seconds until another try to hand out, or to push; to push twice as long each time, up to `_EVERY`
)
_HARD_END: Final = 1.5  # of a turn's time
_SEEN = """
    INSERT INTO fleet.workers (name, turns, queues, scratch_free, unsent, seen_at)
    VALUES (%(name)s, %(turns)s, %(queues)s, %(free)s, %(unsent)s, fleet.now())
    ON CONFLICT (name) DO UPDATE SET turns = excluded.turns, queues = excluded.queues,
        scratch_free = excluded.scratch_free, unsent = excluded.unsent, seen_at = excluded.seen_at"""
_GONE = "DELETE FROM fleet.workers WHERE name = %s"


def worker_name() -> str:
    """Return a name for this worker that no other has."""
    return f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a worker does: how many turns at a time, of which queues, where, and how long they may take to end (seconds)."""

    turns: int
    queues: tuple[str, ...]
    scratch: Path
    grace: float = 90.0


class Worker:
    """One worker process; `spawn` starts the process of a turn."""

    def __init__(self, fleet: FleetFile, engine: Engine, plan: Plan, *, name: str, spawn: Spawn, say: Say) -> None:
        self._fleet, self._engine, self._plan, self._name = fleet, engine, plan, name
        self._spawn, self._say = spawn, say
        self._children: dict[Child, str] = {}  # and the site of each
        self._stopping = asyncio.Event()
        self._again, self._begun = asyncio.Event(), asyncio.Event()
        self._silent_since: float | None = None
        self._makes_room = False
        self._reap_at, self._push_after = 0.0, _SOONEST

    def run(self) -> ExitCode:
        """Work until SIGTERM or SIGINT; STORAGE when the database was away for too long."""
        return asyncio.run(self._run())

    async def _run(self) -> ExitCode:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        keeping = asyncio.create_task(self._keep())
        working = asyncio.create_task(self._work())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({keeping, working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        given_up = keeping.done() and not self._stopping.is_set()  # it ends too when it is told to
        self._stop()
        working.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await working
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        for child in list(self._children):
            await asyncio.to_thread(
                child.kill
            )  # its time to end is over; whoever has its site next goes on from the store
        await asyncio.to_thread(self._leave)
        return ExitCode.STORAGE if given_up else ExitCode.COMPLETE

    def _stop(self) -> None:
        """Take no more turns; those that run are asked to end, and push what they have."""
        self._stopping.set()
        for child in self._children:
            child.ask_to_end()

    async def _work(self) -> None:
        """Work on jobs, again whenever the engine ends: it does when it loses the database."""
        await self._begun.wait()  # with something to do: what is handed out while an engine starts may pass unnoticed
        while not self._stopping.is_set():
            try:
                await self._engine.work(
                    self._plan.queues, self._plan.turns, self._turn,
                    grace=self._plan.grace, ready=self._has_room, ended=self._again.set,
                )  # fmt: skip
                said = "it ended"
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the database decides whether to go on
                said = f"{type(error).__name__}: {error}"
            self._say(f"the engine: {said}; trying again")
            await asyncio.sleep(_PAUSE)

    async def _turn(self, job: Job) -> None:
        """Do one job in a process of its own."""
        if self._stopping.is_set() or len(self._children) >= self._plan.turns or not self._has_room():
            await asyncio.to_thread(self._give_back, job)
            await asyncio.sleep(0 if self._stopping.is_set() else _PAUSE)  # others are to take it
            return
        child = self._spawn(job, self._name, self._plan.scratch)
        self._children[child] = job.site
        # When this is cancelled, since the engine lost its database, the turn goes on, and is still ours to end.
        code = await child.wait(self._fleet.turn * _HARD_END + self._plan.grace)
        self._children.pop(child, None)  # `_forget_ended` may have been quicker
        if code != 0:
            how = f"its turn was ended by signal {-code}" if code < 0 else f"its turn ended with code {code}"
            self._say(f"{job.site}: {how}")
            await asyncio.to_thread(self._note_death, job, how)

    def _has_room(self) -> bool:
        return not self._makes_room and self._free() >= self._fleet.scratch_free and not self._unsent()

    def _free(self) -> int:
        return shutil.disk_usage(self._plan.scratch).free

    def _unsent(self) -> int:
        """Return the bytes that could not be pushed: while there are any, no more are taken in."""
        unsent = self._plan.scratch / "unsent"
        return sum(path.stat().st_size for path in unsent.rglob("*") if path.is_file()) if unsent.is_dir() else 0

    def _give_back(self, job: Job) -> None:
        """Let another worker have a job that this one can't do; it is due at once."""
        if job.queue != INDEX:
            with connect(self._fleet.database) as conn:
                conn.execute(
                    "UPDATE fleet.sites SET job = NULL, lock = NULL WHERE site = %s AND job = %s",
                    (job.site, job.number),
                )

    def _note_death(self, job: Job, how: str) -> None:
        if job.queue != INDEX:
            with suppress(WparchiveError), connect(self._fleet.database) as conn:
                died(conn, job, how)

    async def _keep(self) -> None:
        """Give signs of life, hand out, take back; returns when the database was away for too long."""
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            self._again.clear()  # what ends from here on is for the next round
            self._forget_ended()
            wait = _EVERY
            try:
                wait = await asyncio.to_thread(self._round)
                self._silent_since = None
            except (WparchiveError, OSError) as error:
                self._silent_since = self._silent_since or loop.time()
                self._say(str(error))
                if loop.time() - self._silent_since > _PATIENCE:
                    return
            self._begun.set()
            waits = [asyncio.create_task(event.wait()) for event in (self._again, self._stopping)]
            await asyncio.wait(waits, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            for one in waits:
                one.cancel()

    def _round(self) -> float:
        """Do all of it once; returns in how many seconds to do so again, if no turn ends before."""
        self._make_room()
        seen = {"name": self._name, "turns": self._plan.turns, "queues": list(self._plan.queues)}
        with connect(self._fleet.database) as conn:
            room = {"free": self._free(), "unsent": self._unsent()}
            takes, handed_out = (self._plan.turns if self._has_room() else 0), None
            conn.execute(_SEEN, {**seen, **room, "turns": takes})
            if time.monotonic() >= self._reap_at:
                reap(conn, self._engine)
                self._reap_at = time.monotonic() + _EVERY
            if takes:
                handed_out = dispatch(conn, self._engine)
        wait = self._push_unsent()  # which may take long: others are to know before that this worker lives
        return min(wait, _SOONEST) if takes and handed_out is None else wait

    def _make_room(self) -> None:
        """Remove what can be fetched again, while no turn is begun, if this disk has too little room."""
        if self._free() >= self._fleet.scratch_free:
            return
        self._makes_room = True
        try:
            Scratch(self._plan.scratch).make_room(self._fleet.scratch_free, set(self._children.values()))
        finally:
            self._makes_room = False

    def _forget_ended(self) -> None:
        """Forget turns that went on after the engine had lost its database, and have ended."""
        for child in [child for child in self._children if child.has_ended]:
            self._children.pop(child, None)

    def _push_unsent(self) -> float:
        """Push what could not be pushed when its turn ended; returns in how many seconds to try again."""
        if not self._unsent():
            return _EVERY
        from wparchive.fleet.turns.turn_files import push_unsent

        push_unsent(self._fleet, self._plan.scratch, self._say)
        if self._unsent():
            wait, self._push_after = self._push_after, min(_EVERY, 2 * self._push_after)
            return wait
        self._push_after = _SOONEST
        return 0.0  # others are to know at once that this worker takes turns again

    def _leave(self) -> None:
        with suppress(WparchiveError, OSError), connect(self._fleet.database) as conn:
            conn.execute(_GONE, (self._name,))
