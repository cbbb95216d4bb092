"""The seals of an archive as flat files: what an auditor needs beside the WARCs, and nothing that is for its owner alone."""

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["evidence_of"]

_KEPT_BACK = frozenset({"settings.toml", "private"})  # what `seal` was told, and the lines that are hidden in the log
_MADE_ANEW = ".new"  # a seal that is just being made
_UNNAMEABLE = re.compile(r"[^\w.-]+")


def evidence_of(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name, file) of each publishable file of the seals of the archive at `root`, in order; none where it has none.

    `log` becomes log.txt, `000042/checkpoint` 000042-checkpoint.txt: one folder, since validators look no deeper.
    """
    taken: set[str] = set()
    for path in _below(root / "seals"):
        parts = path.relative_to(root / "seals").parts
        name = _UNNAMEABLE.sub("-", "-".join(parts))
        name = name if "." in parts[-1] else f"{name}.txt"
        while name.lower() in taken:
            name = f"other-{name}"
        taken.add(name.lower())
        yield name, path


def _below(folder: Path) -> Iterator[Path]:
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name.startswith(".") or path.name in _KEPT_BACK or path.name.endswith(_MADE_ANEW):
            continue
        if path.is_dir():
            yield from _below(path)
        elif path.is_file():
            yield path
