"""What other items say in an item's fields: the venue that a calendar embeds in its event, the number of a term's posts.

The event holds which venue it is; what the venue says of itself changes in one place, not in each of its events.
"""

from typing import Any

__all__ = ["without_others"]

_EMBEDDED = frozenset(("venue", "organizer", "image", "images", "categories", "tags", "brands"))
_TERM = frozenset(("name", "slug", "count"))  # as plug-ins list the terms of their taxonomies


def without_others(fields: dict[str, Any]) -> None:
    """Replace each embedded item in `fields` by its id, in place, and drop how often a term is used.

    An embedded item without an id stays as it is.
    """
    if "taxonomy" in fields or fields.keys() >= _TERM:
        fields.pop("count", None)
    for name in _EMBEDDED & fields.keys():
        fields[name] = _ids_of(fields[name])


def _ids_of(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("id") or value
    return [_ids_of(one) for one in value] if isinstance(value, list) and value else value
