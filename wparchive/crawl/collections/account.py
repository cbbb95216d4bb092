"""What became of the lists that a site offers beyond WordPress's own, in one line."""

from collections import Counter
from collections.abc import Iterable

from wparchive.wordpress.collections.offered import TRANSIENT
from wparchive.wordpress.collections.plugins import SEARCH
from wparchive.wordpress.kinds import Collection

__all__ = ["beyond_types"]

# How a reason begins → what it comes to; the first match decides. The whole reasons stand in table `collections`.
_COMES_TO = (
    (("an older version", "its terms are", "its items are those", "it finds what"), "held by other lists"),
    (("refused", "readable only"), "closed"),
    (("it needs", "it takes other"), "in need of parameters"),
    (("its items have no ids", "it lists no objects"), "without ids"),
    (("it is not read by GET", "it is not paginated"), "not read by pages"),
    (("never asked for", "it makes the site ask", "part of"), "not content"),
    ((TRANSIENT,), "failed for now"),
)
_OWN = "/wp/v2/"  # every site has the same of these


def beyond_types(collections: Iterable[Collection]) -> str:
    """Return the line on plug-ins' lists: `7 walked, 12 skipped (6 held by other lists, ...)`; "" if there are none."""
    plain = (one for one in collections if one.kind.plain and one.route != SEARCH)
    found = [one for one in plain if not (one.skipped and one.route.startswith(_OWN))]
    skipped = Counter(_comes_to(one.skipped) for one in found if one.skipped)
    walked = sum(not one.skipped for one in found)
    if not found:
        return ""
    why = ", ".join(f"{count:,} {words}" for words, count in skipped.most_common())
    return f"{walked:,} walked" + (f", {skipped.total():,} skipped ({why})" if skipped else "")


def _comes_to(reason: str) -> str:
    return next((words for starts, words in _COMES_TO if reason.startswith(starts)), "for another reason")
