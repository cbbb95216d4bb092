"""Undoes content codings, in constant memory and independent of how a body is cut into pieces. Source: RFC 9110 (8.4)."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from wparchive.http1.modern_codings import modern, unpacked

__all__ = ["without_coding"]

_BLOCK = 1 << 16
_INFLATE_STEP = 1 << 18
_GZIP_MAGIC = b"\x1f\x8b"
# Servers send "deflate" both with and without the zlib wrapper (negative wbits: raw deflate). 31 is gzip only.
_WRAPPINGS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}


def without_coding(stream: Iterable[bytes], coding: str, flags: list[str]) -> Iterator[bytes] | None:
    """Return a body without this coding; None for one that can't be undone. Faults are added to `flags` on the way."""
    if coding in _WRAPPINGS:
        return _inflate(_blocks(stream), coding, flags)
    engine = modern(coding)
    return unpacked(_blocks(stream), engine, coding, flags) if engine else None


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces of `_BLOCK`, so that where inflating fails doesn't depend on the network's cuts."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        for at in range(0, len(chunk), _BLOCK):
            piece = chunk[at : at + _BLOCK]
            held.append(piece)
            size += len(piece)
            if size >= _BLOCK:
                joined = b"".join(held)
                yield joined[:_BLOCK]
                held, size = [joined[_BLOCK:]], size - _BLOCK
    if size:
        yield b"".join(held)


def _inflate(blocks: Iterator[bytes], coding: str, flags: list[str]) -> Iterator[bytes]:
    first = next(blocks, b"")
    if not first:
        return
    for wbits in _WRAPPINGS[coding]:
        try:
            # One byte of output is enough to tell whether this wrapper is the right one.
            zlib.decompressobj(wbits).decompress(first, 1)
        except zlib.error:
            continue
        yield from _run(chain([first], blocks), wbits, flags)
        return
    flags.append(f"not-{coding}")
    yield first
    yield from blocks


def _run(blocks: Iterable[bytes], wbits: int, flags: list[str]) -> Iterator[bytes]:
    """Inflate one member after another; bytes after the last member that aren't a member are dropped."""
    engine = zlib.decompressobj(wbits)
    for data in blocks:
        while data:
            if engine.eof:
                if not data.startswith(_GZIP_MAGIC[: len(data)]):
                    return
                engine = zlib.decompressobj(wbits)
            try:
                yield engine.decompress(data, _INFLATE_STEP)
            except zlib.error:
                flags.append("cut")
                return
            data = engine.unused_data if engine.eof else engine.unconsumed_tail
    yield engine.flush()
    if not engine.eof:
        flags.append("cut")
