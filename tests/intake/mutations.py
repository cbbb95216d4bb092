"""Files with some of their bytes changed, and what came of importing them: `python mutations.py 500` prints it.

Bits are flipped, bytes are changed, left out, doubled and cut off, numbers in headers and lengths replaced; all of it
follows from the number of the mutation.
"""

import json
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from writers import answer, exchange, info, packed, post, revisit

from wparchive.intake import import_files
from wparchive.store import Archive

__all__ = ["KINDS", "imported", "mutated", "seed"]

KINDS = ("gzip", "large", "plain", "whole-gzip", "whole-zstd", "zstd", "zstd-dictionary", "wacz")
_NUMBERS = (b"0", b"-1", b"99999999999999", b"18446744073709551616", b"4294967295", b"1e9", b"\xff\xff")


def seed(kind: str, folder: Path) -> bytes:
    """A sound file with something of everything in it."""
    at = "2020-03-01T00:00:0{}Z"
    # As long as this it isn't read at once, so damage is met elsewhere.
    text = random.Random(1).randbytes(200_000).hex() if kind == "large" else ""
    named = {"WARC-Refers-To-Target-URI": "https://example.org/wp-json/wp/v2/posts/7"}
    records = [
        info(),
        answer("/wp-json/", {"name": "N", "home": "https://example.org", "namespaces": [], "routes": {}}, at.format(0)),
        *exchange("/wp-json/wp/v2/posts?page=1", [post(n, f"T{n}", text=text) for n in range(5)], at.format(1)),
        answer(
            "/a-page/", b"<html>" + bytes(3000) + text.encode(), at.format(2), headers=[("Content-Type", "text/html")]
        ),
        *exchange("/wp-json/wp/v2/posts/7", post(7, "T7", text=text), at.format(3)),
        revisit("/wp-json/wp/v2/posts/7", at.format(4), {"WARC-Refers-To-Date": at.format(3), **named}),
    ]
    if kind != "wacz":
        return packed(records, "gzip" if kind == "large" else kind)
    with zipfile.ZipFile(folder / "seed.wacz", "w") as package:
        package.writestr("archive/a.warc.gz", packed(records), zipfile.ZIP_STORED)
        package.writestr("archive/b.warc.gz", packed(records[:3]), zipfile.ZIP_DEFLATED)
        package.writestr("datapackage.json", json.dumps({"resources": []}))
    return (folder / "seed.wacz").read_bytes()


def mutated(data: bytes, number: int) -> bytes:
    """The file after mutation `number`: up to four changes."""
    chance = random.Random(number)
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(max(1, len(out)))
        what = chance.randrange(6)
        if what == 0 and out:
            out[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            out[at : at + chance.randrange(40)] = chance.randbytes(chance.randrange(40))
        elif what == 2:
            del out[at : at + chance.randrange(500)]
        elif what == 3:
            out[at:at] = out[at : at + chance.randrange(2000)]
        elif what == 4:
            del out[at:]
        else:
            out[at : at + 4] = chance.choice(_NUMBERS)
    return bytes(out)


def imported(kind: str, numbers: Iterator[int] | range, folder: Path) -> Iterator[tuple[int, float, int]]:
    """Import each mutation into an archive of its own; yields its number, the seconds, and the exit code."""
    data = seed(kind, folder)
    end = {"wacz": "wacz", "plain": "warc"}.get(kind, "warc.zst" if "zstd" in kind else "warc.gz")
    for number in numbers:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place, f"x.{end}")
            path.write_bytes(mutated(data, number))
            began = time.perf_counter()
            code = import_files(Archive(Path(place, "archive")), [path]).code
            yield number, time.perf_counter() - began, int(code)


def main(count: int) -> None:
    """Import `count` mutations of each kind, and print the slowest, the memory, and how they ended."""
    for kind in KINDS:
        codes: dict[int, int] = {}
        slowest = 0.0
        with tempfile.TemporaryDirectory() as folder:
            for _, seconds, code in imported(kind, range(count), Path(folder)):
                codes[code] = codes.get(code, 0) + 1
                slowest = max(slowest, seconds)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{kind}: {count} mutations, slowest {slowest:.2f} s, {peak} MB, exit codes {dict(sorted(codes.items()))}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]))
