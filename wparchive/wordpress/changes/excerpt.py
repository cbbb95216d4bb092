"""Distinguishes an excerpt that WordPress derived from the content from one that a person wrote.

Core derives the missing excerpt of a post, and the missing caption of an attachment, from the filtered content: some
blocks omitted, tags stripped, cut at 55 words (`wp_trim_excerpt`, `wp_trim_words`). Text that plug-ins inject into the
content appears there without its markup, so it cannot be recognised as noise. A derived excerpt adds nothing to the
content.
"""

from functools import lru_cache

from wparchive.wordpress.text import plain

__all__ = ["is_derived"]

_MORE = ("[…]", "…", "...", "[...]")
_LEAST_SHARE = 0.5  # an uncut excerpt contains at least this share of the words; core omits some blocks


@lru_cache(maxsize=4)
def is_derived(excerpt: str, *contents: str) -> bool:
    """Return whether the HTML `excerpt` only repeats the beginning of one of the `contents` (HTML)."""
    words = plain(excerpt).split()
    cut = bool(words) and words[-1].endswith(_MORE)
    if cut:
        rest = words.pop().rstrip("[].…")
        words += [rest] if rest else []
    if not words:
        return False
    # Most are exactly the first words of the content.
    if cut and any(plain(content).startswith(" ".join(words)) for content in contents):
        return True
    return any(_holds(plain(content), words, cut=cut) for content in contents)


def _holds(whole: str, words: list[str], *, cut: bool) -> bool:
    """Return whether `whole` contains `words` in this order, and not much more unless they were `cut` off."""
    if not cut and len(words) < _LEAST_SHARE * (whole.count(" ") + bool(whole)):
        return False
    left = iter(whole.split())
    # Languages without spaces between words are cut in the middle of what counts as a word here.
    return all(word in left for word in words[:-1]) and any(one.startswith(words[-1]) for one in left)
