"""What became of a run's sitemaps and feeds, for people and for the run's facts."""

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["MOST_COUNTED", "InventoryReport", "uncovered_words"]

MOST_COUNTED = 500_000
"""How many URLs are told apart, which takes memory."""


@dataclass(slots=True)
class InventoryReport:
    """A run's account of its sitemaps and feeds.

    `outcomes` counts documents: read (anew), part (read, but not whole), same (as held), rests (not asked for), waits (not
    asked for either, though it left a gap), answered (none there, or refused), failed. `urls` counts the pages that those
    that were read name, each once whatever names it, `elsewhere` the sitemaps on hosts that aren't the site's. `uncovered`
    counts the URLs that no item of the REST API has, but for those at which the site says that there is no page; None if
    they were not counted.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    urls: int = 0
    elsewhere: int = 0
    uncovered: int | None = None

    @property
    def line(self) -> str:
        """What people are told, in one line; "" if nothing was asked for."""
        if not self.outcomes:
            return ""
        words = {
            "read": "read",
            "part": "not read whole",
            "same": "unchanged",
            "rests": "not due yet",
            "waits": "that could not be read before wait their turn",
            "failed": "failed",
        }
        counts = [f"{self.outcomes[name]:,} {word}" for name, word in words.items() if self.outcomes[name]]
        parts = [", ".join(counts) or "none found"]
        if self.outcomes["read"] or self.urls:
            parts.append(f"{_number(self.urls)} URLs in what was read")
        if self.uncovered:
            parts.append(uncovered_words(self.uncovered))
        return "; ".join(parts)

    def as_fact(self) -> dict[str, object]:
        """Return the account as JSON."""
        return {
            "documents": dict(self.outcomes),
            "urls": self.urls,
            "elsewhere": self.elsewhere,
            "uncovered": self.uncovered,
        }


def uncovered_words(count: int) -> str:
    """Return in words that so many URLs are uncovered."""
    return f"{_number(count)} of the site's URLs {'is' if count == 1 else 'are'} in no list of the REST API (view uncovered)"


def _number(count: int) -> str:
    return f"more than {count:,}" if count >= MOST_COUNTED else f"{count:,}"
