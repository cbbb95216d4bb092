"""Which WARCs in a site's folder are read, in which order, and which are strays, each with the reason."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from wparchive.errors import WparchiveError
from wparchive.store.log.database import committed_in
from wparchive.store.warc.names import is_compressed, is_finished, is_import, site_in, stamp_in, warc_name
from wparchive.store.warc.reader import InfoRecord, exchanges

__all__ = ["Stray", "in_order", "is_text", "layout_of", "stamp_of", "strays_among"]

# A minor version behind the dot doesn't change how records are read.
_LAYOUT = re.compile(r"([0-9]{1,6})(?:\.[0-9]+)*")
_LAST = "~"  # sorts after every stamp


@dataclass(frozen=True, slots=True)
class Stray:
    """A file in a site's WARC folder that isn't read.

    `kind` is misplaced (another site's), superseded (an `.open` file beside the finished one), empty, unpacked (its
    name isn't that of a compressed WARC), misnamed (no text can name it), or special (no file at all).
    """

    path: Path
    kind: str
    reason: str

    @property
    def warc(self) -> str:
        """The file's name in the archive; of a misnamed one, with the bytes that aren't UTF-8 escaped."""
        name = warc_name(self.path).encode(errors="backslashreplace").decode()
        return f"{name}.open" if self.kind == "superseded" else name

    @property
    def size(self) -> int:
        """The file's size in bytes; 0 of what isn't a file."""
        return self.path.stat().st_size if self.path.is_file() else 0


def stamp_of(path: Path) -> str:
    """Return the start of the run that wrote the WARC at `path`, from its name: YYYYMMDDHHMMSS, or empty."""
    return stamp_in(path.name)[0]


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Sort WARCs of one site by run; within a run, public files come first.

    A renamed file of ours is sorted by its original name, or last where a file of that name is present as well.
    """
    paths = list(paths)
    names = {path.name.removesuffix(".open") for path in paths}
    return sorted(paths, key=lambda path: _order(path, names))


def strays_among(paths: Iterable[Path], site: Path) -> list[Stray]:
    """Return those of `paths`, files in the folder of `site`, that aren't read: not its WARCs, or not compressed."""
    judged = ((path, _fault(path, site)) for path in paths)
    return [Stray(path, *fault) for path, fault in judged if fault]


def _fault(path: Path, site: Path) -> tuple[str, str] | None:
    """Return the kind of stray that a file is, and the reason; None for one that is read."""
    if not is_text(path.name):
        return "misnamed", "its name isn't UTF-8, so nothing of it is read; rename it"
    if not is_compressed(path.name):
        return "unpacked", "it isn't compressed, so nothing of it is read; import it"
    if is_finished(path.name) and not path.stat().st_size:
        return "empty", "an empty file"
    if _is_superseded(path):
        return "superseded", "the finished file of this name is there too; nothing of this one is read"
    if owner := _owner(path, site):
        return "misplaced", f"a WARC of {owner}, whose folder it belongs into; nothing of it is read here"
    return None


def is_text(name: str) -> bool:
    """Return whether a database or a WARC can hold `name`, of a file or a folder: a file system takes any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_superseded(path: Path) -> bool:
    """Whether an `.open` file lies beside its finished form, as in a backup. False when it has only just been finished."""
    finished = path.with_name(path.name.removesuffix(".open"))
    return path != finished and finished.exists() and path.exists()


def _order(path: Path, names: set[str]) -> tuple[str, bool, bool, int, str]:
    name, private = path.name, path.parent.name == "private"
    if site_in(name) is None and (given := _origin(path)[1]):
        name = given
        if name in names:
            return _LAST, False, private, 0, path.name
    # Serial numbers grow beyond five digits, so they don\'t sort as text.
    stamp, serial = stamp_in(name)
    # Files of one run must follow each other, so those of imports come after all of a crawl of the same second.
    return stamp, is_import(path), private, serial, name


def _owner(path: Path, site: Path) -> str | None:
    """Return the other site that the file at `path` belongs to, if that site misses the file or holds a copy of it."""
    name = path.name.removesuffix(".open")
    named = site_in(path.name)
    owner, name = (named, name) if named else _origin(path)
    other = site.parent / owner
    if not owner or owner == site.name or not (other / "warc").is_dir():
        return None  # the folder may have been renamed: then its files bear the old name
    inside = path.parent.relative_to(site) / name
    return owner if (other / inside).exists() or f"{owner}/{inside.as_posix()}" in _committed(other) else None


def _committed(site: Path) -> set[str]:
    try:
        return set(committed_in(site))
    except WparchiveError:
        return set()


def _origin(path: Path) -> tuple[str, str]:
    """Return the site and file name in the warcinfo record of a file of ours, whatever its name now; empty for others."""
    stat = path.stat()
    return _read_origin(path, stat.st_size, stat.st_mtime_ns)[:2]


def layout_of(path: Path) -> int:
    """Return the major layout number of a file of ours; 1 when it names none. Raises OSError."""
    stat = path.stat()
    return _read_origin(path, stat.st_size, stat.st_mtime_ns)[2]


@lru_cache(maxsize=256)  # the folder is listed often; size and time make the cache notice a change
def _read_origin(path: Path, _size: int, _changed: int) -> tuple[str, str, int]:
    first = next(exchanges(path), None)
    if not isinstance(first, InfoRecord) or not first.fields.get("software", "").startswith("wparchive/"):
        return "", "", 1
    layout = _LAYOUT.fullmatch(first.fields.get("layout", ""))
    return first.fields.get("site", ""), first.filename, int(layout[1]) if layout else 1
