"""Which WARCs a seal speaks of, as the archive's log of seals names them: `seals/log`, one JSON object a line.

What is hidden there, because it names private files, stands in `seals/private/entries`.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from wparchive.store.warc.names import lasting_name
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["sealed_among"]

_LOGS = ("log", "private/entries")


def sealed_among(root: Path, warcs: Iterable[Path]) -> list[Path]:
    """Return those of `warcs` that a seal of the archive at `root` names, wherever in it they lie now.

    A WARC's own name says site, time and number, so it is compared alone, but for `private/`. Raises StorageError where
    the log can't be read, which must not pass for no seal.
    """
    names = {name for log in _LOGS for name in _named_in(root / "seals" / log)}
    return [path for path in warcs if lasting_name(path.as_posix()) in names]


def _named_in(log: Path) -> Iterator[str]:
    try:
        with log.open("rb") as lines:
            yield from filter(None, map(_name_in, lines))
    except FileNotFoundError:
        return
    except OSError as error:
        raise storage_error(log, error) from None


def _name_in(line: bytes) -> str:
    """Return the name of the file that a line of the log names; "" when it names none."""
    try:
        entry = json.loads(line[line.find(b"{") :])
    except (ValueError, RecursionError):  # a torn last line
        return ""
    file = entry.get("file") if isinstance(entry, dict) and entry.get("type") == "warc" else None
    return lasting_name(file) if isinstance(file, str) else ""
