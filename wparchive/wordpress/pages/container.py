"""Which element of a page holds the article: where most of the item's words stand, or the one that is called so."""

from collections import defaultdict
from collections.abc import Sequence

from wparchive.wordpress.pages.page_text import PageText, Passage
from wparchive.wordpress.pages.page_words import Stream

__all__ = ["container_of", "named_container"]

_NAMED_WORDS = (
    "entry-content post-content wp-block-post-content article-content article-body article__body "
    "article__content post-body td-post-content single-content page-content story-body content-inner "
    "the-content single-post-content elementor-widget-theme-post-content jeg_main_content content-body "
    "post__content entry__content"
)
_NAMED = frozenset(_NAMED_WORDS.split())
_FEWEST = 6  # words by which a place is told
_OCCURRENCES = 4
_MOST_OF = 0.75
_BLOCKS_WORDS = "p li ul ol h1 h2 h3 h4 h5 h6 blockquote td th tr tbody table dd dt dl pre figure figcaption br"
_BLOCKS = frozenset(_BLOCKS_WORDS.split())


def container_of(page: PageText, passages: Sequence[Passage], stream: Stream, wanted: Sequence[Sequence[str]]) -> int:
    """Return the number of the innermost element with most of the words of `wanted` that are in `stream`; 0 if none is told.

    `passages` are those of `stream`.
    """
    weights: dict[int, int] = defaultdict(int)
    total = 0
    for words in wanted:
        if len(words) < _FEWEST:
            continue
        found = {passages[stream.passage(at)].place for at in stream.places(words, _OCCURRENCES)}
        total += len(words) if found else 0
        for above in {one for place in found for one in page.above(place)}:
            weights[above] += len(words)
    chosen = max((place for place, weight in weights.items() if weight >= _MOST_OF * total), default=0)
    return _whole(page, chosen) if chosen else named_container(page)


def named_container(page: PageText) -> int:
    """Return the number of the first element that is called an article's content; 0 without one."""
    return next((at for at in range(1, len(page.nodes)) if _is_named(page, at)), 0)


def _is_named(page: PageText, at: int) -> bool:
    return page.nodes[at].prop == "articlebody" or not _NAMED.isdisjoint(page.nodes[at].names)


def _whole(page: PageText, place: int) -> int:
    """Return the element called content around `place`; else the innermost that is no paragraph."""
    named = next((at for at in page.above(place) if _is_named(page, at)), 0)
    return named or next((at for at in page.above(place) if page.nodes[at].tag not in _BLOCKS), place)
