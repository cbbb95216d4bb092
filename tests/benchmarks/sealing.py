"""What sealing and handing on cost, each beside the bound that was set for it; run by hand:

    python tests/benchmarks/sealing.py [--posts 20000] [--megabytes 600]

CPU is that of this process and its children. A bound per gigabyte counts the bytes of the WARC files.
"""

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import fastserver

from wparchive.cli import main as command_line
from wparchive.export.publish import publish
from wparchive.seal.proof.file_measure import file_sha256, measure_file
from wparchive.seal.proof.tree import path_to, root_of
from wparchive.seal.sealing import seal
from wparchive.seal.settings import SealSettings
from wparchive.store import Archive
from wparchive.store.warc.gzip_members import store_file
from wparchive.store.warc.writing.record_bytes import END, header_bytes, opening_pairs
from wparchive.store.warc.writing.records import new_id
from wparchive.transit.spool import Spool

_EACH = 4 << 20  # bytes of a file


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--megabytes", type=int, default=600)
    asked = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="sealing"))
    try:
        small, large = _crawled(work / "small", 100), _crawled(work / "large", asked.posts)
        _report("seal of a small run, wall s", _wall(lambda: _seal(small)), 0.3)
        size = sum(path.stat().st_size for site in large.sites() for path in site.warcs()) / 1e9
        walk = _cpu(lambda: [measure_file(path) for site in large.sites() for path in site.warcs()])
        _report(f"seal of {asked.posts:,} posts ({size * 1e3:.1f} MB), CPU s", _cpu(lambda: _seal(large)), None)
        bare = _cpu(lambda: [_without_items(path) for site in large.sites() for path in site.warcs()])
        _report("  of it without items, s/GB of JSON", bare / size, 8)
        _report("  commitments, microseconds an item", (walk - bare) / asked.posts * 1e6, 100)
        media = _media(work / "media.warc.gz", asked.megabytes)
        _report("media, s/GB", _cpu(lambda: measure_file(media)) / (media.stat().st_size / 1e9), 1.5)
        leaves = [hashlib.sha256(b"%d" % number).digest() for number in range(100_000)]
        _report("root of 100,000 entries, CPU s", _cpu(lambda: root_of(leaves)), 0.5)
        many = leaves * 10
        _report("hashes in a proof at 1,000,000", float(len(path_to(many, 654_321))), 20)
        _report(f"publish of {asked.posts:,} posts, CPU s", _cpu(lambda: publish(large, work / "public.db")), 3)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _crawled(folder: Path, posts: int) -> Archive:
    with fastserver.run(posts) as url:
        sys.argv = ["wparchive", "crawl", url, "-a", str(folder), "--media", "none", "--silent", "--no-seal"]
        try:
            command_line()
        except SystemExit as ended:
            if ended.code:
                raise
    return Archive(folder)


def _seal(archive: Archive) -> None:
    seal(archive, SealSettings(), post=lambda _url, _query: b"", now=lambda: datetime.now(UTC))


def _without_items(path: Path) -> None:
    """Do all that sealing a file takes but for the items in it."""
    from wparchive.seal.proof import file_measure as measure

    found, measure.commitments = measure.commitments, lambda *_: iter(())
    try:
        measure_file(path)
    finally:
        measure.commitments = found


def _media(path: Path, megabytes: int) -> Path:
    """Write a WARC of stored files, as a crawl of media does."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    for _ in range(megabytes * 10**6 // _EACH):
        block = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n" + os.urandom(_EACH)
        about = (("WARC-Date", "2026-03-01T12:00:00Z"), ("WARC-Target-URI", "https://example.org/a.mp4"))
        digest = hashlib.sha256(block).hexdigest()
        pairs = opening_pairs("response", new_id(), about, "application/http; msgtype=response", len(block), digest)
        spool = Spool()
        spool.write(block)
        store_file(handle, header_bytes(pairs), spool, END)
        spool.close()
    os.close(handle)
    file_sha256(path)  # into the page cache, where a crawl leaves it
    return path


def _wall(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _cpu(work: Callable[[], object]) -> float:
    def used() -> float:
        mine = os.times()
        return mine.user + mine.system + mine.children_user + mine.children_system

    began = used()
    work()
    return used() - began


def _report(name: str, figure: float, bound: float | None) -> None:
    wanted = "" if bound is None else f"   (wanted: at most {bound:g}{'' if figure <= bound else ', MISSED'})"
    print(f"{name:48} {figure:10.3f}{wanted}", flush=True)


if __name__ == "__main__":
    main()
