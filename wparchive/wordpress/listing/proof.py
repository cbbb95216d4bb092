"""What a listing can claim: how it ended, what is held, and every gap."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from wparchive.wordpress.listing.idranges import ranges, spelled

__all__ = ["NOT_ASKED", "Gap", "ListingOutcome", "Proof"]

NOT_ASKED = "not asked"  # prefix of the reason of a listing that the run had no time for


class ListingOutcome(StrEnum):
    """How a listing ended."""

    COMPLETE = "complete"
    CHANGED = "changed"
    SHORT = "short"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in a listing: 1-based positions in id order, both ends included. `last` is None when the end is unknown."""

    first: int
    last: int | None
    reason: str

    @staticmethod
    def merged(gaps: Iterable["Gap"]) -> tuple["Gap", ...]:
        """Return the gaps sorted and without overlaps; adjacent gaps with the same reason become one."""
        whole: list[Gap] = []
        for gap in sorted(gaps, key=lambda one: one.first):
            before = whole[-1] if whole else Gap(0, 0, "")
            if before.last is None or (gap.last is not None and gap.last <= before.last):
                continue
            if whole and gap.reason == before.reason and gap.first <= before.last + 1:
                whole[-1] = Gap(before.first, gap.last, gap.reason)
            else:
                whole.append(Gap(max(gap.first, before.last + 1), gap.last, gap.reason))
        return tuple(whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a listing can claim.

    `verified` means that every page stated a total and that the totals agree with what was read.

    For a list of several `pages`, this does not exclude that rows came while others went: see `unsure`. `ids` are the
    items held, as numbers, or as slugs where the list is one document.
    """

    route: str
    type: str
    stated: int | None
    held: int
    withheld: int
    pages: int
    outcome: ListingOutcome
    verified: bool
    gaps: tuple[Gap, ...]
    capture: str | None
    reason: str = ""
    ids: Collection[int | str] = field(default=(), repr=False, compare=False)

    @property
    def unasked(self) -> bool:
        """Whether the run ended before this listing was requested; that says nothing about the site."""
        return self.reason.startswith(NOT_ASKED)

    def against(self, reason: str) -> "Proof":
        """Return the claim reduced by evidence outside the listing: `reason` becomes a gap."""
        complete = self.outcome is ListingOutcome.COMPLETE
        outcome = ListingOutcome.SHORT if complete else self.outcome
        gaps = (*self.gaps, Gap(1, None, reason))
        return replace(self, outcome=outcome, verified=False, withheld=0, gaps=Gap.merged(gaps))

    @property
    def is_of_one_moment(self) -> bool:
        """Whether one page showed everything, so that no row can have come or gone unseen."""
        return self.pages <= 1

    def unsure(self, reason: str) -> "Proof":
        """Return the claim as complete but not verified, if there is a `reason` against verifying it."""
        complete = self.outcome is ListingOutcome.COMPLETE
        return replace(self, verified=False, reason=self._with(reason)) if complete and reason else self

    def _with(self, reason: str) -> str:
        return f"{reason}; {self.reason}" if self.reason else reason

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, without the ids."""
        named = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "ids"}
        return named | {"gaps": [asdict(gap) for gap in self.gaps]}

    def as_fact(self, how: str) -> dict[str, Any]:
        """Return the record of a proof made by a walk called `how`, ids included, so that rows can be compared with it."""
        slugs = sorted(one for one in self.ids if isinstance(one, str))
        ids = spelled(ranges(one for one in self.ids if isinstance(one, int)))
        return self.as_dict() | {"how": how, "ids": ids} | ({"slugs": slugs} if slugs else {})
