"""How fast an import reads, against FastWARC alone: `python tests/benchmarks/importing.py [MEGABYTES]`.

Three files are made: answers of the REST API only, lists of short items and of long ones (what is done for each item weighs
less of those), and a general crawl of many sites with one such answer in a hundred records.
Scan, judgement and copy are measured, in CPU seconds, without the index.
"""

import gzip
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import accumulate, product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "intake"))

from writers import answer, exchange, info, post

from wparchive.intake import import_files
from wparchive.store import Archive

PARTS = (
    "re",
    "con",
    "ver",
    "pa",
    "lo",
    "ti",
    "sta",
    "mi",
    "ku",
    "ren",
    "do",
    "n",
    "s",
    "ing",
    "a",
    "e",
    "un",
    "ka",
    "ber",
    "to",
)
WORDS = [f"{a}{b}{c}" for a, b, c in product(PARTS, repeat=3)]
random.Random(0).shuffle(WORDS)
# As frequent as the words of a language: a few that all are would be packed twice as small, and unpacked twice as fast.
FREQUENCY = list(accumulate(1 / (rank + 3) for rank in range(len(WORDS))))


def text(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, cum_weights=FREQUENCY, k=count)) + f" {chance.random()}"


def rest(chance: random.Random, number: int, words: int) -> list[bytes]:
    items = [post(number * 100 + n, text(chance, 5), text=text(chance, words)) for n in range(100)]
    at = f"2020-{number // 2000 % 12 + 1:02d}-{number // 80 % 28 + 1:02d}T{number // 60 % 24:02d}:{number % 60:02d}:00Z"
    return exchange(f"/wp-json/wp/v2/posts?page={number + 1}", json.loads(json.dumps(items)), at)


def other(chance: random.Random, number: int, _words: int) -> list[bytes]:
    picture = number % 3 == 0
    body = chance.randbytes(30_000) if picture else f"<html>{text(chance, 5000)}</html>".encode()
    kind = [("Content-Type", "image/jpeg" if picture else "text/html")]
    path, home = f"/a/{number}{'.jpg' if picture else '/'}", f"https://site{number % 1000}.example"
    return [answer(path, body, "2020-01-01T00:00:00Z", headers=kind, home=home)]


def made(path: Path, size: int, share: int, words: int = 400) -> Path:
    """A file of about `size` bytes; one record in `share` is an answer of the API, a list of posts with so many `words` each."""
    chance = random.Random(1)
    number = 0
    with path.open("wb") as file:
        file.write(gzip.compress(info(), mtime=0))
        while file.tell() < size:
            for one in (rest if number % share == 0 else other)(chance, number, words):
                file.write(gzip.compress(one, mtime=0))
            number += 1
    return path


def best(*whats: Callable[[], float], times: int = 9) -> list[float]:
    """The fewest CPU seconds of some runs of each, by turns: what else the machine does hits all of them.

    What a run wrote is removed at once: to a virtual machine its host gives memory that it never used page by page, which
    costs up to ten times as much as writing does.
    """
    found = [[what() for what in whats] for _ in range(times)]
    return [min(column) for column in zip(*found, strict=True)]


def spent(what: Callable[[], object]) -> float:
    began = time.process_time()
    what()
    return time.process_time() - began


def bare(path: Path) -> int:
    from fastwarc.warc import ArchiveIterator

    return sum(1 for _ in ArchiveIterator(str(path), parse_http=False, fsspec_args=False))


def imported(path: Path) -> float:
    with tempfile.TemporaryDirectory() as archive:
        return spent(lambda: import_files(Archive(Path(archive)), [path]))


def main(megabytes: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, size, share, words in (
            ("REST only, 400 words a post", 0.3, 1, 400),
            ("REST only, 1,500 words a post", 0.3, 1, 1500),
            ("general crawl", 1.0, 100, 400),
        ):
            path = made(Path(folder, f"{share}-{words}.warc.gz"), int(size * megabytes * 1e6), share, words)
            alone, ours = best(lambda: spent(lambda: bare(path)), lambda: imported(path))  # noqa: B023 - called at once
            size = path.stat().st_size / 1e6
            print(
                f"{name}: {size:.1f} MB; bare {size / alone:.0f} MB/s, import {size / ours:.0f} MB/s = {alone / ours:.2f}"
            )
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 25)
