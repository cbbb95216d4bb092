"""One name for each type of item of a site: WordPress lets a post type and a taxonomy have the same slug.

Where a slug alone would name two types, or one of our own words, it is spelled with what it is: `taxonomy:book` beside the
post type `book`, `post_type:comment` beside comments. Slugs have no colon, so nothing else is ever called that.
"""

from collections.abc import Collection

__all__ = ["PREFIXES", "is_collection", "qualified", "slug_of"]

_OURS = frozenset({"attachment", "comment", "user", "revision"})
PREFIXES = {"posts": "post_type:", "terms": "taxonomy:"}
"""What a slug is spelled with that alone would name two types, by the table of its items."""


def qualified(kind: str, table: str, post_types: Collection[str]) -> str:
    """What the type `kind`, of items in `table`, is called on a site with these post types (slugs)."""
    slug = slug_of(kind)
    taken = slug in _OURS or (table == "terms" and slug in post_types)
    return f"{PREFIXES[table]}{slug}" if taken and table in PREFIXES else slug


def slug_of(kind: str) -> str:
    """The slug of a type or taxonomy, whichever way it is called."""
    return kind.removeprefix("post_type:").removeprefix("taxonomy:")


def is_collection(entry: object) -> bool:
    """Whether an entry of the fact `collections` names one: an archive can come from anywhere."""
    if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str | None) for name in ("title", "skipped")):
        return False
    return all(isinstance(word := entry.get(name), str) and word for name in ("route", "type", "table"))
