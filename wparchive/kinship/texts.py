"""The text of a version by which it is compared with others."""

from wparchive.kinship.comparison import Text
from wparchive.kinship.unseen import without_unseen
from wparchive.wordpress.text import visible_text

__all__ = ["article_text", "compared"]


def article_text(content: str | None, excerpt: str | None) -> str:
    """Return what a reader sees of an article's HTML: its content, or its excerpt where a site shows nothing else."""
    return visible_text(_html(content, excerpt))


def compared(content: str | None, excerpt: str | None) -> Text:
    """Return the same with what its elements say of it, to be compared with others."""
    html = _html(content, excerpt)
    return Text(visible_text(html), html)


def _html(content: str | None, excerpt: str | None) -> str:
    """The one of the two that shows something; where all of it is hidden, a script shows it."""
    for html in (content, excerpt):
        if html:
            seen = without_unseen(html)
            if visible_text(seen):
                return seen
            if seen is not html and visible_text(html):
                return html
    return ""
