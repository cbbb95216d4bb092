"""The content codings `br` and `zstd`, which we never ask for, but which other tools stored: the extra `import` undoes them.

Sources: RFC 7932, RFC 8878; RFC 9659 on the window that `zstd` may need.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

__all__ = ["modern", "unpacked"]

_PIECE = 1 << 8  # bytes fed at once: what comes out of them has no limit of ours
_WINDOW = 8 << 20  # bytes


class Engine(Protocol):
    """One body being unpacked."""

    def feed(self, data: bytes) -> bytes:
        """Return what comes out of `data`. Raises ValueError when it isn't sound."""
        ...

    @property
    def done(self) -> bool: ...
    @property
    def whole(self) -> bool: ...


def modern(coding: str) -> Callable[[], Engine] | None:
    """Return what unpacks a body in this coding; None for another one, or where its extra isn't installed."""
    try:
        if coding == "br":
            import brotli

            return _Brotli if brotli else None
        if coding == "zstd":
            import zstandard

            return _Zstd if zstandard else None
    except ImportError:
        return None
    return None


def unpacked(blocks: Iterator[bytes], begin: Callable[[], Engine], coding: str, flags: list[str]) -> Iterator[bytes]:
    """Yield a body without this coding; a fault ends it, and is added to `flags`, as `http1.message` has them."""
    engine, came = begin(), False
    for block in blocks:
        for at in range(0, len(block), _PIECE):
            try:
                out = engine.feed(block[at : at + _PIECE])
            except ValueError:
                flags.append("cut" if came else f"not-{coding}")
                if not came:  # it isn't coded at all, as where a tool undid the coding and kept its name
                    yield block
                    yield from blocks
                return
            came = came or bool(out)
            yield out
            if engine.done:
                return
    if came and not engine.whole:
        flags.append("cut")


class _Brotli:
    def __init__(self) -> None:
        import brotli

        self._engine, self._fault = brotli.Decompressor(), brotli.error
        # Two packages have this name: the one that pywb brings calls it otherwise.
        self._process = getattr(self._engine, "process", None) or self._engine.decompress

    def feed(self, data: bytes) -> bytes:
        try:
            return bytes(self._process(data))
        except self._fault as error:
            raise ValueError(str(error)) from None

    @property
    def done(self) -> bool:
        return hasattr(self._engine, "is_finished") and bool(self._engine.is_finished())

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, asked at the end of the body."""
        try:
            return self.done or (hasattr(self._engine, "finish") and self._engine.finish() is not None)
        except self._fault:
            return False


class _Zstd:
    def __init__(self) -> None:
        import zstandard

        self._engine = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
        self._fault = zstandard.ZstdError

    def feed(self, data: bytes) -> bytes:
        try:
            return bytes(self._engine.decompress(data))
        except self._fault as error:
            raise ValueError(str(error)) from None

    @property
    def done(self) -> bool:
        return bool(self._engine.eof)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, asked at the end of the body."""
        return self.done
