"""What a turn of an unchanged site costs in CPU and memory, and a worker beside it; run by hand, needs PostgreSQL's programs:

    python tests/benchmarks/fleet_turn.py [--posts 250] [--turns 8]

A real worker takes turns of one site that is served by this process; its CPU is that of the processes which were forked for
the turns. Memory is what each process has to itself or shares with others by its part (Pss). Wanted: a turn at most 0.5 s of
CPU; a worker at most 120 MB, and 120 MB more for each turn.
"""

import argparse
import os
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "crawl", "fleet"))]
os.environ["PYTHONPATH"] = str(ROOT)

from fleetlab import Fleet, served  # noqa: E402 - the path comes first, so that it runs from anywhere
from pgserver import PGServer, pg_programs  # noqa: E402 - as above

from wparchive.naming import site_name  # noqa: E402 - as above


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(";")[0])
    for name, default in (("posts", 250), ("turns", 8)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    programs = pg_programs()
    if programs is None:
        raise SystemExit("needs PostgreSQL: apt-get install postgresql")
    server = PGServer(programs)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            _measure(Fleet(Path(folder), server.make()), given)
    finally:
        server.stop()


def _measure(fleet: Fleet, given: argparse.Namespace) -> None:
    with served(1, posts=given.posts, comments=20, terms=10, media=5) as sites:
        name = site_name(sites[0].url)
        fleet.run("add", sites[0].url, "--every", "12h")
        worker = fleet.worker("one", 1)
        fleet.all_turned(1)
        (forks,) = [pid for pid in _children(worker.pid) if b"forkserver" in _words(pid)]
        first, most, over = _of_children(forks), {"worker": 0, "server of forks": 0, "turn": 0}, threading.Event()
        watching = threading.Thread(target=_watch, args=(worker.pid, forks, most, over))
        watching.start()
        asked = len(sites[0].times)
        for number in range(given.turns):
            fleet.run("now", name)
            fleet.all_turned(number + 2)
        over.set()
        watching.join()
        spent = _of_children(forks) - first
        print(f"{given.posts} posts; the first turn took {first:.2f} s of CPU and {asked} requests")
        print(
            f"an unchanged turn: {spent / given.turns:.2f} s of CPU, {(len(sites[0].times) - asked) / given.turns:.0f} requests"
        )
        print("memory: " + ", ".join(f"{what} {size / 1e6:.0f} MB" for what, size in most.items()))
        print(f"exit code of the worker: {fleet.end(worker)}")


def _watch(worker: int, forks: int, most: dict[str, int], over: threading.Event) -> None:
    while not over.wait(0.02):
        for what, pids in (("worker", [worker]), ("server of forks", [forks]), ("turn", _children(forks))):
            most[what] = max([most[what], *map(_memory, pids)])


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _words(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def _of_children(pid: int) -> float:
    """Seconds of CPU of the processes that `pid` forked and that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
