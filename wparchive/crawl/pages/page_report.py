"""What became of the pages of a run, and of the files that they are shown with."""

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["PageReport"]


@dataclass(slots=True)
class PageReport:
    """A run's account of its pages.

    `pages` and `requisites` count outcomes: fetched, same (as it was), answered (a 404 or its like), refused (by the
    guard or robots.txt), failed, limited (one file too many of a host or page). `asked` counts the pages that were
    requested, `left` those that a later run makes up for, `doubtful` those that it looks at again.
    """

    pages: Counter[str] = field(default_factory=Counter)
    requisites: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    doubtful: int = 0
    left: int = 0

    @property
    def line(self) -> str:
        """What people are told, in one line; "" if there is nothing to tell."""
        parts = [_counted(self.pages)] if self.pages else []
        if self.requisites:
            parts.append(f"files to show them: {_counted(self.requisites)}")
        if self.doubtful:
            parts.append(f"{self.doubtful:,} may show something else than the API says: the next run looks again")
        if self.left:
            parts.append(f"{self.left:,} more pages are left for later runs")
        return "; ".join(parts)

    def as_fact(self) -> dict[str, object]:
        """Return the account as JSON."""
        return {"pages": dict(self.pages), "requisites": dict(self.requisites), "left": self.left}


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
