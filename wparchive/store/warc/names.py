"""What WARC files are called, and where they lie: ours, those of other tools, and the ones that a run still writes."""

import re
import stat
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

__all__ = [
    "is_compressed",
    "is_finished",
    "is_import",
    "lasting_name",
    "name_of",
    "no_files_in",
    "on_disk",
    "site_folder",
    "site_in",
    "stamp_in",
    "warc_name",
    "warcs_in",
]

SUFFIX = ".warc.gz"
"""How a finished WARC's name ends, as we write it; `.open` follows while a run writes it."""

_COMPRESSED = (SUFFIX,)
_READ = tuple(f"{end}{more}" for end in _COMPRESSED for more in ("", ".open"))
_END = "|".join(map(re.escape, _READ))
_STAMPED = re.compile(rf"-(\d{{14}})-(\d{{5,}})(?:{_END})$")
_OURS = re.compile(rf"(wparchive|import)-(.+)-\d{{14}}-\d{{5,}}(?:{_END})")
_IMPORTED = "import"
_IMPORT_FOLDERS = ("import", "private")


def name_of(site: str, stamp: str, serial: int, *, imported: bool = False) -> str:
    """Return the finished name of a run's WARC; `stamp` is when the run began, YYYYMMDDHHMMSS."""
    return f"{_IMPORTED if imported else 'wparchive'}-{site}-{stamp}-{serial:05d}{SUFFIX}"


def is_import(path: Path) -> bool:
    """Whether the WARC at `path` holds captures of other tools that `import` took, by its name and its folder."""
    ours = _OURS.fullmatch(path.name)
    return ours is not None and ours[1] == _IMPORTED and path.parent.name in _IMPORT_FOLDERS


def site_in(name: str) -> str | None:
    """Return the site that a WARC of ours was named after; None for any other name."""
    ours = _OURS.fullmatch(name)
    return ours[2] if ours else None


def stamp_in(name: str) -> tuple[str, int]:
    """Return when the run began and which of its files this is, as the name says; empty and 0 when it doesn't."""
    stamped = _STAMPED.search(name)
    return (stamped[1], int(stamped[2])) if stamped else ("", 0)


def is_compressed(name: str) -> bool:
    """Whether a file of this name is read: a compressed WARC, finished or open."""
    return name.endswith(_READ)


def is_finished(name: str) -> bool:
    """Whether this is the name of a compressed WARC that no run is writing."""
    return name.endswith(_COMPRESSED)


def is_warc(name: str) -> bool:
    """Whether a file of this name is a WARC at all, compressed or not."""
    return is_compressed(name) or name.endswith(".warc")


def warcs_in(folder: Path) -> Iterable[Path]:
    """Return the WARCs in `folder`, by name; none behind a symbolic link."""
    return (path for path in _named_so(folder) if path.is_file())


def no_files_in(folder: Path) -> Iterable[Path]:
    """Return what in `folder` has the name of a WARC and is a folder, a pipe or a device; none is a symbolic link."""
    return (path for path in _named_so(folder) if _is_no_file(path))


def _named_so(folder: Path) -> Iterable[Path]:
    # A link could lead out of the archive.
    if folder.is_symlink() or not folder.is_dir():
        return ()
    return (path for path in sorted(folder.iterdir()) if is_warc(path.name) and not path.is_symlink())


def _is_no_file(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:  # a run has just finished the file, which has another name now
        return False


def on_disk(path: Path) -> Path:
    """Return `path`, or its `.open` form while the file is being written."""
    opened = path.with_name(path.name + ".open")
    return opened if not path.exists() and opened.exists() else path


def site_folder(path: Path) -> Path:
    """Return the folder of the site that the WARC at `path` belongs to; the WARC's own for one outside an archive."""
    return next((parent.parent for parent in path.parents if parent.name == "warc"), path.parent)


def lasting_name(file: str) -> str:
    """Return the name by which the WARC at the path `file` is known wherever its site's folder lies.

    A run calls its private WARC as its public one, so the folder `private/` is part of it.
    """
    folder, _, name = file.rpartition("/")
    return f"private/{name}" if folder.rpartition("/")[2] == "private" else name


@lru_cache(maxsize=16)  # called for each record of the same file
def warc_name(path: Path) -> str:
    """Return `path` in the form of `Capture.warc`: relative to the archive, without `.open`."""
    folder = site_folder(path)
    inside = path.relative_to(folder).as_posix()
    name = inside if folder == path.parent else f"{folder.name}/{inside}"
    return name.removesuffix(".open")
