"""What a run's captures show of a list: how many items it states, and how many of its pages are among them.

Pages add up only along one way through the list: of one size, in one order.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from wparchive.intake.shelf import Row
from wparchive.wordpress.values import integer

__all__ = ["Coverage"]

_WAY = ("per_page", "order", "orderby")


@dataclass(slots=True)
class Way:
    """One way through a list: how many pages it has, and which were captured."""

    pages: int | None = None
    seen: set[int] = field(default_factory=set)

    @property
    def captured(self) -> int:
        """How many of its pages were captured."""
        return sum(1 for page in self.seen if self.pages is None or page <= self.pages)

    @property
    def rank(self) -> tuple[float, int]:
        """The way that shows most of the list counts."""
        return self.captured / self.pages if self.pages else 0.0, self.captured


@dataclass(slots=True)
class Coverage:
    """What a run's captures show of one list: never that there was nothing else."""

    route: str
    type: str
    stated: int | None = None
    first_at: str = ""
    last_at: str = ""
    capture: str = ""
    ways: dict[tuple[str, ...], Way] = field(default_factory=lambda: defaultdict(Way))

    def take(self, row: Row) -> None:
        """Add a capture of the whole list; it is `blank` if there is no item on it, or nobody knows, and may be `cut`."""
        self.first_at, self.last_at = self.first_at or row["at"], row["at"]
        if not self.capture or (row["stated"] or -1) > (self.stated or -1):
            self.stated, self.capture = row["stated"], row["id"]
        asked, page = _place_of(row["route"])
        way = self.ways[asked]
        way.pages = max(filter(None, (way.pages, row["pages"])), default=None)
        # A page that was cut isn't all there; what shows nothing, though there is something, is an error.
        if page and not row["cut"] and (not row["blank"] or not row["stated"]):
            way.seen.add(page)

    @property
    def fact(self) -> dict[str, object]:
        """The fact `coverage:ROUTE`."""
        named = {name: getattr(self, name) for name in ("route", "type", "stated", "first_at", "last_at", "capture")}
        way = max(self.ways.values(), key=lambda one: one.rank, default=Way())
        return {**named, "pages": way.pages, "pages_seen": way.captured}


def _place_of(route: str) -> tuple[tuple[str, ...], int]:
    """Return which way through a list a canonical route follows, and which page it is on it; 0 if it begins within one."""
    asked = dict(parse_qsl(route.partition("?")[2], keep_blank_values=True))
    way = tuple(asked.get(name, "") for name in _WAY)
    if "offset" not in asked:
        return way, integer(asked.get("page", "1")) or 1
    offset, size = integer(asked["offset"]), integer(asked.get("per_page", "")) or 0
    return way, (offset // size + 1 if offset is not None and size and offset % size == 0 else 0)
