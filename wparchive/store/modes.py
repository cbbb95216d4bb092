"""What is the owner's alone, whatever the umask: captures made with credentials, and what a run keeps for itself."""

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["own_file", "own_folder"]

_OTHERS = 0o077


def own_folder(path: Path) -> None:
    """Make the folder `path` if need be, and close it and what lies in it to others. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close(path)
    for inside in path.iterdir():
        _close(inside)


def own_file(path: Path) -> None:
    """Make the file `path` if need be, empty, and close it to others. Raises OSError."""
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    _close(path)


def _close(path: Path) -> None:
    mode = path.lstat().st_mode
    if mode & _OTHERS and not path.is_symlink():
        with suppress(PermissionError):  # another user's, who has let us write to it
            path.chmod(mode & ~_OTHERS & 0o7777)
