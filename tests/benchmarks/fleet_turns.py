"""The turns of a simulated fleet, event by event: who is due, who is turned, which machine dies, who is due again.

Slots, the queue and taking back follow `wparchive/fleet/queue/dispatch.py` and `reap.py`; when a site is due again is
asked of `rhythm.next_turn` itself. Times are seconds from the start. `fleet_simulation.py` makes the sites and counts.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import exp, inf
from typing import NamedTuple

from wparchive.errors import ExitCode
from wparchive.fleet.queue.reap import DEAD_AFTER, MOST_DEATHS
from wparchive.fleet.queue.rhythm import next_turn

__all__ = ["DAY", "DEAD", "OPEN", "SHUT", "Costs", "Fleet", "Plan", "Seen", "Site", "Turn"]

DAY, HOUR = 86_400.0, 3_600.0
OPEN, SHUT, DEAD = "open", "shut", "dead"
_ALONE = 0  # the lane of all sites that share their server with nobody: no slot is ever short there
_AHEAD = 2  # jobs waiting for each turn that can run: dispatch.py
_REAPED_DUE = 60.0  # reap.py: due a minute after it was taken back
_POISON_DUE = 7 * DAY  # reap.py
_END, _REAPED, _DIES, _REPLACED = range(4)


@dataclass(frozen=True, slots=True)
class Costs:
    """What a turn takes, in seconds; all of it is given by `fleet_simulation.py`."""

    overhead: float
    request: float
    open_requests: float
    shut_requests: float
    dead: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How many `machines` with how many `turns` each, `slots` a shared network, and how often a machine dies (an hour)."""

    machines: int
    slots: int
    turns: int = 8
    longest: float = 900.0
    deaths: float = 0.05


@dataclass(slots=True)
class Site:
    """One site: `work` is what is left of its first full crawl (seconds), `rate` its new posts a day, `lane` its network."""

    kind: str
    lane: int
    every: float
    every_max: float
    pace: float
    rate: float
    work: float
    due: float = 0.0
    began: float = 0.0
    told: float = 0.0  # when a turn last read it to its end
    failures: int = 0
    deaths: int = 0
    held_at: float = inf  # when its first full crawl was over


class Turn(NamedTuple):
    """What came of one turn: `outcome` is "whole", "cut" (out of time) or "died" (with its machine)."""

    site: int
    lane: int
    due: float
    began: float
    ended: float
    outcome: str
    pace: float


@dataclass(slots=True)
class Seen:
    """What was counted of the turns that ended after `since`."""

    since: float = 0.0
    turns: int = 0
    open_turns: int = 0
    dead_turns: int = 0
    died: int = 0
    poison: int = 0
    busy: float = 0.0
    posts: float = 0.0
    late: list[float] = field(default_factory=list)


class Fleet:
    """Sites, machines, the queue between them, and the clock; `left` is how many sites have no full crawl yet."""

    def __init__(
        self, sites: list[Site], plan: Plan, costs: Costs, seed: int, log: Callable[[Turn], None] | None
    ) -> None:
        self.sites, self.seen, self.now = sites, Seen(), 0.0
        self.left = sum(site.held_at == inf for site in sites)
        self._plan, self._costs, self._log = plan, costs, log
        self._chance = random.Random(seed)
        lanes = 1 + max(site.lane for site in sites)
        self._waiting: list[list[tuple[float, int]]] = [[] for _ in range(lanes)]
        for number, site in enumerate(sites):
            self._waiting[site.lane].append((site.due, number))
        for waiting in self._waiting:
            heapify(waiting)
        self._room: list[float] = [inf] + [plan.slots] * (lanes - 1)  # free slots of each network
        self._todo: deque[int] = deque()
        self._free = [machine for machine in range(plan.machines) for _ in range(plan.turns)]
        self._chance.shuffle(self._free)
        self._running: dict[int, int] = {}
        self._epochs = [0] * len(sites)
        self._events: list[tuple[float, int, int, int]] = []
        for machine in range(plan.machines):
            self._will_die(machine)

    def run(self, until: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Let time pass until then, or until there is `enough`; what happens at one moment happens in turn."""
        deeds = {_END: self._end, _REAPED: self._reaped, _DIES: self._dies, _REPLACED: self._replaced}
        while not enough():
            self._dispatch()
            self._begin()
            due = self._next_due()
            if self._events and self._events[0][0] <= due:
                self.now, what, number, epoch = heappop(self._events)
                if self.now < until:
                    deeds[what](number, epoch)
            else:
                self.now = due
            if self.now >= until:
                return

    def _next_due(self) -> float:
        """Return when the next site is due that could be handed out then."""
        if len(self._todo) >= self._ahead():
            return inf
        return min((waiting[0][0] for waiting in self._open_lanes()), default=inf)

    def _ahead(self) -> int:
        return _AHEAD * self._plan.machines * self._plan.turns

    def _open_lanes(self) -> Iterator[list[tuple[float, int]]]:
        return (waiting for waiting, room in zip(self._waiting, self._room, strict=True) if waiting and room > 0)

    def _dispatch(self) -> None:
        """Queue what has waited longest, where a slot is free; a slot is taken from here on."""
        while len(self._todo) < self._ahead():
            oldest = min(self._open_lanes(), default=None)  # lists compare by their first: the longest due
            if oldest is None or oldest[0][0] > self.now:
                return
            _, number = heappop(oldest)
            self._room[self.sites[number].lane] -= 1
            self._todo.append(number)

    def _begin(self) -> None:
        while self._free and self._todo:
            number = self._todo.popleft()
            site = self.sites[number]
            site.began = self.now
            self._running[number] = self._free.pop()
            ends = self.now + self._costs.overhead + min(self._need(site), self._plan.longest)
            heappush(self._events, (ends, _END, number, self._epochs[number]))

    def _need(self, site: Site) -> float:
        """Return the seconds that a turn of `site` would take, if none were cut short."""
        if site.kind == DEAD:
            return self._costs.dead
        if site.kind == SHUT:
            return self._costs.shut_requests * self._costs.request
        return site.work or self._costs.open_requests * self._costs.request

    def _end(self, number: int, epoch: int) -> None:
        """A turn is over; if its machine hasn't died meanwhile, the site is due again when the rhythm says."""
        if epoch != self._epochs[number]:
            return
        site = self.sites[number]
        self._free.append(self._running.pop(number))
        cut = site.kind == OPEN and self._need(site) > self._plan.longest
        self._count(number, "cut" if cut else "whole")
        site.work = site.work - self._plan.longest if cut else 0.0
        self._again(site, cut)
        site.deaths = 0
        self._release(number)

    def _again(self, site: Site, cut: bool) -> None:
        """Ask the rhythm; posts come by chance (Poisson) since the site was last read to its end."""
        posts = site.rate * (self.now - site.told) / DAY
        changed = site.kind == OPEN and self._chance.random() < 1 - exp(-posts)
        after = next_turn(
            ExitCode.NO_API if site.kind == SHUT else ExitCode.INCOMPLETE if site.kind == DEAD else ExitCode.COMPLETE,
            every=site.every,
            every_max=site.every_max,
            pace=site.pace,
            changed=changed,
            cut_short=cut,
            answered=site.kind != DEAD,
            failures=site.failures,
        )
        site.pace, site.failures, site.due = after.pace, after.failures, self.now + after.due_in
        if not cut:
            site.told = self.now
            self.left -= site.held_at == inf
            site.held_at = min(site.held_at, self.now)
            self.seen.posts += posts if self.now >= self.seen.since else 0

    def _release(self, number: int) -> None:
        site = self.sites[number]
        self._room[site.lane] += 1
        heappush(self._waiting[site.lane], (site.due, number))

    def _count(self, number: int, outcome: str) -> None:
        site, seen = self.sites[number], self.seen
        if self.now >= seen.since:
            seen.turns += 1
            seen.open_turns += site.kind == OPEN
            seen.dead_turns += site.kind == DEAD
            seen.busy += self.now - site.began
            seen.late.append(site.began - site.due)
        if self._log:
            self._log(Turn(number, site.lane, site.due, site.began, self.now, outcome, site.pace))

    def _will_die(self, machine: int) -> None:
        if self._plan.deaths:
            dies = self.now + self._chance.expovariate(self._plan.deaths / HOUR)
            heappush(self._events, (dies, _DIES, machine, 0))

    def _dies(self, machine: int, _epoch: int) -> None:
        """A machine dies, with its turns; slots stay taken until they are taken back, and a new machine comes as late."""
        for number in [number for number, its in self._running.items() if its == machine]:
            del self._running[number]
            self._epochs[number] += 1
            self._count(number, "died")
            self.seen.died += 1
            heappush(self._events, (self.now + DEAD_AFTER, _REAPED, number, 0))
        self._free = [its for its in self._free if its != machine]
        heappush(self._events, (self.now + DEAD_AFTER + _REAPED_DUE, _REPLACED, machine, 0))

    def _replaced(self, machine: int, _epoch: int) -> None:
        self._free += [machine] * self._plan.turns
        self._will_die(machine)

    def _reaped(self, number: int, _epoch: int) -> None:
        site = self.sites[number]
        site.deaths += 1
        poison = site.deaths >= MOST_DEATHS
        self.seen.poison += poison
        site.due = self.now + (_POISON_DUE if poison else _REAPED_DUE)
        self._release(number)
