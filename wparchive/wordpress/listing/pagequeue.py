"""The pages of a listing that wait to be requested, those in flight, and those held back until a first page succeeds."""

from dataclasses import dataclass, field
from heapq import heappop, heappush

from wparchive.wordpress.listing.pages import Page

__all__ = ["PageQueue"]

_PROBES = 3  # parts tried beyond the first of each size before a listing without any success is given up


@dataclass(slots=True)
class PageQueue:
    """Pages in the order of their positions; `flying` are those requested and not answered yet."""

    flying: set[Page] = field(default_factory=set)
    _waiting: list[Page] = field(default_factory=list)
    _held_back: list[Page] = field(default_factory=list)
    _probes: int = 0
    _works: bool = False

    @property
    def idle(self) -> bool:
        """Whether no page waits or is in flight."""
        return not (self.flying or self._waiting)

    @property
    def stuck(self) -> bool:
        """Whether parts are still held back.

        If the queue is also idle and has no probes left, nothing of the listing works.
        """
        return bool(self._held_back)

    def push(self, page: Page) -> None:
        """Queue `page`."""
        heappush(self._waiting, page)

    def push_part(self, part: Page) -> None:
        """Queue a part of a failing page. Until a page has succeeded, only the first part of each size is queued."""
        if self._works or (self.idle and not part.fields and not self._probes):
            self.push(part)
        else:
            self._held_back.append(part)

    def pop(self) -> Page | None:
        """Return the first waiting page, or None."""
        return heappop(self._waiting) if self._waiting else None

    def clear(self) -> None:
        """Drop all pages, waiting or in flight."""
        self._waiting.clear()
        self.flying.clear()

    def works(self) -> None:
        """Record that a page succeeded: release everything that is held back."""
        self._works = True
        while self._held_back:
            self.push(self._held_back.pop())

    def probe(self) -> bool:
        """Queue a part to try while nothing has succeeded; return False if none is left.

        The farthest part is tried first, then the smallest ones in order: a fault in one place need not affect others.
        """
        if self._works or not self._held_back or self._probes == _PROBES:
            return False
        farthest = self._probes == 0
        self._probes += 1
        self._held_back.sort(key=lambda one: (one.fields, -one.offset if farthest else one.size, one.offset))
        self.push(self._held_back.pop(0))
        return True
