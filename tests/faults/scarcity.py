"""Every command where something runs out: room on the disk, names on it, the size of files, open files, the right to write.

Real processes; what holds whatever runs out and wherever: `wrong`. `test_scarcity.py` tries a few amounts of each, this all:
python tests/faults/scarcity.py [--means disk] [--command crawl] [--step 4096] [--most 800000]
"""

import argparse
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import frugal

_TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_TESTS.parent), str(_TESTS), str(_TESTS / "crawl")]

from crawlkit import crawl, sound  # noqa: E402 - the path comes first, so that it runs from anywhere
from fakewp import FakeWordPress  # noqa: E402 - as above

from wparchive.store import Archive, StoredExchange, exchanges  # noqa: E402 - as above

__all__ = ["COMMANDS", "MEANS", "SIZES", "Command", "World", "wrong"]

SIZES = {"posts": 30, "pages": 2, "books": 2, "media": 3, "comments": 4, "users": 2, "terms": 6}


class World:
    """A site, and archives of it in every state from which a command may begin."""

    def __init__(self, site: FakeWordPress, folder: Path) -> None:
        self.site, self.folder = site, folder
        first, second, *_ = site.ids("post")
        crawl(folder / "held", site.url)
        self.item = next(f"{one.name}/post/{first}" for one in Archive(folder / "held").sites())
        shutil.copytree(folder / "held", folder / "captured")
        site.edit(second, content="<p>Second thoughts.</p>" + "thought " * 2_000)
        crawl(folder / "captured", site.url, index=False)
        crawl(folder / "cut", site.url, changes={"max_requests": 9})
        whole = crawl(folder / "whole", site.url)
        self.items, self.requests = whole.items(), whole.result.report.tally.requests
        run([sys.executable, "-m", "wparchive", "demo", str(folder / "demo")])

    def state(self, name: str, place: Path) -> Path:
        """A copy of the archive in state `name`, in `place`; of none only its path."""
        if (self.folder / name).exists():
            shutil.copytree(self.folder / name, place / "archive")
        return place / "archive"


@dataclass(frozen=True, slots=True)
class Command:
    """A command, the state that it begins from, and how it ends with all the room that it needs; `writes` to the archive."""

    words: tuple[str, ...]
    state: str
    usual: int = 0
    writes: bool = False


COMMANDS = {
    "crawl": Command(("crawl", "URL", *frugal.OPTIONS), "none", writes=True),
    "crawl next": Command(("crawl", "URL", *frugal.OPTIONS), "held", writes=True),
    "crawl resume": Command(("crawl", "URL", *frugal.OPTIONS), "cut", writes=True),
    "crawl full": Command(("crawl", "URL", *frugal.OPTIONS, "--full"), "held", writes=True),
    "index": Command(("index",), "captured", writes=True),
    "index rebuild": Command(("index", "--rebuild"), "captured", writes=True),
    "verify": Command(("verify",), "held"),
    "status": Command(("status",), "held"),
    "status textfile": Command(("status", "--prometheus", "PLACE/metrics.prom"), "held", writes=True),
    "show": Command(("show", "ITEM"), "held"),
    "history": Command(("history", "ITEM"), "held"),
    "trace": Command(("trace", "ITEM"), "held", writes=True),
    "export wacz": Command(("export", "wacz", "-o", "PLACE/made.wacz"), "held", writes=True),
    "demo": Command(("demo",), "demo", writes=True),
}
_OF_THE_SITE = ("crawl", "crawl next", "crawl resume", "crawl full", "index", "index rebuild", "trace")


def run(
    command: Sequence[str], before: Callable[[], None] | None = None, **env: str
) -> "subprocess.CompletedProcess[str]":
    """Run a process, with `before` called in it; our own variables are left out of its environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WPARCHIVE_")}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        env={**clean, **env},
        preexec_fn=before,
        timeout=300,
        check=False,
    )


class Scarce:
    """What runs out: so much of it (`amount`) is left, beyond what the archive in `place` has, to a process."""

    def __init__(self, place: Path, amount: int) -> None:
        self.place, self.amount = place, amount

    def __enter__(self) -> "Scarce":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def laid(self) -> None:
        """From now on it is scarce."""

    def before(self) -> None:
        """Runs in the process, before the command does."""

    def over(self) -> None:
        """There is enough again."""


class _Limit(Scarce):
    which = resource.RLIMIT_FSIZE

    def before(self) -> None:
        resource.setrlimit(self.which, (self.amount, self.amount))


class _Open(_Limit):
    which = resource.RLIMIT_NOFILE


class _Disk(Scarce):
    def __enter__(self) -> "Scarce":
        self._mount("-t", "tmpfs", "-o", "size=64m,nr_inodes=10000", "tmpfs")
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", str(self.place)], check=False)

    def laid(self) -> None:
        used = int(run(["df", "--output=used", "-B1", str(self.place)]).stdout.split()[-1])
        self._mount("-o", f"remount,size={max(used + self.amount, 4096)}")

    def over(self) -> None:
        self._mount("-o", "remount,size=64m,nr_inodes=10000,rw")

    def _mount(self, *options: str) -> None:
        subprocess.run(["mount", *options, str(self.place)], check=True, capture_output=True)


class _Names(_Disk):
    def laid(self) -> None:
        used = int(run(["df", "--output=iused", str(self.place)]).stdout.split()[-1])
        self._mount("-o", f"remount,nr_inodes={used + self.amount}")


class _ReadOnly(_Disk):
    def laid(self) -> None:
        self._mount("-o", "remount,ro")


MEANS: dict[str, tuple[type[Scarce], range]] = {
    "file size": (_Limit, range(0, 800_000, 4096)),
    "disk": (_Disk, range(0, 1_600_000, 4096)),
    "names": (_Names, range(24)),
    "open files": (_Open, range(5, 40)),
    "read-only": (_ReadOnly, range(1)),
}


def wrong(world: World, name: str, means: str, amount: int, place: Path) -> tuple[int, list[str]]:
    """How the command `name` ended where that much was left, and all that isn't as it should be."""
    command = COMMANDS[name]
    place.mkdir(exist_ok=True)
    with MEANS[means][0](place, amount) as scarce:
        folder = world.state(command.state, place)
        (place / "tmp").mkdir()
        given = {"URL": world.site.url, "ITEM": world.item}
        words = [given.get(word, word).replace("PLACE", str(place)) for word in command.words]
        scarce.laid()
        program = [sys.executable, "-m", "wparchive", *words, "-a", str(folder), "--silent"]
        done = run(program, scarce.before, TMPDIR=str(place / "tmp"))
        said = list(_said(command, done))
        scarce.over()
        if name in _OF_THE_SITE:
            said += _mended(world, folder, complete=name != "trace")
        elif name == "demo":
            again = run(program)
            said += [f"demo again: {again.returncode} {again.stderr[-300:]}"] * bool(again.returncode)
        else:
            said += [f"sound: {line}" for line in sound(folder)]
    return done.returncode, said


def _said(command: Command, done: "subprocess.CompletedProcess[str]") -> Iterator[str]:
    lines = done.stderr.splitlines()
    if done.returncode not in (command.usual, 8):
        yield f"exit {done.returncode}: {done.stdout[-500:]} {done.stderr[-1500:]}"
    elif done.returncode == 8 and (len(lines) != 1 or not lines[0].startswith("wparchive: ")):
        yield f"said: {done.stdout[-300:]}{done.stderr[-1500:]}"


def _mended(world: World, folder: Path, *, complete: bool) -> Iterator[str]:
    """With room again the next run holds everything, and asks for nothing that the WARCs hold."""
    held = set(_held(folder)) if folder.exists() else set()
    safe = set(_logged(folder))
    asked = len(world.site.requests)
    again = crawl(folder, world.site.url)
    if again.code:
        yield f"the next run: {again.result.report}"
    if again.items() != world.items and complete:
        yield f"it holds {len(again.items())} of {len(world.items)}"
    if lost := safe - set(again.rows("SELECT capture, warc, offset FROM captures")):
        yield f"lost: {lost}"
    if any(name == "resumed" for name, _ in again.events):
        twice = held & {one.target for one in world.site.requests[asked:] if one.method == "GET"}
        if twice := {one for one in twice if "/wp/v2/" in one}:
            yield f"asked for twice: {sorted(twice)[:5]}"
    if again.rows("SELECT 1 FROM observations WHERE change IN ('deleted', 'unpublished', 'restored')"):
        yield "observed what didn't happen"
    yield from (f"sound: {line}" for line in sound(folder))


def _held(folder: Path) -> Iterator[str]:
    """What the last crawl asked for and has in its WARCs, whole."""
    entries = [
        entry.capture
        for site in Archive(folder).sites()
        for path in site.warcs()
        for entry in exchanges(path)
        if isinstance(entry, StoredExchange)
    ]
    last = entries[-1].crawl if entries else ""
    for one in entries:
        if one.crawl == last and one.final and one.status == 200:
            yield one.url[one.url.index("/", 8) :]


def _logged(folder: Path) -> Iterator[tuple[str, str, int]]:
    for path in folder.glob("*/frontier.db"):
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'captures'").fetchone():
                yield from connection.execute("SELECT capture, warc, offset FROM captures")


def main() -> None:
    """Try all amounts, and say what went wrong at which."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--means", action="append")
    parser.add_argument("--command", action="append")
    parser.add_argument("--step", type=int)
    parser.add_argument("--most", type=int)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work, FakeWordPress(**SIZES) as site:
        world = World(site, Path(work))
        for means, (_, amounts) in MEANS.items():
            if means not in (given.means or MEANS):
                continue
            amounts = range(
                amounts.start, given.most or amounts.stop, (amounts.step > 1 and given.step) or amounts.step
            )
            for name in given.command or COMMANDS:
                ended: Counter[int] = Counter()
                faults = 0
                for amount in amounts:
                    place = Path(work) / "place"
                    code, said = wrong(world, name, means, amount, place)
                    shutil.rmtree(place)
                    ended[code] += 1
                    faults += bool(said)
                    for line in said:
                        print(f"  {means} {amount}, {name}: {line}", flush=True)
                print(f"{means}, {name}: {len(amounts)} amounts, {dict(ended)}, {faults} wrong", flush=True)


if __name__ == "__main__":
    main()
