"""Imports as a test sees them: into an archive, indexed, verified, and read back from it alone."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from wparchive.audit import verify
from wparchive.index import index
from wparchive.intake import ImportResult, import_files
from wparchive.store import Archive, StoredExchange, exchanges

__all__ = ["answers_in", "bodies_in", "changes", "dump", "rows", "take", "unsound"]


def take(root: Path, *paths: Path, fast: bool | None = None, sites: Sequence[str] = ()) -> ImportResult:
    """Import files into the archive at `root`, and index it."""
    archive = Archive(root)
    result = import_files(archive, paths, fast=fast, sites=sites)
    index(archive)
    return result


def rows(root: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of archive.db."""
    with closing(sqlite3.connect(root / "archive.db")) as db:
        return db.execute(query, values).fetchall()


def changes(root: Path) -> list[tuple[int, str]]:
    """What was observed, in order: the item's id and the kind of change."""
    return rows(root, "SELECT wp_id, change FROM observations ORDER BY observed_at, rowid")


def unsound(root: Path) -> list[str]:
    """What `verify` finds."""
    return [f"{one.kind}: {one.message} ({one.warc} {one.offset})" for one in verify(Archive(root))]


def answers_in(root: Path) -> list[StoredExchange]:
    """Every exchange in the WARCs of an archive that were imported, in order."""
    archive = Archive(root)
    paths = [path for site in archive.sites() for path in site.warcs() if path.name.startswith("import-")]
    return [one for path in paths for one in exchanges(path) if isinstance(one, StoredExchange)]


def bodies_in(root: Path) -> set[tuple[str, bytes]]:
    """URL and decoded body of every imported answer."""
    return {(one.capture.url, one.body().data) for one in answers_in(root) if "lost-reference" not in one.capture.flags}


def dump(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table for readers, in order."""
    names = [name for (name,) in rows(root, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    shown = [
        name for name in names if not name.startswith(("_", "sqlite_")) and "_fts" not in name and "grams" not in name
    ]
    return {name: sorted(rows(root, f"SELECT * FROM {name}"), key=repr) for name in shown}
