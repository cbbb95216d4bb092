"""Dates of sitemaps (W3C Datetime) and feeds (RFC 822), and whether a site's `lastmod` tells what was modified."""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["Comparison", "is_later", "moment_of"]

_DAY = re.compile(r"[1-9]\d{3}-\d\d-\d\d")
_LONGEST = 64
# How many items have to be compared, and how many of them may disagree, for a site's `lastmod` to count.
_LEAST, _AGREEING, _EARLIER = 10, 0.8, 0.02


def moment_of(text: str) -> str | None:
    """Return a date as `YYYY-MM-DDTHH:MM:SSZ`, or as a day where it states no time; None for anything else.

    A time without a zone counts as UTC.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    try:
        if _DAY.fullmatch(text):
            datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
            return text
        found = datetime.fromisoformat(text) if text[0].isdigit() and "-" in text[:5] else parsedate_to_datetime(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if found.year > 1000 else None


def is_later(lastmod: str, than: str) -> bool:
    """Whether `lastmod` is later than a UTC time, as exactly as it is stated."""
    return lastmod > than[: len(lastmod)]


@dataclass(slots=True)
class Comparison:
    """How `lastmod` compares with the `modified_gmt` of items that are held: the number that agree, are later, or earlier."""

    agree: int = 0
    later: int = 0
    earlier: int = 0

    def take(self, lastmod: str, modified: str) -> None:
        """Compare one item's dates, both UTC."""
        if is_later(lastmod, modified):
            self.later += 1
        elif lastmod < modified[: len(lastmod)]:
            self.earlier += 1
        else:
            self.agree += 1

    @property
    def reliable(self) -> bool:
        """Whether it may be believed about items that changed since: nearly all agree, and hardly any is too early."""
        compared = self.agree + self.later + self.earlier
        return compared >= _LEAST and self.agree >= _AGREEING * compared and self.earlier <= _EARLIER * compared

    def as_fact(self) -> dict[str, int | bool]:
        """Return it as a fact of the run."""
        return {**asdict(self), "reliable": self.reliable}
