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
_TORN = 40  # longer than any entity


@lru_cache(maxsize=4)
def is_derived(excerpt: str, content: str) -> bool:
    """Whether the HTML `excerpt` only repeats the beginning of the HTML `content`."""
    words = plain(excerpt).split()
    cut = bool(words) and words[-1].endswith(_MORE)
    if cut:
        rest = words.pop().rstrip("[].…")
        words += [rest] if rest else []
    if not words:
        return False
    # Most are the very first words of the content: to see that, its beginning is enough, but for what was cut in two.
    if cut and plain(content[: 600 + 2 * len(excerpt)])[:-_TORN].startswith(" ".join(words)):
        return True
    whole = plain(content)
    if not cut and len(words) < _LEAST_SHARE * (whole.count(" ") + bool(whole)):
        return False
    left = iter(whole.split())
    # Languages that are written without spaces are cut in the midst of what counts as a word here.
    return all(word in left for word in words[:-1]) and any(one.startswith(words[-1]) for one in left)
