"""Media as a ratio: a crawl of 2 GB of files, one of them of 1 GB, against `curl` fetching the same list; run by hand:

    python tests/benchmarks/media.py [--gigabytes 2] [--each 8] [--runs 3]

wanted: wall <= 2.5 times curl's, peak memory of all our processes together <= 150 MB. Needs nginx and curl; both programs write
to the same disk. The crawl finds the files over a small WordPress, keeps them as WARC, syncs them, and indexes them.
On a virtual machine look at what was stolen: a program that wants two processors loses more by that than one that wants one.
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parents[1])]

from fakewp import FakeWordPress  # noqa: E402 - the path comes first, so that it runs from anywhere
from fakewp.content import Sizes, generate  # noqa: E402 - as above
from fakewp.simulator.http import Request  # noqa: E402 - as above
from fakewp.simulator.model import Post  # noqa: E402 - as above
from fakewp.simulator.server import Handler  # noqa: E402 - as above

PORT = 18977
QUIET = 0.05
DAY = "2024-01-01T00:00:00"
NGINX = """
daemon off; pid {0}/nginx.pid; error_log {0}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{ access_log off; sendfile on; types {{ video/mp4 mp4; audio/mpeg mp3; }} keepalive_requests 100000;
  client_body_temp_path {0}/t1; proxy_temp_path {0}/t2; fastcgi_temp_path {0}/t3; uwsgi_temp_path {0}/t4; scgi_temp_path {0}/t5;
  server {{ listen 127.0.0.1:{1}; root {0}/www; }} }}
"""


def make_files(folder: Path, total: int, each: int = 0) -> list[str]:
    """Half of `total` bytes in one file, the rest in files from 40 kB to 9 MB, or of `each` bytes."""
    chance, choice = random.Random(5), (each,) if each else (40_000, 200_000, 800_000, 3_000_000, 9_000_000)
    folder.mkdir(parents=True)
    sizes, left = [total // 2], total - total // 2
    while left > 0:
        sizes.append(min(left, chance.choice(choice)))
        left -= sizes[-1]
    names = []
    for number, size in enumerate(sizes):
        names.append(f"{number:04}.{'mp3' if number else 'mp4'}")
        with (folder / names[-1]).open("wb") as file:
            for start in range(0, size, 1 << 20):
                file.write(os.urandom(min(1 << 20, size - start)))
    return names


class Library(FakeWordPress):
    """A small site whose files lie on the other server."""

    def __init__(self, names: Sequence[str]) -> None:
        site = generate(Sizes(posts=20, pages=2, books=0, media=0, comments=10))
        first = max(site.posts) + 1
        dates = {"date": DAY, "date_gmt": DAY, "modified": DAY, "modified_gmt": DAY}
        for number, name in enumerate(names, first):
            about = {"slug": name[:4], "title": name, "file": f"u/{name}", "mime": "video/mp4", "details": {}}
            site.add(Post(id=number, type="attachment", status="inherit", author=1, **dates, **about))
        super().__init__(content=site)

    def respond(self, handler: Handler, request: Request) -> None:
        answer = self.core.answer(request)
        ours = f"{self.url}wp-content/uploads/u/".replace("/", "\\/").encode()
        answer.body = answer.body.replace(ours, f"http:\\/\\/127.0.0.1:{PORT}\\/".encode())
        handler.send(answer)


@contextmanager
def nginx(folder: Path) -> Iterator[None]:
    """The files of `folder`/www over HTTP."""
    (folder / "nginx.conf").write_text(NGINX.format(folder, PORT))
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        while subprocess.run(
            ["curl", "-s", f"http://127.0.0.1:{PORT}/"], stdout=subprocess.DEVNULL, check=False
        ).returncode:
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def tree(pid: int) -> int:
    """Resident bytes of a process and its children."""
    try:
        children = [
            int(word)
            for path in Path(f"/proc/{pid}/task").iterdir()
            for word in (path / "children").read_text().split()
        ]
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(map(tree, children))


class Figures(NamedTuple):
    """Wall and CPU seconds of a program, its children included; peak megabytes; the share of time that the host stole."""

    wall: float
    cpu: float
    peak: float
    stolen: float


def measured(command: Sequence[str]) -> Figures:
    """Run `command` to its end; raises SystemExit when it fails."""
    os.sync()  # what the one before left to write is not ours
    began, before, stolen = time.perf_counter(), os.times(), steal()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    watch = threading.Event()
    while process.poll() is None:
        peak = max(peak, tree(process.pid))
        watch.wait(0.02)
    after, wall = os.times(), time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Figures(wall, cpu, peak / 1e6, (steal() - stolen) / wall / (os.cpu_count() or 1))


def steal() -> float:
    """Seconds that the host has taken from this machine's processors, all together (proc(5), /proc/stat)."""
    return int(Path("/proc/stat").read_text().split()[8]) / os.sysconf("SC_CLK_TCK")


def ratio(pairs: Sequence[tuple[Figures, Figures]]) -> float:
    """Of the medians of ours and of theirs."""
    return statistics.median(ours.wall for ours, _ in pairs) / statistics.median(theirs.wall for _, theirs in pairs)


def main() -> None:
    """Print a line for each run, and the ratio of the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--each", type=float, default=0.0, help="megabytes of each file but the largest")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as work:
        folder, archive, out = Path(work), Path(work) / "archive", Path(work) / "out"
        names = make_files(folder / "www", int(given.gigabytes * (1 << 30)), int(given.each * (1 << 20)))
        urls = [f'url = "http://127.0.0.1:{PORT}/{name}"\noutput = "{out}/{name}"\n' for name in names]
        (folder / "list").write_text("".join(urls))
        folder.chmod(0o755)
        with nginx(folder), Library(names) as site:
            pairs = []
            for _ in range(given.runs):
                out.mkdir()
                theirs = measured(["curl", "-s", "-K", str(folder / "list")])
                shutil.rmtree(out)
                origin = f"http://127.0.0.1:{PORT}"
                command = [sys.executable, "-m", "wparchive", "crawl", site.url, "-a", str(archive), "--silent"]
                ours = measured([*command, "--allow-origin", origin])
                shutil.rmtree(archive)
                pairs.append((ours, theirs))
                print(
                    f"{len(names)} files: crawl {ours.wall:.2f} s (CPU {ours.cpu:.1f} s, peak {ours.peak:.0f} MB, stolen"
                    f" {ours.stolen:.0%}), curl {theirs.wall:.2f} s (stolen {theirs.stolen:.0%})"
                    f" = {ours.wall / theirs.wall:.2f}",
                    flush=True,
                )
        print(f"median {ratio(pairs):.2f} times curl, peak {max(ours.peak for ours, _ in pairs):.0f} MB")
        if quiet := [pair for pair in pairs if max(one.stolen for one in pair) < QUIET]:
            print(f"of the {len(quiet)} pairs in which less than {QUIET:.0%} was stolen: {ratio(quiet):.2f}")


if __name__ == "__main__":
    main()
