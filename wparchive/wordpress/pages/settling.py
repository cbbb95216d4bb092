"""What is left of differences between items and their pages: what a second reading shows too, and what is one article's alone.

A text that alternates, a counter or a cache that catches up differs only once. What many pages have in common is the doing of a
theme or plug-in. Neither is said of an article.
"""

from dataclasses import replace
from hashlib import blake2b

from wparchive.wordpress.pages.page_audit import DOUBTFUL, Audited
from wparchive.wordpress.pages.page_title import Difference

__all__ = ["sign_digest", "signs_of", "steady", "way_of", "without_signs"]


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


def way_of(audited: Audited) -> str:
    """Return in which way a page differs, whatever the words: a theme does to all articles the same."""
    return "way: " + " ".join(sorted({str(one.kind) for one in audited.differences}))


def sign_digest(sign: str) -> str:
    """Return what stands for a sign where many are kept: 24 hexadecimal digits."""
    return blake2b(sign.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _sign(one: Difference) -> str:
    return f"{one.kind}: {one.sign}"


def _left(audited: Audited, kept: tuple[Difference, ...]) -> Audited | None:
    if len(kept) == len(audited.differences):
        return audited
    return replace(audited, differences=kept) if kept else None
