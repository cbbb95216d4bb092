"""Records cut out of WARCs, gapless and as they stand, in a WARC of their own."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from wparchive.model import Capture
from wparchive.store import Archive, members
from wparchive.store.warc.blobs import read_at

__all__ = ["write_cut"]

_PIECE = 1 << 20


def write_cut(archive: Archive, captures: Iterable[Capture], path: Path) -> None:
    """Write to `path` the exchanges of `captures`, in order, each file's behind the warcinfo record that it begins with.

    Raises DamagedError where something else than a capture stands at its place, OSError.
    """
    with path.open("wb") as out:
        for warc, group in groupby(captures, key=lambda one: one.warc):
            out.writelines(_info(archive.path(warc)))
            for capture in group:
                out.writelines(archive.response(capture).members())


def _info(warc: Path) -> Iterator[bytes]:
    walk = members(warc)
    first = next(walk, None)
    left = first.length if first and first.type == "warcinfo" else 0
    with warc.open("rb") as file:
        at = 0
        while at < left:
            piece = read_at(file, min(_PIECE, left - at), at)
            yield piece
            at += len(piece)
