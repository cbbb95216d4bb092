"""Permissions for what is only the owner's, whatever the umask: captures made with credentials, and runs' own files."""

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["own_file", "own_folder"]

_OTHERS = 0o077


def own_folder(path: Path) -> None:
    """Create the folder `path` if needed, and close it and its contents to other users. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close(path)
    for inside in path.iterdir():
        _close(inside)


def own_file(path: Path) -> None:
    """Create the file `path` if needed, empty, and close it to other users. Raises OSError."""
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    _close(path)


def _close(path: Path) -> None:
    mode = path.lstat().st_mode
    if mode & _OTHERS and not path.is_symlink():
        with suppress(PermissionError):  # the file belongs to another user who lets us write to it
            path.chmod(mode & ~_OTHERS & 0o7777)
