"""What became of the lists that a site offers beyond WordPress's own, in a few words."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from wparchive.wordpress.collections.offered import TRANSIENT
from wparchive.wordpress.collections.plugins import SEARCH

__all__ = ["REFUSED_NOW", "BeyondTypes", "beyond_types"]

REFUSED_NOW = "refused by now"
"""The reason of a list that is walked, and was refused when it was last asked for."""
# How a reason begins → what it comes to; the first match decides. The whole reasons stand in table `collections`.
_COMES_TO = (
    ((REFUSED_NOW,), "refused when last asked for"),
    (
        ("an older version", "the same list as", "its terms are", "its items are those", "it finds what"),
        "held by other lists",
    ),
    (("refused", "readable only"), "closed"),
    (("it needs", "it takes other"), "in need of parameters"),
    (("its items have no",), "without numeric ids"),
    (("it answers with no list",), "no lists"),
    (("it is not read by GET", "it is not paginated"), "not read by pages"),
    (("a list for each item",), "below single items"),
    (("never asked for",), "with possible effects"),
    (("it makes the site ask", "part of"), "not content"),
    ((TRANSIENT,), "failed for now"),
)
_OWN = "/wp/v2/"  # every site has the same of these


@dataclass(frozen=True, slots=True)
class BeyondTypes:
    """How many lists are walked, and how many are skipped for which reason."""

    walked: int
    skipped: Counter[str]

    @property
    def line(self) -> str:
        """What people are told, such as `7 walked, 12 skipped (6 held by other lists, ...)`; "" if there are none."""
        if not self.walked and not self.skipped:
            return ""
        why = ", ".join(f"{count:,} {words}" for words, count in self.skipped.most_common())
        return f"{self.walked:,} walked" + (f", {self.skipped.total():,} skipped ({why})" if self.skipped else "")


def beyond_types(lists: Iterable[tuple[str, str | None]]) -> BeyondTypes:
    """Count plug-ins' lists, each given by its route and by why it is skipped, if it is."""
    found = [(route, why) for route, why in lists if route != SEARCH and not (why and route.startswith(_OWN))]
    return BeyondTypes(sum(not why for _, why in found), Counter(_comes_to(why) for _, why in found if why))


def _comes_to(reason: str) -> str:
    return next((words for starts, words in _COMES_TO if reason.startswith(starts)), "for another reason")
