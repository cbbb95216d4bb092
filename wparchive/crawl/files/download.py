"""The task of downloading files: each is requested once, unchanged ones by their validators, and every gap is recorded."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from wparchive.apart import apart
from wparchive.crawl.context import Context
from wparchive.crawl.engine.conditional import conditions
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.files.outcomes import ANSWERS, FileReport, FileWalls, final_answer, outcome
from wparchive.crawl.files.second_readings import SecondReadings
from wparchive.crawl.files.wanted import Wanted
from wparchive.http1.message import is_success
from wparchive.http1.ranges import Chain, Piece, piece
from wparchive.model import AGAIN, Capture, Target, Verdict
from wparchive.urls import origin
from wparchive.wordpress.age import moment

__all__ = ["FileTask"]

_AT_ONCE = 500  # files considered between two looks at incoming replies
_HELD_BACK = 200  # files that may wait for the robots.txt of their hosts
_BATCH = 200  # entries of one fact
_RETRIES_ELSEWHERE = 1
_IDENTITY = (("Accept-Encoding", "identity"),)  # without content coding the payload is the file, to the byte


class FileTask:
    """The task of holding every file of `wanted`; an incremental run skips those that were checked since `oldest`."""

    tolerant = True  # a throttled host of another site doesn't end the run
    ahead = 6  # a large file keeps the store's owner busy for long

    def __init__(
        self,
        wanted: Iterator[Wanted],
        context: Context,
        report: FileReport,
        readings: SecondReadings,
        oldest: datetime,
    ) -> None:
        self._wanted: Iterator[Wanted] | None = wanted
        self._store = context.store
        self._network = context.network
        self._settings = context.settings
        self._report = report
        self._readings = readings
        self._light = context.mode == "incremental"
        self._walls = FileWalls(context.store)
        self._oldest = oldest
        self._open: dict[str, tuple[Wanted, Capture | None]] = {}
        self._asking: set[str] = set()  # keys of the robots.txt files being fetched
        self._dead: dict[str, tuple[str, str]] = {}  # origins that can't be reached at all, and why
        self._held_back: dict[str, deque[Target]] = {}
        self._ready: deque[Target] = deque()
        self._notes: list[Mapping[str, Any]] = []
        self._facts = 0

    @property
    def done(self) -> bool:
        """Whether every file has its outcome."""
        return self._wanted is None and not self._open and not self._ready

    def wanted(self, limit: int) -> Sequence[Target]:
        """Return the next files, and the robots.txt of new hosts."""
        looked_at = 0
        while len(self._ready) < limit and self._wanted and looked_at < _AT_ONCE:
            if sum(map(len, self._held_back.values())) >= _HELD_BACK:
                break
            looked_at += 1
            one = next(self._wanted, None)
            if one is None:
                self._wanted = None
            else:
                self._consider(one)
        return [self._ready.popleft() for _ in range(min(limit, len(self._ready)))]

    def _consider(self, one: Wanted) -> None:
        if not one.key:
            self._leave(one, f"unaskable: {one.file.fault}", one.file.fault)
            return
        held = self._store.log.trail(one.key)
        whole, pieces = _state(held)
        if whole and self._walls.is_of_one(whole):
            whole, pieces = None, ()
        if whole and whole.crawl == self._store.crawl:
            whole = None  # captured by this very crawl: the engine replies from it
        elif self._rests(one):
            return
        target = self._target(one, whole, pieces)
        if target.key in self._open:
            return
        self._open[target.key] = (one, whole)
        self._schedule(target)

    def _rests(self, one: Wanted) -> bool:
        """Whether the file was checked lately and beyond doubt, and the item that names it hasn't changed since."""
        if not self._light:
            return False
        checks = [self._store.log.checked(key) for key in (one.key, f"HEAD {one.key}")]
        last = max((check for check in checks if check), key=lambda check: check.captured_at, default=None)
        if last is None or last.crawl == self._store.crawl or not self._is_recent(one, last):
            return False
        return not self._walls.is_of_one(last) and not self._readings.in_doubt(one.key, last)

    def _is_recent(self, one: Wanted, capture: Capture) -> bool:
        at = moment(capture.captured_at)
        return at >= self._oldest and one.modified <= at.strftime("%Y-%m-%dT%H:%M:%S")

    def _target(self, one: Wanted, whole: Capture | None, pieces: tuple[Piece, ...]) -> Target:
        spelled = () if one.file.url == one.key else (("url", one.file.url),)
        about = [("role", one.file.role), ("media", one.file.media), ("mime", one.file.mime)]
        target = Target(
            url=one.url,
            key=one.key,
            kind="file",
            via=one.via or None,
            hops=2,
            headers=_IDENTITY,
            max_body=self._settings.max_file,
            keep_body=False,
            retries=_RETRIES_ELSEWHERE if one.linked else None,
            about=(*((name, str(value)) for name, value in about if value), *spelled),
            resume=pieces,
            timeout=self._settings.file_timeout,
        )
        return target if whole is None or pieces else self._check(one, target, whole)

    def _check(self, one: Wanted, target: Target, whole: Capture) -> Target:
        """Return how to ask whether the file that is held has changed: by its validators, by HEAD, or by reading it again."""
        head = replace(target, key=f"HEAD {one.key}", method="HEAD", resume=None)
        if self._readings.moves(one.key):
            return head if self._is_recent(one, whole) else target
        if unless := conditions(whole):
            return replace(target, headers=(*_IDENTITY, *unless))
        return head if self._light and not self._readings.in_doubt(one.key, whole) else target

    def _schedule(self, target: Target) -> None:
        """Schedule the file, or first its host's robots.txt; records it as missing behind a wall or at a dead host."""
        wall = self._walls.before(target.url)
        if wall:
            self._miss(self._open.pop(target.key)[0], wall[1], wall[0])
            return
        dead = self._dead.get(origin(target.url))
        if dead:
            self._leave(self._open.pop(target.key)[0], *dead)
            return
        robots = self._network.robots_target(target.url)
        if robots is None:
            self._ready.append(target)
            return
        self._held_back.setdefault(robots.key, deque()).append(target)
        if robots.key not in self._asking:
            self._asking.add(robots.key)
            self._ready.append(robots)

    def hopeless(self, target: Target) -> str:
        """Return why `target` needn't be requested any more; called from any thread."""
        wall = self._walls.before(target.url) if target.kind == "file" else None
        return wall[1] if wall else ""

    def feed(self, reply: Reply) -> None:
        """Take the reply for one file, or for a robots.txt."""
        if reply.target.kind == "robots":
            self._take_robots(reply)
            return
        one, whole = self._open.pop(reply.target.key)
        if reply.target.key.startswith(AGAIN):
            self._report.unsure += not self._readings.take(one.key, reply)
            return
        if reply.target.method == "HEAD" and not self._looks_same(reply, whole):
            target = self._target(one, None, ())
            self._open[target.key] = (one, None)
            self._schedule(target)
            return
        with apart(lambda why: self._report.fail(one.file.url, why)):
            self._conclude(one, reply, whole)

    def _take_robots(self, reply: Reply) -> None:
        self._network.take_robots(reply)
        self._asking.discard(reply.target.key)
        final = final_answer(reply)
        # A redirect may lead to a dead host without this one being dead.
        if final and origin(reply.url) == origin(reply.target.url):
            self._dead[origin(reply.target.url)] = final, reply.reason
        for target in self._held_back.pop(reply.target.key, ()):
            self._schedule(target)

    def _looks_same(self, reply: Reply, whole: Capture | None) -> bool:
        """Whether the file seems unchanged.

        Without validators, a file of the same length counts as unchanged until a full run reads it again. The length of
        a volatile file doesn't matter.
        """
        length = reply.capture.extra.get("http-content-length", "") if reply.capture else ""
        answered = reply.verdict is Verdict.ANSWERED and reply.capture is not None and is_success(reply.capture.status)
        same = whole is not None and (length == str(whole.payload_size) or self._readings.moves(whole.key))
        return answered and same

    def _conclude(self, one: Wanted, reply: Reply, whole: Capture | None) -> None:
        wall = self._walls.met(reply)
        came_to, reason = self._outcome(one, reply, whole, wall)
        if came_to == "failed":
            self._miss(one, reason, wall)
        elif came_to == "refused":
            self._leave(one, reason if reason in ANSWERS else str(reply.verdict), reply.reason)
        else:
            self._report.counts[came_to] += 1
        if again := self._readings.target(one.key, reply):
            self._open[again.key] = (one, None)
            self._ready.appendleft(again)  # now, since readings count as two only if they are seconds apart

    def _outcome(self, one: Wanted, reply: Reply, whole: Capture | None, wall: str) -> tuple[str, str]:
        """Return the outcome as `outcome` does, given what the run knows of the file, of its host and of the `wall`."""
        came_to, reason = outcome(reply)
        if wall:
            came_to, reason = "failed", f"{reason}, behind a wall" if wall == "challenge" else reason
        if came_to == "same" and whole is None:
            came_to, reason = "failed", "304 to a request without conditions"
        if reply.verdict is Verdict.ROBOTS and self._network.robots_lost(one.key):
            came_to, reason = "failed", f"{reason} can't be read"
        return came_to, reason

    def _miss(self, one: Wanted, reason: str, wall: str = "") -> None:
        """Record that the file could not be fetched this time; `wall` names what blocked it, if known."""
        self._report.fail(one.file.url, reason)
        self._note(one, "gap", reason, **({"wall": wall} if wall else {}))

    def _leave(self, one: Wanted, problem: str, reason: str) -> None:
        """Record that the file can't be fetched, now or later."""
        self._report.counts["refused"] += 1
        self._note(one, problem, reason)

    def _note(self, one: Wanted, problem: str, reason: str, **more: str) -> None:
        about = {"url": one.file.url, "role": one.file.role, "media": one.file.media, **more}
        self._notes.append({**about, "problem": problem, "reason": reason})
        if len(self._notes) >= _BATCH:
            self.record()

    def record(self) -> None:
        """Record what no capture shows: files that are missing, were never requested, or are volatile."""
        self._readings.record()
        if self._notes:
            self._facts += 1
            self._store.fact(f"files:{self._facts:05}", {"files": self._notes})
            self._notes = []


def _state(captures: Sequence[Capture]) -> tuple[Capture | None, tuple[Piece, ...]]:
    """Return the capture with which the file was last whole, and the pieces that came since."""
    chain, whole = Chain(), None
    pieces: list[Piece] = []
    for capture in captures:
        # Cut at our own limit, so no prefix to resume.
        if capture.truncated == "length":
            continue
        headers = {name.removeprefix("http-"): value for name, value in capture.extra.items()}
        part = piece(capture.status, capture.payload_size, cut=bool(capture.truncated), headers=headers)
        pieces = [*pieces, part] if chain.take(part) else pieces
        if chain.whole and capture.final and capture.verdict == Verdict.ANSWERED:
            whole = capture
    return whole, tuple(pieces[-chain.length :]) if chain.open else ()
