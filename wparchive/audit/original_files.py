"""Compares what was imported with the files that it came from, where somebody still has them."""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from wparchive.audit.finding import Finding, Tally
from wparchive.store import Archive, StoredExchange, exchanges
from wparchive.store.warc.names import is_import

__all__ = ["check_sources"]

_PIECE = 1 << 20
_PLACE = ("source-offset", "source-length")
_MOST = 1 << 27  # bytes of one record


def check_sources(archive: Archive, folder: Path, tally: Tally) -> Iterator[Finding]:
    """Yield each foreign file below `folder` that isn't the one that captures came from, and each record that differs there.

    A file is found by its name; one that isn't there is a note of `tally`. Raises OSError.
    """
    originals = _Originals(folder)
    told: set[tuple[str, str]] = set()
    for stored in _imported(archive):
        meta = stored.metadata
        source, name = meta.get("source", ""), meta.get("source-name", "")
        path = originals.find(name, source)
        if path is None:
            if (source, name) not in told:
                told.add((source, name))
                if changed := originals.named(name):
                    message = f"not as it was when captures were taken from it: its SHA-256 was {source}"
                    yield Finding("source", message, str(changed[0]))
                else:
                    tally.notes.append(f"{name}: not below {folder}, so what came from it isn't compared with it")
        elif _differs(path, meta):
            message = f"the record in {path} that it was taken from isn't at byte {meta.get('source-offset')} there"
            yield Finding("source", message, stored.capture.warc, stored.capture.offset, stored.capture.capture)


def _imported(archive: Archive) -> Iterator[StoredExchange]:
    for path in (path for site in archive.sites() for path in site.warcs() if is_import(path)):
        yield from (entry for entry in exchanges(path) if isinstance(entry, StoredExchange))


def _differs(path: Path, meta: Mapping[str, str]) -> bool:
    """Return whether the bytes at a record's place aren't those that it was made of; False where they were unpacked first."""
    if meta.get("source-coding") or _is_packed(path, meta.get("source-name", "")):
        return False
    offset, length = (int(meta.get(name, "")) if meta.get(name, "").isdecimal() else -1 for name in _PLACE)
    if offset < 0 or not 0 <= length <= _MOST:
        return True
    with path.open("rb") as file:
        file.seek(offset)
        return hashlib.sha256(file.read(length)).hexdigest() != meta.get("source-sha256")


def _is_packed(path: Path, name: str) -> bool:
    """Return whether a WARC in a WACZ was unpacked to be read, so that its places aren't those in the file."""
    inner = name.partition("#")[2]
    if not inner:
        return False
    try:
        with zipfile.ZipFile(path) as package:
            return package.getinfo(inner).compress_type != zipfile.ZIP_STORED
    except (zipfile.BadZipFile, KeyError):
        return True


class _Originals:
    """The files below a folder, by name, with their digests as far as they were asked for."""

    def __init__(self, folder: Path) -> None:
        self._paths: dict[str, list[Path]] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self._paths.setdefault(path.name, []).append(path)
        self._digests: dict[Path, str] = {}

    def named(self, name: str) -> list[Path]:
        """Return the files that are called as a source is."""
        return self._paths.get(name.partition("#")[0], [])

    def find(self, name: str, digest: str) -> Path | None:
        """Return the file of this name and SHA-256."""
        return next((path for path in self.named(name) if self._digest(path) == digest), None)

    def _digest(self, path: Path) -> str:
        if path not in self._digests:
            found = hashlib.sha256()
            with path.open("rb") as file:
                while data := file.read(_PIECE):
                    found.update(data)
            self._digests[path] = found.hexdigest()
        return self._digests[path]
