"""Telling an excerpt that WordPress cut from the content from one that somebody wrote.

Core makes the missing excerpt of a post, and the missing caption of an attachment, from the filtered content: some blocks
left out, tags stripped, cut at 55 words (`wp_trim_excerpt`, `wp_trim_words`). What plug-ins inject into the content
stands there as bare text, where no class marks it any more; so such an excerpt says nothing that the content doesn't.
"""

from functools import lru_cache

from wparchive.wordpress.text import plain

__all__ = ["is_derived"]

_MORE = ("[…]", "…", "...", "[...]")
_LEAST_SHARE = 0.5  # an excerpt that isn't cut off holds the content but for the blocks that core leaves out


@lru_cache(maxsize=4)
def is_derived(excerpt: str, *contents: str) -> bool:
    """Whether the HTML `excerpt` only repeats the beginning of any of the `contents`, HTML too."""
    words = plain(excerpt).split()
    cut = bool(words) and words[-1].endswith(_MORE)
    if cut:
        rest = words.pop().rstrip("[].…")
        words += [rest] if rest else []
    if not words:
        return False
    # Most are the very first words of the content.
    if cut and any(plain(content).startswith(" ".join(words)) for content in contents):
        return True
    return any(_holds(plain(content), words, cut=cut) for content in contents)


def _holds(whole: str, words: list[str], *, cut: bool) -> bool:
    """Whether the text `whole` has `words` in this order, and not much more unless they were `cut` off."""
    if not cut and len(words) < _LEAST_SHARE * (whole.count(" ") + bool(whole)):
        return False
    left = iter(whole.split())
    # Languages that are written without spaces are cut in the midst of what counts as a word here.
    return all(word in left for word in words[:-1]) and any(one.startswith(words[-1]) for one in left)
