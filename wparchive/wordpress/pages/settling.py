"""What is left of differences between items and their pages: what a second reading shows too, and what is one article's alone.

A text that alternates, a counter or a cache that catches up differs only once. What many pages have in common is the doing of a
theme or plug-in. Neither is said of an article.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

from wparchive.wordpress.pages.page_audit import Audited, Standing
from wparchive.wordpress.pages.page_title import Difference

__all__ = ["common_signs", "form_of", "sign_digest", "signs_of", "steady", "without_signs"]

_SAID = frozenset((Standing.DIFFERS, Standing.OLDER))


def steady(first: Audited, second: Audited) -> Audited | None:
    """Return what both readings of a page show of a difference from its item; None if nothing stays."""
    if first.standing not in _SAID or second.standing is not first.standing:
        return None
    if first.version != second.version or first.verdict.kind is not second.verdict.kind:
        return None
    known = {(one.kind, one.sign) for one in first.differences}
    kept = tuple(one for one in second.differences if (one.kind, one.sign) in known)
    return _left(second, kept)


def common_signs(audited: Iterable[Audited]) -> frozenset[str]:
    """Return the signs of what differs on several pages in the same words; that a site isn't available is one."""
    counts = Counter(sign for one in audited if one.standing in _SAID for sign in signs_of(one))
    return frozenset(sign for sign, count in counts.items() if count > 1)


def without_signs(audited: Audited, signs: frozenset[str]) -> Audited | None:
    """Return what differs on a page without what has one of these signs; None if nothing is left."""
    if not audited.differences:
        return audited if signs.isdisjoint(signs_of(audited)) else None
    return _left(audited, tuple(one for one in audited.differences if _sign(one) not in signs))


def signs_of(audited: Audited) -> set[str]:
    """Return the signs of what differs on a page."""
    return {_sign(one) for one in audited.differences} or {f"{audited.verdict.kind}:"}


def form_of(audited: Audited) -> str:
    """Return in which way a page differs, whatever the words: what a theme does to every article has one form on all pages."""
    return "form: " + " ".join(sorted({str(one.kind) for one in audited.differences}))


def sign_digest(sign: str) -> str:
    """Return what stands for a sign where many are kept: 24 hexadecimal digits."""
    return blake2b(sign.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _sign(one: Difference) -> str:
    return f"{one.kind}: {one.sign}"


def _left(audited: Audited, kept: tuple[Difference, ...]) -> Audited | None:
    if len(kept) == len(audited.differences):
        return audited
    return replace(audited, differences=kept) if kept else None
