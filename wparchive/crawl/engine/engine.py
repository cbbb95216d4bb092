"""Fetch targets with workers, store the responses in the WARC, and pass them to the tasks that asked for them.

One thread (the caller's) owns the store; the workers fetch, hash and compress. A target with a final capture in this
crawl is replied to from the WARC, so that a resumed run simply executes the same tasks again.
"""

import contextlib
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from wparchive.crawl.engine.reply import Recent, Reply
from wparchive.crawl.engine.requester import Requester
from wparchive.errors import DamagedError, WparchiveError
from wparchive.model import Capture, Fetched, Target, Verdict
from wparchive.store import Prepared, SiteStore

__all__ = ["Engine", "OneShot", "Task"]

_BODY_LIMIT = 1 << 26
_TOGETHER, _SECONDS = 16, 0.5  # at most this many captures, or seconds, between two commits


class Task(Protocol):
    """A piece of work that wants targets and is fed their replies, in any order.

    A task with a true `tolerant` sends requests to other hosts too: a wall that it meets says nothing about the site.
    `ahead` is the number of targets that it may have in flight for each worker; two without it.
    """

    @property
    def done(self) -> bool:
        """Whether it will want no more targets."""

    def wanted(self, limit: int) -> Sequence[Target]:
        """Return at most `limit` targets to fetch next; none while it waits for replies."""

    def feed(self, reply: Reply) -> None:
        """Take the reply to a wanted target."""


class OneShot:
    """The task of fetching given targets and collecting the replies."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._left = deque(targets)
        self._open = 0
        self.replies: list[Reply] = []

    @property
    def done(self) -> bool:
        """Whether every target has its reply."""
        return not self._left and not self._open

    def wanted(self, limit: int) -> Sequence[Target]:
        """Return the next targets."""
        batch = [self._left.popleft() for _ in range(min(limit, len(self._left)))]
        self._open += len(batch)
        return batch

    def feed(self, reply: Reply) -> None:
        """Store the reply."""
        self._open -= 1
        self.replies.append(reply)


@dataclass(slots=True)
class _Finished:
    """What a worker returns: what was fetched and its records, or the local `error` that prevented it."""

    task: Task
    fetched: Fetched
    prepared: list[Prepared] = field(default_factory=list)
    error: BaseException | None = None


class Engine:
    """Runs tasks over one site and stores the responses in `store`; `clock` is in seconds.

    Raises CutShort, Interrupted or RefusedError when the run has to end, after everything in flight was stored.
    """

    def __init__(
        self, requester: Requester, store: SiteStore, *, workers: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.requester = requester
        self.recent = Recent()
        self._workers = workers
        self._store = store
        self._clock = clock
        self._uncommitted: set[str] = set()
        self._committed = clock()
        self._finished: queue.SimpleQueue[_Finished] = queue.SimpleQueue()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="fetch")

    def close(self) -> None:
        """Stop the workers."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def get(self, target: Target) -> Reply:
        """Fetch one target by itself."""
        task = OneShot([target])
        self.run([task])
        return task.replies[0]

    def get_all(self, targets: Iterable[Target]) -> list[Reply]:
        """Fetch several targets; returns the replies in the order in which they arrived."""
        task = OneShot(targets)
        self.run([task])
        return task.replies

    def run(self, tasks: Iterable[Task]) -> None:
        """Run until every task is done; earlier tasks come first, later ones use the workers that they leave free."""
        waiting = deque(tasks)
        active: list[Task] = []
        try:
            while True:
                self._fill(active, waiting)
                active = [task for task in active if not task.done]
                if self.requester.in_flight:
                    self._collect()
                elif not active and not waiting:
                    return
        except BaseException:
            self._drain()
            raise
        finally:
            self._commit()

    def _fill(self, active: list[Task], waiting: deque[Task]) -> None:
        """Keep a few more targets in flight than there are workers, so that no worker waits for the store."""
        for task in active:
            self._submit(task, self._room(task))
        while waiting and self._room(waiting[0]) > 0:
            active.append(waiting.popleft())
            self._submit(active[-1], self._room(active[-1]))

    def _room(self, task: Task) -> int:
        """Return how many more targets of `task` may be put in flight."""
        return int(getattr(task, "ahead", 2)) * self._workers - self.requester.in_flight

    def _submit(self, task: Task, room: int) -> int:
        sent = 0
        # A reply from the WARC may make the task want more at once, so ask until it has to wait.
        while sent < room and not task.done:
            targets = task.wanted(room - sent)
            if not targets:
                break
            for target in targets:
                stored = self._stored(target)
                if stored:
                    self.requester.walls.good(stored)
                    task.feed(stored)
                elif (reason := self.requester.walls.before(target)) is not None:
                    task.feed(Reply(target, Verdict.THROTTLED, reason=reason, url=target.url))
                else:
                    self.requester.check()
                    self.requester.in_flight += 1
                    sent += 1
                    self._pool.submit(self._work, task, target)
        return sent

    def _stored(self, target: Target) -> Reply | None:
        # The log only knows committed captures.
        if target.key in self._uncommitted:
            self._commit()
        capture = self._store.final(target.key)
        if capture is None or capture.verdict != Verdict.ANSWERED or capture.privilege != target.privilege:
            return None
        try:
            reply = self._replay(target, capture)
        except DamagedError:  # `verify` names the damage; here the target is requested again
            return None
        # The wall whose page was stored may be gone by now.
        return None if target.keep_body and reply.judgement.walled else reply

    def _replay(self, target: Target, capture: Capture) -> Reply:
        """Return the reply stored in `capture`, read from its WARC."""
        url = capture.extra.get("target-url", capture.url)
        if not target.keep_body:
            flags, truncated = capture.flags, capture.truncated
            return Reply(target, Verdict.ANSWERED, capture=capture, url=url, flags=flags, truncated=truncated)
        stored = self._store.read(capture)
        body = stored.body(_BODY_LIMIT)
        return Reply(
            target,
            Verdict.ANSWERED,
            capture=capture,
            head=stored.head,
            body=body.data,
            url=url,
            flags=capture.flags,
            truncated=capture.truncated,
            age=self.requester.freshness.age_of(target, stored.head, capture.captured_at),
        )

    def _work(self, task: Task, target: Target) -> None:
        hopeless = getattr(task, "hopeless", None)  # vetoes what became pointless while it waited
        done = _Finished(task, Fetched(target=target, verdict=Verdict.THROTTLED))
        try:
            why = hopeless(target) if hopeless else ""
            done.fetched = replace(done.fetched, reason=why) if why else self.requester.fetch(target)
            done.prepared = self._store.prepare(done.fetched)
        except BaseException as error:  # noqa: BLE001 - passed to the owner's thread, which raises it
            done.error = error
        self._finished.put(done)

    def _collect(self) -> None:
        """Wait for one finished target, take all that are ready with it, store them together, and feed the replies."""
        batch = [self._finished.get()]
        with contextlib.suppress(queue.Empty):
            while True:
                batch.append(self._finished.get_nowait())
        self.requester.in_flight -= len(batch)
        captures = self._keep_batch(batch)
        # Only after everything was stored: the responses were paid for.
        for done in batch:
            if done.error:
                raise done.error
        failures: list[WparchiveError] = []
        for done in batch:
            try:
                self._feed(done, captures)
            except WparchiveError as error:  # the other responses of the batch still have to be fed
                failures.append(error)
        if failures:
            raise failures[0]

    def _keep_batch(self, batch: list[_Finished]) -> dict[tuple[str, str], Capture]:
        for done in batch:
            self.requester.count(done.fetched)
        return self._put([record for done in batch for record in done.prepared])

    def keep(self, fetched: Fetched) -> Capture | None:
        """Store what was fetched outside of any task; returns the capture of the response."""
        return self._put(self._store.prepare(fetched)).get((fetched.target.key, fetched.target.privilege))

    def _put(self, prepared: list[Prepared]) -> dict[tuple[str, str], Capture]:
        """Append records to the WARCs; returns the final captures among them, by key and privilege."""
        captures, tally = self._store.put(prepared, commit=False), self.requester.tally
        self._uncommitted.update(capture.key for capture in captures)
        if len(self._uncommitted) >= _TOGETHER or self._clock() - self._committed >= _SECONDS:
            self._commit()
        tally.captures += len(captures)
        tally.revisits += sum(capture.record_type == "revisit" for capture in captures)
        return {(capture.key, capture.privilege): capture for capture in captures if capture.final}

    def _commit(self) -> None:
        """Sync several captures at once.

        A crash in between costs nothing: whole records are adopted at the next start.
        """
        self._store.commit()
        self._uncommitted.clear()
        self._committed = self._clock()

    def _feed(self, done: _Finished, captures: dict[tuple[str, str], Capture], *, ending: bool = False) -> None:
        requester, target = self.requester, done.fetched.target
        reply = requester.reply(done.fetched, captures.get((target.key, target.privilege)))
        if not getattr(done.task, "tolerant", False) and not ending:
            reply = requester.judged(reply, self.keep)
        self.recent.keep(reply)
        done.task.feed(reply)

    def _drain(self) -> None:
        """Wait for what is in flight, store it and feed the replies: it was paid for."""
        while self.requester.in_flight:
            done = self._finished.get()
            self.requester.in_flight -= 1
            with contextlib.suppress(WparchiveError):  # the error that ended the run is raised, not these
                captures = self._keep_batch([done])
                if not done.error:
                    self._feed(done, captures, ending=True)
