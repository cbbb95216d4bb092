"""Fetching in order: hands targets to workers, puts what comes back into the WARC, and feeds it to the tasks that asked.

One thread (the caller's) owns the store; the workers fetch, hash and compress. A target that already has its final capture
in this crawl is answered from the WARC, so that a run which takes over from a killed one only executes the same tasks again.
"""

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from wparchive.crawl.engine.freshness import Freshness
from wparchive.crawl.engine.keeper import Keeper
from wparchive.crawl.engine.limits import CutShort, RunLimits
from wparchive.crawl.engine.reply import Recent, Reply
from wparchive.crawl.engine.tasks import OneShot, Task
from wparchive.crawl.engine.walls import Walls, is_wall
from wparchive.crawl.report import Tally
from wparchive.errors import DamagedError, Interrupted, RefusedError, WparchiveError
from wparchive.events import Emit
from wparchive.fetch import Fetcher
from wparchive.http1.message import is_success
from wparchive.model import Capture, Exchange, Fetched, Target, Verdict, timestamp
from wparchive.store import Prepared, SiteStore
from wparchive.wordpress.age import OLD

__all__ = ["Engine", "OneShot", "Reply", "Task"]

_BODY_LIMIT = 1 << 26


@dataclass(slots=True)
class _Finished:
    """What a worker hands back: the fetched exchanges with their records, or what went wrong on our side."""

    task: Task
    target: Target
    fetched: Fetched | None = None
    prepared: list[Prepared] = field(default_factory=list)
    error: BaseException | None = None


class Engine:
    """Runs tasks over one site.

    Raises CutShort, Interrupted or RefusedError when the run has to end, after everything in flight was kept.
    """

    def __init__(
        self, fetcher: Fetcher, *, workers: int, limits: RunLimits, stop: threading.Event, emit: Emit, tally: Tally
    ) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._limits = limits
        self._stop = stop
        self.emit = emit
        self._tally = tally
        self._keeper = Keeper(tally)
        self.recent = Recent()
        self.walls = Walls()
        self.freshness = Freshness()
        self._finished: queue.SimpleQueue[_Finished] = queue.SimpleQueue()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="fetch")
        self._in_flight = 0
        self._heard = False

    @property
    def heard(self) -> bool:
        """Whether anything at all came back for what was asked."""
        return self._heard

    def attach(self, store: SiteStore) -> None:
        """Keep everything in `store` from now on, and what was fetched before it was known too."""
        self._keeper.attach(store)

    def close(self) -> None:
        """End the workers."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def get(self, target: Target) -> Reply:
        """Fetch one target by itself."""
        task = OneShot([target])
        self.run([task])
        return task.replies[0]

    def get_all(self, targets: Iterable[Target]) -> list[Reply]:
        """Fetch several targets; the replies come in the order in which they arrived."""
        task = OneShot(targets)
        self.run([task])
        return task.replies

    def run(self, tasks: Iterable[Task]) -> None:
        """Work until every task is done; earlier tasks are served first, later ones fill what they leave free."""
        waiting = deque(tasks)
        active: list[Task] = []
        try:
            while True:
                self._fill(active, waiting)
                active = [task for task in active if not task.done]
                if self._in_flight:
                    self._collect()
                elif not active and not waiting:
                    return
        except BaseException:
            self._drain()
            raise
        finally:
            self._keeper.commit()

    def _fill(self, active: list[Task], waiting: deque[Task]) -> None:
        """Keep a little more in flight than there are workers, so that none waits for the store."""
        for task in active:
            self._submit(task, self._room(task))
        while waiting and self._room(waiting[0]) > 0:
            active.append(waiting.popleft())
            self._submit(active[-1], self._room(active[-1]))

    def _room(self, task: Task) -> int:
        """How many more targets of `task` may be in flight."""
        return int(getattr(task, "ahead", 2)) * self._workers - self._in_flight

    def _submit(self, task: Task, room: int) -> int:
        sent = 0
        # A reply from the WARC may make the task want more at once, so ask until it waits.
        while sent < room and not task.done:
            targets = task.wanted(room - sent)
            if not targets:
                break
            for target in targets:
                stored = self._stored(target)
                if stored:
                    self.walls.good(target, stored.head, stored.body)
                    task.feed(stored)
                elif (reason := self.walls.before(target)) is not None:
                    task.feed(Reply(target, Verdict.THROTTLED, reason=reason, url=target.url))
                else:
                    self._check()
                    self._in_flight += 1
                    sent += 1
                    self._pool.submit(self._work, task, target)
        return sent

    def _check(self) -> None:
        if self._stop.is_set():
            raise Interrupted("stopped by a signal; run the same command again to resume")
        reason = self._limits.reached(self._tally.requests + self._in_flight)
        if reason:
            raise CutShort(reason)

    def _stored(self, target: Target) -> Reply | None:
        capture = self._keeper.final(target.key)
        if capture is None or capture.verdict != Verdict.ANSWERED or capture.privilege != target.privilege:
            return None
        try:
            reply = self._replay(target, capture)
        except DamagedError:  # `verify` names it; here it is asked for again
            return None
        return None if target.keep_body and reply.judgement.walled else reply

    def _replay(self, target: Target, capture: Capture) -> Reply:
        """The reply that `capture` holds, read back from its WARC."""
        url = capture.extra.get("target-url", capture.url)
        if not target.keep_body:
            flags, truncated = capture.flags, capture.truncated
            return Reply(target, Verdict.ANSWERED, capture=capture, url=url, flags=flags, truncated=truncated)
        stored = self._keeper.read(capture)
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
            age=self.freshness.age_of(target, stored.head, capture.captured_at),
        )

    def _work(self, task: Task, target: Target) -> None:
        done = _Finished(task, target)
        try:
            hopeless = getattr(task, "hopeless", None)  # what others were answered while this one waited
            why = hopeless(target) if hopeless else ""
            done.fetched = (
                Fetched(target=target, verdict=Verdict.THROTTLED, reason=why)
                if why
                else self._fetcher.fetch(self.freshness.spelled(target))
            )
            done.prepared = self._keeper.prepare(done.fetched)
        except BaseException as error:  # noqa: BLE001 - carried to the owner's thread, which raises it
            done.error = error
        self._finished.put(done)

    def _collect(self) -> None:
        """Wait for one finished target, take all others that are there too, keep them with one fsync, feed them."""
        batch = [self._finished.get()]
        with contextlib.suppress(queue.Empty):
            while True:
                batch.append(self._finished.get_nowait())
        self._in_flight -= len(batch)
        captures = self._keep_batch(batch)
        for done in batch:
            if done.error:
                raise done.error
        failures: list[WparchiveError] = []
        for done in batch:
            try:
                self._feed(done, captures)
            except WparchiveError as error:  # the others of the batch were paid for too
                failures.append(error)
        if failures:
            raise failures[0]

    def _keep_batch(self, batch: list[_Finished]) -> dict[tuple[str, str], Capture]:
        for done in batch:
            for exchange in done.fetched.exchanges if done.fetched else ():
                self._count(exchange)
        fetched = [done.fetched for done in batch if done.fetched]
        return self._keeper.keep(fetched, [record for done in batch for record in done.prepared])

    def _count(self, exchange: Exchange) -> None:
        self._tally.requests += 1
        self._heard = self._heard or exchange.block is not None
        self._tally.bytes += exchange.payload_size
        self.emit(
            "fetched",
            {
                "method": exchange.method,
                "url": exchange.url,
                "status": exchange.status,
                "bytes": exchange.payload_size,
                "seconds": round(exchange.elapsed, 3),
                "attempt": exchange.attempt,
                "error": exchange.error,
            },
        )

    def _feed(self, done: _Finished, captures: dict[tuple[str, str], Capture], *, ending: bool = False) -> None:
        fetched = done.fetched
        assert fetched is not None
        if fetched.verdict is Verdict.STOPPED:
            self._check()
            raise Interrupted("stopped; run the same command again to resume")
        reply = _reply(fetched, captures.get((done.target.key, done.target.privilege)))
        if not getattr(done.task, "tolerant", False) and not ending:
            self._mind(reply)
            reply = self._past_caches(reply, fetched)
        self.recent.keep(reply)
        done.task.feed(reply)

    def _past_caches(self, reply: Reply, fetched: Fetched) -> Reply:
        """`reply`, or where it is an old one what asking past the cache gave."""
        age = self._age(reply, fetched)
        if again := self.freshness.again(reply.target, age):
            newer, fetched = self._get_now(again)
            age_now = self._age(newer, fetched)
            fresh = newer.verdict is Verdict.ANSWERED and newer.status == reply.status and age_now < OLD
            self.freshness.asked_again(fresh=fresh)
            reply, age = (newer, age_now) if fresh else (reply, age)
        self.freshness.count(reply.target, age)
        return replace(reply, age=age)

    def _age(self, reply: Reply, fetched: Fetched) -> int:
        return self.freshness.age_of(reply.target, reply.head, timestamp(fetched.last.began)) if fetched.last else 0

    def _mind(self, reply: Reply) -> None:
        """Take note of an answer; raises RefusedError when it shows that the whole host is behind a wall."""
        target = reply.target
        if not is_wall(reply.verdict, reply.head, reply.body):
            if reply.verdict is Verdict.ANSWERED and is_success(reply.status):
                self.walls.gained += target.route is not None
                self.walls.good(target, reply.head, reply.body)
            return
        reason = reply.reason or f"{reply.status} challenge page"
        if target.route is not None:
            again = self.walls.met(target, reason)
            self.walls.host = self.walls.host or (again is not None and self._is_walled(again))
        # What is asked to find out what a site is has no route; a challenge there is judged by who asked.
        if self.walls.host if target.route is not None else reply.verdict is Verdict.THROTTLED:
            raise RefusedError(f"{reason}; try again later, or ask the site's owner")

    def _is_walled(self, target: Target) -> bool:
        """Whether what answered before is behind a wall now."""
        reply, _ = self._get_now(target)
        return is_wall(reply.verdict, reply.head, reply.body)

    def _get_now(self, target: Target) -> tuple[Reply, Fetched]:
        """Ask for `target` while everything else waits; nobody is fed the reply."""
        self._check()
        fetched = self._fetcher.fetch(target)
        captures = self._keep_batch([_Finished(OneShot(()), target, fetched, self._keeper.prepare(fetched))])
        if fetched.verdict is Verdict.STOPPED:
            self._check()
            raise Interrupted("stopped; run the same command again to resume")
        return _reply(fetched, captures.get((target.key, target.privilege))), fetched

    def _drain(self) -> None:
        """Let what is in flight end, keep it and tell those who asked: it was paid for."""
        while self._in_flight:
            done = self._finished.get()
            self._in_flight -= 1
            with contextlib.suppress(WparchiveError):  # the first error is the one that counts
                captures = self._keep_batch([done])
                if not done.error:
                    self._feed(done, captures, ending=True)


def _reply(fetched: Fetched, capture: Capture | None) -> Reply:
    last = fetched.last
    return Reply(
        fetched.target,
        fetched.verdict,
        reason=fetched.reason or (last.error or "" if last else ""),
        capture=capture,
        head=last.head if last else None,
        body=last.body or b"" if last else b"",
        url=last.url if last else fetched.target.url,
        redirects=tuple(dict.fromkeys(one.url for one in fetched.exchanges if last and one.url != last.url)),
        flags=last.flags if last else (),
        truncated=last.truncated if last else None,
    )
