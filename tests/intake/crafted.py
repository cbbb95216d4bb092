"""Files that are made to keep a reader busy: `python crafted.py 1000000` imports one of each kind, and prints what it took.

Each holds little but beginnings: of members, frames, packages, records, each whole enough that a reader looks twice.
"""

import gzip
import io
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from writers import answer, info, packed, post, record

__all__ = ["KINDS", "made"]

AT = "2020-03-01T00:00:00Z"
ZSTD, GZIP, SKIPPED = b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08", b"\x50\x2a\x4d\x18"
GZIP_HEAD = GZIP + b"\0\0\0\0\0\0\xff"
RECORD = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/wp-json/wp/v2/posts/1\r\n"
SHORT = b"WARC/1.0\r\nWARC-Type: x\r\n"


def frame(*blocks: bytes, head: bytes = b"\x00\x58") -> bytes:
    """A zstd frame with a window of 2 MB; its blocks as `raw` and `rle` make them, the last one said to be the last."""
    last = blocks[-1]
    return ZSTD + head + b"".join(blocks[:-1]) + bytes([last[0] | 1]) + last[1:]


def raw(data: bytes) -> bytes:
    return (len(data) << 3).to_bytes(3, "little") + data


def rle(byte: bytes, size: int) -> bytes:
    return (size << 3 | 2).to_bytes(3, "little") + byte


def many(one: bytes, first: bytes = b"") -> Callable[[int], bytes]:
    """Makes a file of so many bytes out of `one` over and over, behind `first`."""
    return lambda size: first + one * max(1, (size - len(first)) // len(one))


def long_header(pack: Callable[[bytes], bytes]) -> bytes:
    return pack(SHORT + b"A: " + b"a" * 1_100_000)


def package(each: bytes, name: str, deep: int = 0) -> Callable[[int], bytes]:
    """Makes a WACZ of so many bytes with many WARCs of one record."""

    def make(size: int) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as zipped:
            for number in range(max(2, size // (2 * (46 + len(name) + 4) + len(each)))):
                zipped.writestr(f"{number:04}{name}", each)
        return out.getvalue()

    return make


def packages_in_a_package(size: int) -> bytes:
    inner = package(gzip.compress(info(), mtime=0), ".warc.gz")(min(1_000_000, 10 * size))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        number = 0
        while out.tell() < size:
            zipped.writestr(f"{number}.wacz", inner)
            number += 1
    return out.getvalue()


def deflated(data: bytes) -> bytes:
    """Deflate blocks of `data`, none of them the last."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return engine.compress(data) + engine.flush(zlib.Z_SYNC_FLUSH)


def stored(data: bytes) -> bytes:
    """A gzip member that holds `data` as it is."""
    engine = zlib.compressobj(0, zlib.DEFLATED, 31)
    return engine.compress(data) + engine.flush()


def nested(heads: Callable[[bytes], bytes], end: bytes) -> Callable[[int], bytes]:
    """Beginnings of records in one another, each of which is one with what all of them end in: half of the file."""

    def make(size: int) -> bytes:
        head, data = SHORT + b"Content-Length: 99999999999999\r\n\r\n", b""
        while len(data) < min(size // 2, 60_000):
            data = heads(head + data)
        return data + end * (size // 2 // len(end)) + b"\xff" * 9

    return make


def plain_long_lines(size: int) -> bytes:
    line = b"a:" + b"x" * 7000 + b" WARC/1.0\r\n"
    return b"WARC/1.0\r\n" + line * (size // len(line))


def mixed(size: int) -> bytes:
    chance = random.Random(1)
    some = [
        ZSTD,
        GZIP,
        GZIP_HEAD,
        SKIPPED,
        b"PK\x03\x04",
        b"PK\x01\x02",
        b"PK\x05\x06",
        b"WARC/1.0\r\n",
        RECORD,
        b"\r\n\r\n",
    ]
    out = bytearray(gzip.compress(info(), mtime=0))
    while len(out) < size:
        out += chance.choice(some)
    return bytes(out)


def around(data: Callable[[int], bytes], pack: Callable[[bytes], bytes]) -> Callable[[int], bytes]:
    return lambda size: pack(data(size))


def zst(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def one_record_with(data: Callable[[int], bytes], pack: Callable[[bytes], bytes]) -> Callable[[int], bytes]:
    """A sound record whose block is that, between two others."""
    return lambda size: pack(info()) + pack(record("resource", "x:y", AT, data(size))) + pack(info())


def whole_bomb(pack: Callable[[bytes], bytes]) -> Callable[[int], bytes]:
    """One member around a record and zeros: a thousand times as many as the file has bytes."""
    return lambda size: pack(info() + info() + bytes(size * 1000))


GOOD = answer("/wp-json/wp/v2/posts/1", post(1, "T"), AT)
KINDS: Mapping[str, Callable[[int], bytes]] = {
    "zstd magics": many(ZSTD),
    "zstd heads": many(ZSTD + b"\x00\x58"),
    "zstd heads, raw block": many(
        ZSTD + b"\x00\x58" + b"\x00\x01\x00",
    ),
    "zstd heads of a large window": many(ZSTD + b"\x00\x88" + b"\x08\x00\x00W"),
    "zstd frames of nothing": many(frame(raw(b""))),
    "zstd frames of RLE": many(frame(*[rle(b"W", 1 << 17)] * 100)),
    "zstd frames of WARC and RLE": many(frame(raw(b"WARC/1.0\r\nA:"), *[rle(b"W", 1 << 17)] * 100)),
    "zstd frames of short records": many(frame(raw(SHORT + b"\r\n"))),
    "zstd frames of long headers": lambda size: many(long_header(zst))(size),
    "zstd, nested frames": many(
        ZSTD + b"\x00\x58" + (1 << 19 | 0).to_bytes(3, "little") + b"WARC/1.0\r\nWARC-Type: x\r\n"
    ),
    "zstd, frames in one another": nested(lambda data: ZSTD + b"\x00\x58" + raw(data), rle(b"W", 1 << 17)),
    "gzip, members in one another": nested(
        lambda data: GZIP_HEAD + struct.pack("<BHH", 0, len(data), len(data) ^ 0xFFFF) + data,
        deflated(bytes(1 << 20)),
    ),
    "zstd records of magics": one_record_with(many(ZSTD), zst),
    "zstd, a record and magics": lambda size: zst(info()) + many(ZSTD)(size),
    "skippable frames": many(SKIPPED + bytes(4)),
    "skippable frames, too long": many(SKIPPED + b"\xff\xff\xff\x7f"),
    "skippable frames behind a record": lambda size: zst(info()) + many(SKIPPED + bytes(4))(size) + zst(info()),
    "a dictionary of magics": lambda size: (
        b"\x5d\x2a\x4d\x18" + struct.pack("<I", size) + ZSTD * (size // 4) + zst(info())
    ),
    "a dictionary, then magics": lambda size: packed([info()], "zstd-dictionary") + ZSTD * (size // 4),
    "gzip magics": many(GZIP),
    "gzip heads": many(GZIP_HEAD),
    "gzip heads with a long extra": many(GZIP + b"\x04\0\0\0\0\0\xff\xff\xff"),
    "gzip heads with a name": many(GZIP + b"\x08\0\0\0\0\0\xffa"),
    "gzip members of nothing": many(gzip.compress(b"", mtime=0)),
    "gzip members of zeros": lambda size: many(gzip.compress(bytes(1 << 20), mtime=0))(size),
    "gzip members of WARC/1.": many(gzip.compress(b"WARC/1.0\r\n", mtime=0)),
    "gzip members of short records": many(gzip.compress(SHORT + b"\r\n", mtime=0)),
    "gzip members of untold length": many(gzip.compress(RECORD + b"\r\n", mtime=0)),
    "gzip members of long headers": lambda size: many(long_header(lambda data: gzip.compress(data, mtime=0)))(size),
    "gzip members of lies": lambda size: many(
        gzip.compress(RECORD + b"Content-Length: 60000000\r\n\r\n" + bytes(3_000_000), mtime=0)
    )(size),
    "gzip, stored, of heads": one_record_with(many(GZIP_HEAD + b"\x4b\x04\x00"), stored),
    "gzip, a record and magics": lambda size: gzip.compress(info(), mtime=0) + many(GZIP)(size),
    "gzip, a record and heads": lambda size: (
        gzip.compress(info(), mtime=0) + many(GZIP_HEAD + b"\x0b\x77\x0c\x72\xd6\x37")(size)
    ),
    "gzip, good and broken by turns": many(gzip.compress(GOOD, mtime=0) * 33 + gzip.compress(SHORT, mtime=0)),
    "gzip, good and magics by turns": many(gzip.compress(GOOD, mtime=0) + GZIP),
    "gzip, good and cut by turns": many(gzip.compress(GOOD, mtime=0) + gzip.compress(GOOD, mtime=0)[:-9]),
    "whole gzip of version lines": around(
        lambda size: info() + info() + many(b"WARC/1.0\r\n")(size), lambda data: stored(data)
    ),
    "whole gzip of zeros": whole_bomb(lambda data: gzip.compress(data, mtime=0)),
    "whole zstd of zeros": whole_bomb(zst),
    "whole gzip, then heads": lambda size: gzip.compress(info() + info(), mtime=0) + many(GZIP_HEAD)(size),
    "whole gzip, then magics": lambda size: gzip.compress(info() + info(), mtime=0) + many(GZIP)(size),
    "whole gzip, then broken members": lambda size: (
        gzip.compress(info() + info(), mtime=0) + many(gzip.compress(bytes(500_000), mtime=0)[:-9])(size)
    ),
    "whole gzip, broken late, over and over": lambda size: (
        gzip.compress(info() + info(), mtime=0) + many(gzip.compress(bytes(500_000), mtime=0)[:-8] + bytes(8))(size)
    ),
    "whole zstd, then magics": lambda size: zst(info() + info()) + many(ZSTD)(size),
    "whole zstd, then RLE": lambda size: zst(info() + info()) + many(frame(*[rle(b"W", 1 << 17)] * 100)[:-1])(size),
    "whole zstd, then frames of nothing": lambda size: zst(info() + info()) + many(frame(raw(b"")))(size),
    "plain version lines": many(b"WARC/1.0\r\n"),
    "plain versions": many(b"WARC/1."),
    "plain versions in fields": many(b"a:WARC/1.0\r\n", b"WARC/1.0\r\n"),
    "plain versions in folds": many(b"a:WARC/1.0\r\n" + b" WARC/1.0\r\n" * 9, b"WARC/1.0\r\n"),
    "plain versions in long fields": plain_long_lines,
    "plain versions in fields, with an end": many(b"a:WARC/1.0\r\n" * 60 + b"WARC-Type: x\r\n\r\n", b"WARC/1.0\r\n"),
    "plain short records": many(SHORT + b"\r\n"),
    "plain records of untold length": many(RECORD + b"\r\n"),
    "plain records of one long header": many(SHORT + b"A: " + b"a" * 3000 + b"\r\n"),
    "plain records too long": many(RECORD + b"Content-Length: 999999999999\r\n\r\n"),
    "plain records that overlap": many(RECORD + b"Content-Length: 9000\r\n\r\n"),
    "plain records of one type without end": many(b"WARC-Type: x\r\n", b"WARC/1.0\r\n"),
    "plain folds without end": many(b" x\r\n", b"WARC/1.0\r\nWARC-Type: x\r\n"),
    "plain line ends": many(b"\r\n", b"WARC/1.0\r\n"),
    "plain line ends behind a record": many(b"\r\n", info()),
    "plain zeros": many(b"\0", info()),
    "plain, good and broken by turns": many(GOOD + SHORT + b"\r\n"),
    "plain, good records alone": many(GOOD),
    "small records": many(gzip.compress(record("x", "", AT, b""), mtime=0)),
    "requests alone": many(
        gzip.compress(
            record("request", "https://example.org/wp-json/wp/v2/posts", AT, b"GET / HTTP/1.1\r\n\r\n"), mtime=0
        )
    ),
    "a zip of magics": many(b"PK\x03\x04"),
    "a zip of directories": many(b"PK\x01\x02" + bytes(42), b"PK\x03\x04"),
    "a zip of ends": many(b"PK\x05\x06" + bytes(18), b"PK\x03\x04"),
    "a package of many": package(gzip.compress(info(), mtime=0), ".warc.gz"),
    "a package of many of nothing": package(b"", ".warc"),
    "a package of many broken": package(b"WARC/1.0", ".warc"),
    "a package of many packages": package(b"PK\x03\x04", ".wacz"),
    "packages in a package": packages_in_a_package,
    "JSON": many(b"[", b"{"),
    "JSON of packages": many(b'{"path":"a.wacz"},', b'{"resources":['),
    "mixed": mixed,
}
"""Makes a file of about so many bytes of each kind."""


def made(kind: str, size: int, folder: Path) -> Path:
    """Write a file of that kind."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind.replace(' ', '-').replace('/', '').replace(',', '')}.warc"
    path.write_bytes(KINDS[kind](size))
    return path


def main(size: int, only: str = "") -> None:
    """Import one of each kind in a process of its own."""
    for kind in [one for one in KINDS if only in one]:
        with tempfile.TemporaryDirectory() as folder:
            path = made(kind, size, Path(folder))
            command = [sys.executable, "-m", "wparchive", "import", "--silent", "-a", f"{folder}/a", path]
            began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(command, capture_output=True, check=False)
            wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            size_mb = path.stat().st_size / 1e6
            print(f"{wall:6.1f} s, {cpu:5.1f} s CPU, {size_mb:5.1f} MB, exit {done.returncode}: {kind}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
