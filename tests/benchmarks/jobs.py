"""Many slow sites one after another, with --jobs, and by as many processes; run by hand:

    python tests/benchmarks/jobs.py [--sites 200] [--latency 1.0] [--jobs 4]

Each site has an address of its own on loopback (127.1.0.1 and on; on other systems than Linux these have to be set up),
and answers every request after the latency. Wanted: wall time of --jobs 4 at most a third of that one after another,
CPU at most 5 % more, memory at most 100 MB a job. The processes show what threads spare or cost.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

from fakewp.content import Sizes, generate  # noqa: E402 - the path comes first, so that it runs from anywhere
from fakewp.simulator.core import Core  # noqa: E402 - as above
from fakewp.simulator.http import Request  # noqa: E402 - as above

SIZES = Sizes(posts=7, pages=2, books=2, media=3, comments=4, users=2, terms=6)
MB = 1024  # ru_maxrss is in kB on Linux


class Connection(asyncio.Protocol):
    """One client: requests without bodies, each answered after the latency."""

    def __init__(self, core: Core, latency: float) -> None:
        self.core, self.latency, self.held = core, latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]  # of a TCP server it is one

    def data_received(self, data: bytes) -> None:
        data = self.held + data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head, data = data[:end].decode("latin-1").split("\r\n"), data[end + 4 :]
            method, target, _ = head[0].split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            asyncio.get_running_loop().call_later(self.latency, self._answer, method, target, headers)
        self.held = data

    def _answer(self, method: str, target: str, headers: dict[str, str]) -> None:
        answer = self.core.answer(Request.of("GET" if method == "HEAD" else method, target, headers))
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", f"Date: {formatdate(usegmt=True)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        lines += [f"Content-Length: {len(answer.body)}", "", ""]
        self.transport.write("\r\n".join(lines).encode() + (b"" if method == "HEAD" else answer.body))


async def _serve(sites: int, latency: float) -> None:
    content, loop, listening = generate(SIZES), asyncio.get_running_loop(), []
    for number in range(sites):
        address, core = f"127.1.{number // 250}.{number % 250 + 1}", []
        made = await loop.create_server(lambda core=core: Connection(core[0], latency), address, 0)
        home = f"http://{address}:{made.sockets[0].getsockname()[1]}"
        core.append(Core(content, home))
        listening.append(made)
        print(f"{home}/")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


@contextlib.contextmanager
def served(sites: int, latency: float) -> Iterator[list[str]]:
    """The sites in a process of their own; gives their URLs."""
    command = [sys.executable, __file__, "--serve", "--sites", str(sites), "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        yield [process.stdout.readline().strip() for _ in range(sites)]
        process.stdin.close()
        process.terminate()


def measured(commands: Sequence[Sequence[str]]) -> tuple[float, float, float]:
    """Wall and CPU seconds of all `commands` run at the same time, and the peak megabytes of the largest process."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    running = [
        os.posix_spawn(
            one[0], list(one), os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        )
        for one in commands
    ]
    ends = [os.wait4(pid, 0) for pid in running]
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if any(status for _, status, _ in ends):
        raise SystemExit(f"a crawl ended with {[os.waitstatus_to_exitcode(status) for _, status, _ in ends]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, max(usage.ru_maxrss for _, _, usage in ends) / MB


def crawl(folder: Path, urls: Sequence[str], jobs: int) -> list[str]:
    """The command that crawls `urls` into a new archive."""
    common = ["-a", str(folder), "--media", "none", "--silent", "--jobs", str(jobs)]
    return [sys.executable, "-m", "wparchive", "crawl", *urls, *common]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--only", choices=("jobs", "processes", "sequence"), action="append", help="may be repeated")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(_serve(given.sites, given.latency))
        return
    jobs = given.jobs
    with served(given.sites, given.latency) as urls, tempfile.TemporaryDirectory() as work:
        ways = {
            "jobs": [crawl(Path(work) / "jobs", urls, jobs)],
            "processes": [crawl(Path(work) / "processes", urls[n::jobs], 1) for n in range(jobs)],
            "sequence": [crawl(Path(work) / "sequence", urls, 1)],
        }
        measured([crawl(Path(work) / "warm", urls[:jobs], jobs)])  # compiles, and fills caches
        print(f"{given.sites} sites, {given.latency:g} s latency, {jobs} jobs")
        for name, commands in ways.items():
            if name in (given.only or ways):
                wall, cpu, peak = measured(commands)
                print(f"{name:10} {wall:8.1f} s wall {cpu:8.2f} s CPU {peak:6.0f} MB peak of a process", flush=True)


if __name__ == "__main__":
    main()
