"""What is shipped about the tables for Datasette: labels, facets, order, descriptions and ready-made queries."""

from typing import Any

__all__ = ["config_of", "metadata_of"]

_FACETS = {
    "posts": ["site", "type", "gone"],
    "captures": ["site", "kind", "status"],
    "observations": ["change", "site", "type"],
    "media_files": ["role", "problem"],
    "links": ["outcome", "relation"],
}
_LABELS = {"posts": "title", "media": "title", "terms": "name", "users": "name", "sites": "name", "items": "title"}
_LABELS |= {"captures": "title"}
_NEWEST = {"posts": "date_gmt", "captures": "captured_at", "observations": "observed_at"}


def _tables() -> dict[str, dict[str, Any]]:
    names = {*_FACETS, *_LABELS, *_NEWEST}
    return {
        name: {
            **({"facets": _FACETS[name]} if name in _FACETS else {}),
            **({"label_column": _LABELS[name]} if name in _LABELS else {}),
            **({"sort_desc": _NEWEST[name]} if name in _NEWEST else {}),
        }
        for name in sorted(names)
    }


def metadata_of(database: str) -> dict[str, Any]:
    """Return Datasette's metadata for an archive's database of that name."""
    return {"title": "wparchive", "databases": {database: {"tables": _tables()}}}


def config_of(database: str) -> dict[str, Any]:
    """Return what Datasette 1.0 takes from its configuration instead."""
    return {"databases": {database: {"tables": _tables()}}}
