"""What an item says, as a page of it would: its title and the passages of its content that every rendering shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.changes.own_url import own_of
from wparchive.wordpress.languages.fields import language_of
from wparchive.wordpress.pages.page_text import PageText, Passage, read_page
from wparchive.wordpress.pages.page_words import parts_of, shortcodes, words_of
from wparchive.wordpress.pages.visibility import Sight, is_foreign
from wparchive.wordpress.text import plain
from wparchive.wordpress.values import mapping, text_of

__all__ = ["Article", "article_of", "is_own_passage"]

_NEXT_PAGE = "<!--nextpage-->"


@dataclass(frozen=True)
class Article:
    """What an item says: its title (plain text), the HTML of its first page without noise, and whether a password hides it.

    `paged` says that the rest of it stands on further pages. `language` is the code that it states; "" if it states none.
    """

    title: str
    html: str
    protected: bool = False
    paged: bool = False
    wp_id: int | None = None
    link: str = ""
    language: str = ""

    @cached_property
    def passages(self) -> list[str]:
        """The passages that must be seen, cut where a shortcode stands."""
        page = read_page(self.html)
        own = (one.text for one in page.passages if is_own_passage(page, one))
        return [part for text in own for part in parts_of(text) if words_of(part)]

    @cached_property
    def unsure(self) -> bool:
        """Whether something stands in its page whose words aren't known: shortcodes."""
        return shortcodes(self.html)


def article_of(item: Mapping[str, Any], noise: Noise) -> Article:
    """Return what `item`, as WordPress sent it, says without `noise`."""
    content = item.get("content")
    html, next_page, _ = text_of(content).partition(_NEXT_PAGE)
    number, link = item.get("id"), item.get("link")
    return Article(
        title=plain(text_of(item.get("title"))),
        html=noise.denoised(html, own_of(item)),
        protected=bool(mapping(content).get("protected")),
        paged=bool(next_page),
        wp_id=number if isinstance(number, int) else None,
        link=link if isinstance(link, str) else "",
        language=language_of(item),
    )


def is_own_passage(page: PageText, passage: Passage, container: int = 0) -> bool:
    """Return whether a passage is shown and stands in nothing, within `container`, that is made anew for each page."""
    return passage.sight is Sight.SHOWN and not any(
        is_foreign(name) for place in _within(page, passage.place, container) for name in page.nodes[place].names
    )


def _within(page: PageText, place: int, container: int) -> Iterator[int]:
    for one in page.above(place):
        if one == container:
            return
        yield one
