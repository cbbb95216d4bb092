"""Symbolic links in an archive: none is ever followed, since an archive may come from a stranger.

The archive's own folder may be a link: the operator names it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from wparchive.errors import DamagedError

__all__ = ["inside", "links_below", "refuse_links_at"]

# A link in place of one of these is removed, and the database rebuilt from the WARCs.
_REMADE = ("frontier.db", "archive.db")


def links_below(folder: Path) -> Iterator[Path]:
    """Yield every symbolic link in `folder` and below it, in order."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        yield from (path for name in sorted((*folders, *files)) if (path := Path(place, name)).is_symlink())


def refuse_links_at(root: Path, site: Path) -> None:
    """Raise DamagedError when something directly in the archive `root`, or in the folder of `site`, is a link."""
    beside = (Path(entry.path) for entry in os.scandir(root) if entry.is_symlink()) if root.is_dir() else ()
    for link in (*beside, *(() if site in (root, *beside) or site.is_symlink() else links_below(site))):
        if not link.name.startswith(_REMADE):
            raise DamagedError(
                f"{link}: a symbolic link, and nothing in an archive may be one: remove it, or put there what it leads to"
            )


def inside(folder: Path, name: str) -> Path | None:
    """Return the file `name` (as an archive names it) in `folder`; None when it leads out of it, or through a link."""
    parts = name.split("/")
    # An absolute path has an empty first part.
    if "\0" in name or not all(parts) or ".." in parts:
        return None
    path = folder
    for part in parts:
        path = path / part
        if path.is_symlink():
            return None
    return path
