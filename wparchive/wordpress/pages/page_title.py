"""Whether a page is headed by its item's title, and what a difference between the two is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wparchive.wordpress.pages.page_text import PageText
from wparchive.wordpress.pages.page_words import Stream, words_of
from wparchive.wordpress.prose import Row, text_diff

__all__ = ["Difference", "Kind", "compare_title"]


class Kind(StrEnum):
    """How a passage differs."""

    MISSING = "missing"  # the API has it, the page doesn't
    ADDED = "added"  # the page shows it within the article, the API hasn't got it
    CHANGED = "changed"  # other words stand in its place
    TITLE = "title"  # the heading of the article is another one


@dataclass(frozen=True, slots=True)
class Difference:
    """One passage that differs; `sign` is what differs, in the form in which words are compared."""

    kind: Kind
    row: Row
    sign: str


_NAMED = frozenset(("entry-title", "post-title", "wp-block-post-title", "article-title", "headline", "page-title"))
_FEWEST = 2  # words


def compare_title(title: str, page: PageText, seen: Sequence[Stream]) -> tuple[bool | None, tuple[Difference, ...]]:
    """Return whether the page shows or names `title` (None if that can't be told), and the difference if it shows another one.

    `seen` is what the page shows. A page may leave its title out, or name it only in its head: that is no difference.
    """
    wanted = words_of(title)
    if not wanted:
        return None, ()
    heads = Stream([page.title, *page.metas("og:title", "twitter:title"), *(text for text, _ in page.headings)])
    if heads.has(wanted) or any(stream.has(wanted) for stream in seen):
        return True, ()
    named = [text for text, place in page.headings if _is_title(page, place)]
    if len(named) != 1 or len(words_of(named[0])) < _FEWEST:
        return None, ()
    rows = text_diff(title, named[0])
    sign = f"{' '.join(wanted)} > {' '.join(words_of(named[0]))}"
    return False, tuple(Difference(Kind.TITLE, row, sign) for row in rows[:1])


def _is_title(page: PageText, place: int) -> bool:
    return page.nodes[place].prop == "headline" or not _NAMED.isdisjoint(page.nodes[place].names)
