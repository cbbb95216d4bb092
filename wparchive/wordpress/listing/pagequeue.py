"""The pages of a listing that wait to be asked for, those in flight, and those held back until anything works at all."""

from dataclasses import dataclass, field
from heapq import heappop, heappush

from wparchive.wordpress.listing.pages import Page

__all__ = ["PageQueue"]

_PROBES = 3  # parts tried beyond the first of each size before a listing of which nothing works is given up


@dataclass(slots=True)
class PageQueue:
    """Pages in the order of their positions; `flying` are those that were asked for and not answered yet."""

    flying: set[Page] = field(default_factory=set)
    _waiting: list[Page] = field(default_factory=list)
    _held_back: list[Page] = field(default_factory=list)
    _probes: int = 0
    _works: bool = False

    @property
    def idle(self) -> bool:
        """Whether nothing waits or is in flight."""
        return not (self.flying or self._waiting)

    @property
    def stuck(self) -> bool:
        """Whether parts are held back still; when idle with nothing left to probe, nothing of the listing works."""
        return bool(self._held_back)

    def push(self, page: Page) -> None:
        """Let `page` be asked for."""
        heappush(self._waiting, page)

    def push_part(self, part: Page) -> None:
        """Let a part of a failing page be asked for: as long as nothing has worked, only the first of each size."""
        if self._works or (self.idle and not part.fields and not self._probes):
            self.push(part)
        else:
            self._held_back.append(part)

    def pop(self) -> Page | None:
        """The first page that waits."""
        return heappop(self._waiting) if self._waiting else None

    def clear(self) -> None:
        """Ask for nothing more, and wait for nothing."""
        self._waiting.clear()
        self.flying.clear()

    def works(self) -> None:
        """A page was good: nothing is held back any more."""
        self._works = True
        while self._held_back:
            self.push(self._held_back.pop())

    def probe(self) -> bool:
        """Nothing has worked yet: try the part that is farthest off, then the next items, if any are left to try."""
        if self._works or not self._held_back or self._probes == _PROBES:
            return False
        farthest = self._probes == 0
        self._probes += 1
        self._held_back.sort(key=lambda one: (one.fields, -one.offset if farthest else one.size, one.offset))
        self.push(self._held_back.pop(0))
        return True
