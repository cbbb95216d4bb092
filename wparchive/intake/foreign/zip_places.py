"""Where the members of a zip file really are, whatever its list says of that. Source: PKWARE's APPNOTE (4.3.7, 4.4.4)."""

import os
import zipfile
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import BinaryIO

from wparchive.intake.foreign.searching import AT_ONCE, PROBE, packed_in, search
from wparchive.store.warc.blobs import read_at

__all__ = ["MEMBER", "begin_of", "put_right", "stands_as"]

MEMBER = b"PK\x03\x04"
"""What each member begins with."""
_LOCAL = 30  # bytes of that header, before name and extra field
_DESCRIBED, _UTF8 = 1 << 3, 1 << 11  # flags
_DESCRIPTORS = (0, 12, 16, 20, 24)  # bytes that may stand between two members


def put_right(file: BinaryIO, infos: Sequence[zipfile.ZipInfo]) -> None:
    """Give members the places at which they are, if they aren't where the package says: some bytes are missing, or too many."""
    if all(_is_at(file, one, one.header_offset) for one in infos):
        return
    places: dict[bytes, list[int]] = {_name_of(one): [] for one in infos}
    sizes = {len(name) for name in places}

    def take(data: bytes, place: int) -> bool:
        size = int.from_bytes(data[26:28], "little")
        if size in sizes and (name := data[_LOCAL : _LOCAL + size]) in places:
            places[name].append(place)
        return False

    search(file, 0, os.fstat(file.fileno()).st_size, PROBE, partial(packed_in, MEMBER, take), first=AT_ONCE)
    for one in infos:
        if not _is_at(file, one, one.header_offset) and len(found := places[_name_of(one)]) == 1:
            one.header_offset = found[0]
    _lengthen(file, infos)


def _lengthen(file: BinaryIO, infos: Sequence[zipfile.ZipInfo]) -> None:
    """Let stored members reach to where the next one begins, if they got longer or shorter than the package says."""
    firsts = {one.header_offset: one for one in reversed(infos)}
    for (place, one), (end, following) in pairwise(sorted(firsts.items())):
        if one.compress_type != zipfile.ZIP_STORED or not (_is_at(file, one, place) and _is_at(file, following, end)):
            continue
        begin = begin_of(file, one)
        between = _DESCRIPTORS if one.flag_bits & _DESCRIBED else (0,)
        if end - begin - one.compress_size not in between:
            one.compress_size = max(0, end - begin)


def _is_at(file: BinaryIO, info: zipfile.ZipInfo, place: int) -> bool:
    name = _name_of(info)
    head = read_at(file, _LOCAL + len(name), place) if place >= 0 else b""
    return head.startswith(MEMBER) and head[_LOCAL:] == name


def stands_as(file: BinaryIO, info: zipfile.ZipInfo) -> str:
    """Return the name that stands with a member itself, in lower case; the one in the list may be damaged."""
    head = read_at(file, _LOCAL + PROBE, info.header_offset) if info.header_offset >= 0 else b""
    size = int.from_bytes(head[26:28], "little") if head.startswith(MEMBER) else 0
    return head[_LOCAL : _LOCAL + size].decode("latin-1").lower()


def _name_of(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437", "replace")


def begin_of(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Return where the bytes of a stored member begin."""
    head = read_at(file, _LOCAL, info.header_offset)
    if head[:4] != MEMBER or len(head) < _LOCAL:
        raise zipfile.BadZipFile("a member isn't where the package says")
    return info.header_offset + _LOCAL + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
