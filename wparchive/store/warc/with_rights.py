"""What an import of another tool's files said of earlier ones: that captures in them were made with rights, and aren't public."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from wparchive.store.warc.names import is_import
from wparchive.store.warc.reader import ResourceRecord, StoredExchange, exchanges

__all__ = ["shown_with_rights"]


def shown_with_rights(private: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield file (relative to the site's folder) and id of the captures that these private WARCs say were made with rights."""
    for path in private:
        if is_import(path):
            stat = path.stat()
            yield from _said_in(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1024)  # asked for often; size and time make the cache notice a change
def _said_in(path: Path, _size: int, _changed: int) -> tuple[tuple[str, str], ...]:
    for entry in exchanges(path):
        if isinstance(entry, ResourceRecord) and entry.name == "start":
            return tuple(_pairs(entry.value))
        if isinstance(entry, StoredExchange):
            break
    return ()


def _pairs(value: object) -> Iterator[tuple[str, str]]:
    # An archive may come from a stranger, so this may be anything.
    said = value.get("with_rights") if isinstance(value, dict) else None
    for one in said if isinstance(said, list) else ():
        match one:
            case [str(file), str(capture)]:
                yield file, capture
