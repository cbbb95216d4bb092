"""Distinguishes an excerpt that WordPress derived from the content from one that a person wrote.

Core derives the missing excerpt of a post, and the missing caption of an attachment, from the filtered content: some
blocks omitted, tags stripped, cut at 55 words (`wp_trim_excerpt`, `wp_trim_words`); themes set the length, and what
stands at the cut. Text that plug-ins inject into the content appears there without its markup, so it cannot be
recognised as noise. A derived excerpt adds nothing to the content: what changes in it is judged by the content alone.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from wparchive.wordpress.changes.places import attributes
from wparchive.wordpress.text import ATTRIBUTES, plain, unescape

__all__ = ["is_derived"]

_MORE = ("[…]", "…", "...", "[...]")
_LEAST_SHARE = 0.5  # an uncut excerpt contains at least this share of the words; core omits some blocks
# Characters of a beginning that some theme cut off without a sign. A shorter one may be a word that a person chose.
_LEAST_LENGTH = 40
_OPENS = re.compile(rf"<a\s{ATTRIBUTES}>")
_CLOSES = re.compile(r"</a>\s*+(?:</[a-z0-9]++>\s*+|(?!))*+")
_NUMBER = re.compile(r"\d[\d.,]*+")


@lru_cache(maxsize=4)
def is_derived(excerpt: str, content: str, denoised: str | None = None, link: str = "") -> bool:
    """Return whether the HTML `excerpt` only repeats the beginning of the `content` (HTML), with or without noise.

    `denoised` is the content without noise, `link` the item's own address: themes end a cut excerpt with a link to it.
    """
    words, cut = _words(excerpt, link)
    if not words:
        return False
    full = plain(content)
    if denoised is None or denoised == content:
        return _repeats(words, full, cut=cut)
    short = plain(denoised)
    return (
        _repeats(words, short, cut=cut)
        or _repeats(words, full, cut=cut)
        or _repeats(*_uncounted(words, full, short), cut=cut)
    )


def _words(excerpt: str, link: str) -> tuple[list[str], bool]:
    """Return the words of an excerpt without what marks a cut at its end, and whether that was there."""
    at = _last_link(excerpt, link) if link else -1
    words = plain(excerpt[:at] if at >= 0 else excerpt).split()
    marked = bool(words) and words[-1].endswith(_MORE)
    if marked:
        rest = words.pop().rstrip("[].…")
        words += [rest] if rest else []
    return words, at >= 0 or marked


def _last_link(excerpt: str, link: str) -> int:
    """Return where the element begins with which the excerpt ends, if it is a link to the item itself; else -1."""
    at, end = excerpt.rfind("<a "), excerpt.rfind("</a>")
    tag = _OPENS.match(excerpt, at) if 0 <= at < end and _CLOSES.fullmatch(excerpt, end) else None
    if tag is None:
        return -1
    aim, own = (url.partition("://")[2] or url for url in (unescape(attributes(tag[0]).get("href", "")), link))
    return at if aim.partition("#")[0] == own else -1


def _repeats(words: Sequence[str], whole: str, *, cut: bool) -> bool:
    """Return whether `whole` begins with `words`, or contains them in this order, and not much more unless they were `cut`."""
    most_of_it = cut or len(words) >= _LEAST_SHARE * (whole.count(" ") + bool(whole))
    if most_of_it or len(" ".join(words)) >= _LEAST_LENGTH:
        # Most are exactly the first words of the content. Otherwise compared without spaces: WordPress strips tags
        # without leaving any, where a reader sees a new line.
        text = "".join(words)
        if whole.startswith(" ".join(words)) or whole[: 2 * len(text)].replace(" ", "").startswith(text):
            return True
    left = iter(whole.split()) if most_of_it else iter(())
    # Languages without spaces between words are cut in the middle of what counts as a word here.
    return all(word in left for word in words[:-1]) and any(one.startswith(words[-1]) for one in left)


def _uncounted(words: Sequence[str], full: str, short: str) -> tuple[list[str], str]:
    """Return both texts with the numbers levelled in what only the noise says: a counter may count on between them."""
    all_words = full.split()
    noise = Counter(all_words) - Counter(short.split())
    said = {word for word in all_words if word not in noise}
    level = [word if word in said else _NUMBER.sub("0", word) for word in words]
    return level, " ".join(_NUMBER.sub("0", word) if word in noise else word for word in all_words)
