"""What the archive's own log of seals says of a WARC, for pages: its word, which `wparchive verify` checks."""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from wparchive.errors import WparchiveError
from wparchive.seal.how_sealed import earliest_seals
from wparchive.seal.seals_folder import Seals
from wparchive.store import Archive

__all__ = ["seal_words"]

_Stamp = tuple[int, int]


async def seal_words(archive: Archive, warc: str) -> str:
    """Return in a few words under which seal the file `warc` is, and what that seal has; "" when it is under none."""
    try:
        return await asyncio.to_thread(_words, archive, warc)
    except (WparchiveError, OSError):
        return ""  # `verify` says what is wrong with the seals


def _words(archive: Archive, warc: str) -> str:
    seals = Seals.of(archive)
    try:
        about = (seals.folder / "log").stat()
    except OSError:
        return ""
    number = _known(archive.root, (about.st_mtime_ns, about.st_size)).get(warc)
    if number is None:
        return "not sealed yet"
    seal = next((one for one in seals.all() if one.number == number), None)
    if seal is None:
        return f"seal {number}, whose folder is gone"
    signed = "signed" if seal.signatures else "not signed"
    names = ", ".join(path.stem for path in seal.tokens)
    return f"seal {number}, {signed}, {f'stamped by {names}' if names else 'not stamped'} (by the archive’s own word)"


@lru_cache(maxsize=2)  # the log is long, and it only grows
def _known(root: Path, _stamp: _Stamp) -> Mapping[str, int]:
    return earliest_seals(Archive(root))
