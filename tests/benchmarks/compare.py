"""Benchmarks as ratios of two programs run in turn, in the same minutes; run by hand:

    python tests/benchmarks/compare.py [--posts 20000] [--small 2000] [--runs 3] [--lab URL]

(a) crawl without indexing : bare `requests` loop, same listings, same concurrency      wanted: wall <= 2
(b) crawl with indexing    : 40-line script, same pages into the same columns and FTS   wanted: wall <= 2.5
(c) peak memory of (b)     : <= 150 MB, and <= 1.2 times that at a tenth of the posts
(d) crawl of the lab       : bare loop at the same concurrency <= 1.15, one by one <= 0.6
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import fastserver

PYTHON = sys.executable
HERE = Path(__file__).parent


def measured(command: Sequence[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds of all processes, and peak megabytes of the largest one, of one run of `command`."""
    began = time.perf_counter()
    process = os.posix_spawn(command[0], list(command), os.environ, file_actions=_silence())
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _silence() -> list[tuple[object, ...]]:
    return [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]


def crawl(url: str, folder: Path, *more: str) -> list[str]:
    """The command that crawls `url` into a new archive."""
    shutil.rmtree(folder, ignore_errors=True)
    return [PYTHON, "-m", "wparchive", "crawl", url, "-a", str(folder), "--media", "none", "--silent", *more]


def compare(name: str, runs: int, ours: object, theirs: object) -> tuple[float, float]:
    """Run both in turn, print the ratio of the medians and of each pair; gives the ratio and our peak memory."""
    pairs = []
    for _ in range(runs):
        mine, other = measured(ours()), measured(theirs())
        pairs.append((*mine, *other))
    a, cpu_a, _, b, cpu_b, _ = (statistics.median(column) for column in zip(*pairs, strict=True))
    each = " ".join(f"{pair[0] / pair[3]:.2f}" for pair in pairs)
    peak = max(pair[2] for pair in pairs)
    cpu = f"CPU {cpu_a:.2f} : {cpu_b:.2f} = {cpu_a / cpu_b:.2f}"
    print(f"{name:34} {a:7.2f} s : {b:7.2f} s = {a / b:5.2f}   (pairs {each}; {cpu}; peak {peak:.0f} MB)", flush=True)
    return a / b, peak


def _compile_once(work: Path) -> None:
    """Let all programs be compiled once, as pip does when it installs one, even where the environment forbids that."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(work / "compiled")
    with fastserver.run(100) as url:
        measured(crawl(url, work / "archive"))
        measured([PYTHON, "-m", "wparchive", "index", "-a", str(work / "archive"), "--rebuild"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--lab", help="also compare on this real WordPress")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder, database = Path(work) / "archive", Path(work) / "script.db"
        _compile_once(Path(work))
        peaks = []
        for posts in (given.small, given.posts):
            with fastserver.run(posts) as url:
                bare = [PYTHON, str(HERE / "bare.py"), url]

                def only_crawl(u: str = url) -> list[str]:
                    return crawl(u, folder, "--no-index")

                compare(f"(a) {posts} crawl : bare loop", given.runs, only_crawl, lambda b=bare: b)

                def script(u: str = url) -> list[str]:
                    database.unlink(missing_ok=True)
                    return [PYTHON, str(HERE / "script.py"), u, str(database)]

                _, peak = compare(
                    f"(b) {posts} crawl+index : script", given.runs, lambda u=url: crawl(u, folder), script
                )
                peaks.append(peak)
        print(f"(c) peak memory {peaks[1]:.0f} MB, {peaks[1] / peaks[0]:.2f} times that at {given.small} posts")
        if given.lab:
            measured([PYTHON, str(HERE / "bare.py"), given.lab])  # PHP and MariaDB have all at hand for both, then
            for width, name in ((2, "same concurrency"), (1, "one by one")):
                bare = [PYTHON, str(HERE / "bare.py"), given.lab, "--concurrency", str(width)]
                compare(
                    f"(d) lab, {name}", given.runs, lambda: crawl(given.lab, folder, "--no-index"), lambda b=bare: b
                )


if __name__ == "__main__":
    main()
