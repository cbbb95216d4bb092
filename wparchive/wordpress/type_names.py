"""A unique name for each type of item of a site: WordPress allows a post type and a taxonomy with the same slug.

Where a slug alone would be ambiguous, or equals one of our own names, it gets a prefix: `taxonomy:book` beside the post
type `book`, `post_type:comment` beside comments. Slugs contain no colon, so these names are unique.
"""

from collections.abc import Collection

__all__ = ["PREFIXES", "UNSHOWN", "is_collection", "qualified", "slug_of"]

_OURS = frozenset({"attachment", "comment", "user", "revision"})
PREFIXES = {"posts": "post_type:", "terms": "taxonomy:"}
"""The prefix of an ambiguous slug, by the table of its items."""
UNSHOWN = frozenset(
    ("nav_menu_item", "wp_block", "wp_global_styles", "wp_navigation", "wp_template", "wp_template_part")
)
"""Core's own types that the API lists and no reader is shown as an article."""


def qualified(kind: str, table: str, post_types: Collection[str]) -> str:
    """Return the name of the type `kind`, with items in `table`, on a site with these post types (slugs)."""
    slug = slug_of(kind)
    taken = slug in _OURS or (table == "terms" and slug in post_types)
    return f"{PREFIXES[table]}{slug}" if taken and table in PREFIXES else slug


def slug_of(kind: str) -> str:
    """Return the slug of a type or taxonomy, with or without a prefix."""
    return kind.removeprefix("post_type:").removeprefix("taxonomy:")


def is_collection(entry: object) -> bool:
    """Return whether an entry of the fact `collections` is well formed; an archive may come from anywhere."""
    if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str | None) for name in ("title", "skipped")):
        return False
    return all(isinstance(word := entry.get(name), str) and word for name in ("route", "type", "table"))
