"""What is shipped beside `archive.db` for Datasette: labels, facets, order, descriptions and ready-made queries.

Datasette 0.65 reads all of it from its metadata; 1.0 takes what is no description from its configuration. Both files are
JSON, which is YAML too.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from wparchive.index.descriptions import TABLES_SAY, describe
from wparchive.index.schema import TABLES
from wparchive.store.modes import own_file

__all__ = ["QUERIES", "config_of", "metadata_of", "write_beside"]

_FACETS: Mapping[str, list[str]] = {
    "posts": ["site", "type", "gone"],
    "captures": ["site", "kind", "status"],
    "observations": ["change", "site", "type"],
    "copied": ["site", "other_site", "kind"],
    "media_files": ["role", "problem"],
    "links": ["outcome", "relation"],
    "inventory": ["site", "source"],
    "inventory_documents": ["site", "form"],
}
_LABELS: Mapping[str, str] = {
    **dict.fromkeys(("posts", "media", "items", "captures", "observations", "copied"), "title"),
    **dict.fromkeys(("terms", "users", "sites"), "name"),
    "comments": "author_name",
}
_NEWEST: Mapping[str, str] = {
    "posts": "date_gmt",
    "comments": "date_gmt",
    "media": "date_gmt",
    "captures": "captured_at",
    "observations": "observed_at",
    "copied": "observed_at",
    "runs": "started_at",
}
_NOTES = ("_sqlite_migrations",)  # of sqlite-utils; no table of ours
QUERIES: Mapping[str, tuple[str, str]] = {
    "silent_edits": (
        "Articles whose text changed while their modified date stayed the same",
        "SELECT observed_at, site, title, summary, item, before, after, confirmed FROM observations "
        "WHERE change = 'silently_edited' ORDER BY observed_at DESC",
    ),
    "vanished_articles": (
        "What sites no longer show, with the answer that proves it",
        "SELECT * FROM vanished",
    ),
    "texts_that_stood_elsewhere": (
        "New texts that stand on another site which held them before; it doesn't say who took it from whom",
        "SELECT o.observed_at, o.title, o.kind, o.share, o.item, o.other, o.other_seen_at, o.others, c.kind AS by_now, c.sites, "
        "o.before, o.after FROM copied o LEFT JOIN clusters c ON c.item = o.item ORDER BY o.observed_at DESC",
    ),
    "gaps_that_stand": (
        "What the last run of each site could not reach",
        "SELECT g.* FROM gaps g JOIN sites s ON s.last_run = g.run ORDER BY g.site, g.route",
    ),
    "hotlinked_hosts": (
        "Hosts whose files are shown by other sites",
        "SELECT host, site, count(*) AS files, count(DISTINCT item) AS articles FROM outbound WHERE hotlink = 1 "
        "GROUP BY host, site ORDER BY files DESC",
    ),
    "same_picture_two_sites": (
        "Files that stand on more than one site",
        "SELECT * FROM same_picture WHERE sites > 1",
    ),
    "pages_in_no_list": (
        "Pages that sitemaps and feeds name, and no list of the REST API",
        "SELECT * FROM uncovered ORDER BY lastmod DESC, url",
    ),
    "links_unaccounted": (
        "Entries of _links that could not be followed",
        "SELECT site, relation, outcome, count(*) AS links FROM links WHERE outcome IN ('missing', 'failed') "
        "GROUP BY site, relation, outcome ORDER BY links DESC",
    ),
    "corrections_after_silence": (
        "Open edits of articles that had changed silently before",
        "SELECT o.observed_at, o.site, o.title, o.summary, o.item, o.after FROM observations o "
        "WHERE o.change = 'edited' AND EXISTS (SELECT 1 FROM observations s WHERE s.item = o.item "
        "AND s.change = 'silently_edited' AND s.observed_at < o.observed_at) "
        "ORDER BY o.observed_at DESC",
    ),
}
"""Ready-made queries: name → title and SQL."""


def _shown(name: str) -> dict[str, Any]:
    """Return how Datasette shows a table: facets, label, order; our own notes are hidden."""
    return {
        **({"facets": _FACETS[name]} if name in _FACETS else {}),
        **({"label_column": _LABELS[name]} if name in _LABELS else {}),
        **({"sort_desc": _NEWEST[name]} if name in _NEWEST else {}),
        **({"hidden": True} if name.startswith("_") else {}),
    }


def _described(name: str) -> dict[str, Any]:
    if name not in TABLES:
        return {}
    table = TABLES[name]
    columns = [*table.columns, *(column.name for column in table.generated)]
    texts = {column: text for column, text in describe(name, columns).items() if text}
    return {"description": TABLES_SAY[name], "columns": texts} if name in TABLES_SAY else {}


def metadata_of(database: str) -> dict[str, Any]:
    """Return Datasette's metadata for a database of that name: all of it for 0.65, the descriptions for 1.0."""
    tables = {name: {**_described(name), **_shown(name)} for name in (*TABLES, *_NOTES)}
    return {"title": "Archive of WordPress sites", "databases": {database: {"tables": tables, "queries": _queries()}}}


def config_of(database: str) -> dict[str, Any]:
    """Return what Datasette 1.0 takes from its configuration."""
    tables = {name: _shown(name) for name in (*TABLES, *_NOTES)}
    return {"databases": {database: {"tables": tables, "queries": _queries()}}}


def _queries() -> dict[str, Any]:
    return {name: {"title": title, "sql": sql} for name, (title, sql) in QUERIES.items()}


def write_beside(database: Path, *, private: bool = False) -> None:
    """Write both files beside a database, where `datasette FOLDER` finds them; what can't be written is no loss.

    With `private`, other users have no access, as to the database itself.
    """
    for name, value in (("metadata.yaml", metadata_of(database.stem)), ("datasette.yaml", config_of(database.stem))):
        text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
        path = database.with_name(name)
        with suppress(OSError):
            if private:
                own_file(path)
            if not path.exists() or path.read_text("utf-8", "replace") != text:
                path.write_text(text, "utf-8")
