"""What is left of differences between items and their pages: what a second reading shows too, and what is one article's alone.

A text that alternates, a counter or a cache that catches up differs only once. What several pages have in common is the doing of
a theme or plug-in. Neither is said of an article.

How many are several depends on what they have in common. That two show the same words beside their own texts, or leave the same
words out, is enough: advertisements and boxes do so, editors hardly. But an editor corrects the same passage in two articles, and
then the old words are gone and others stand there. That is the site's doing only from three articles on.
"""

from dataclasses import replace
from hashlib import blake2b

from wparchive.wordpress.pages.page_audit import DOUBTFUL, Audited
from wparchive.wordpress.pages.page_title import Difference, Kind

__all__ = ["is_common", "replacing", "sign_digest", "signs_of", "steady", "way_of", "without_signs"]

_MANY, _SEVERAL = 3, 2


def steady(first: Audited, second: Audited) -> Audited | None:
    """Return what both readings of a page show of a difference from its item; None if nothing stays."""
    if first.standing not in DOUBTFUL or second.standing is not first.standing:
        return None
    if first.version != second.version or first.verdict.kind is not second.verdict.kind:
        return None
    known = {(one.kind, one.sign) for one in first.differences}
    kept = tuple(one for one in second.differences if (one.kind, one.sign) in known)
    return _left(second, kept)


def without_signs(audited: Audited, signs: frozenset[str]) -> Audited | None:
    """Return what differs on a page without what has one of these signs; None if nothing is left."""
    if not audited.differences:
        return audited if signs.isdisjoint(signs_of(audited)) else None
    return _left(audited, tuple(one for one in audited.differences if _sign(one) not in signs))


def signs_of(audited: Audited) -> set[str]:
    """Return the signs of what differs on a page."""
    return {_sign(one) for one in audited.differences} or {f"{audited.verdict.kind}:"}


def replacing(audited: Audited) -> set[str]:
    """Return those of the signs that are of words in place of others: what the item says is gone, and something else shown."""
    kinds = {one.kind for one in audited.differences}
    instead = {Kind.TITLE} | ({Kind.MISSING, Kind.ADDED} if {Kind.MISSING, Kind.ADDED} <= kinds else set())
    return {_sign(one) for one in audited.differences if one.kind in instead or _has_both(one)}


def is_common(articles: int, replaced: int) -> bool:
    """Return whether what the pages of so many articles show is the site's doing; on `replaced` of them it replaces something."""
    return articles >= _MANY or (articles >= _SEVERAL and replaced < articles)


def way_of(audited: Audited) -> str:
    """Return in which way a page differs, whatever the words: a theme does to all articles the same."""
    return "way: " + " ".join(sorted({str(one.kind) for one in audited.differences}))


def sign_digest(sign: str) -> str:
    """Return what stands for a sign where many are kept: 24 hexadecimal digits."""
    return blake2b(sign.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _has_both(one: Difference) -> bool:
    gone, _, come = one.sign.partition(" > ")
    return one.kind is Kind.CHANGED and bool(gone.strip(" >") and come.strip())


def _sign(one: Difference) -> str:
    return f"{one.kind}: {one.sign}"


def _left(audited: Audited, kept: tuple[Difference, ...]) -> Audited | None:
    if len(kept) == len(audited.differences):
        return audited
    return replace(audited, differences=kept) if kept else None
