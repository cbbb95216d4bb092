"""The text of a version by which it is compared with others."""

from wparchive.wordpress.text import visible_text

__all__ = ["article_text"]


def article_text(content: str | None, excerpt: str | None) -> str:
    """Return what a reader sees of an article's HTML: its content, or its excerpt where a site shows nothing else."""
    return visible_text(content or "") or visible_text(excerpt or "")
