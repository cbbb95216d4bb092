"""A run parses each response once, however many of its parts read it."""

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from crawlkit import crawl
from fakewp import FakeWordPress

from wparchive.index import index
from wparchive.wordpress.payload.payload import read


@contextmanager
def parsed() -> Iterator[Counter[bytes]]:
    """Count how often each body is parsed, by whatever name the function is called."""
    counts: Counter[bytes] = Counter()

    def count(frame: FrameType, event: str, arg: object) -> None:
        if event == "call" and frame.f_code is read.__code__:
            counts[frame.f_locals["body"]] += 1

    threading.setprofile(count)
    sys.setprofile(count)
    try:
        yield counts
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def largest(counts: Counter[bytes], *, of: Callable[[bytes], bool]) -> int:
    """Return how often the largest of such bodies was parsed."""
    return counts[max(filter(of, counts), key=len)]


def is_page(body: bytes) -> bool:
    return body.startswith(b"[")


def is_index(body: bytes) -> bool:
    return b'"namespaces":' in body[:2000]


def test_a_run_parses_each_response_once(tmp_path: Path) -> None:
    """The first later run also reads what the first run fetched; each run after that only what it fetches itself."""
    with FakeWordPress(posts=60, pages=2, books=0, media=2, comments=4, users=2, terms=3) as site:
        runs = []
        for _ in range(3):
            with parsed() as counts:
                crawl(tmp_path, site.url, index=False)
            runs.append((largest(counts, of=is_page), largest(counts, of=is_index)))
        assert [page for page, _ in runs] == [1, 2, 1]
        assert [document for _, document in runs] == [1, 1, 1]


def test_the_index_parses_each_response_once(tmp_path: Path) -> None:
    """Equal responses of several runs are one text, so one run is enough to tell."""
    with FakeWordPress(posts=60, pages=2, books=0, media=2, comments=4, users=2, terms=3) as site:
        held = crawl(tmp_path, site.url, index=False)
        with parsed() as counts:
            index(held.archive)
        assert largest(counts, of=is_page) == 1
