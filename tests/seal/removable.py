"""An archive of crawls with one post that has to go, and what still holds a word of it: every file, unpacked or not."""

import gzip
import json
import os
import shutil
import signal
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import frugal
from crawlkit import SMALL, Crawled, invoke
from fakewp import FakeWordPress

from wparchive.errors import DamagedError
from wparchive.store import Archive, Record, StoredExchange, exchanges

__all__ = ["REASON", "WORD", "Removable", "crawled_with_it", "holding", "killed_at", "records_of", "remove"]

WORD = "Quisqueldörfchen"
REASON = ("--reason", "judgment on personal data", "--order", "12 O 34/26")


@dataclass(frozen=True)
class Removable:
    """An archive with the post `key`; `head` is a copy of its newest checkpoint, kept elsewhere."""

    folder: Path
    key: str
    head: Path

    def copied(self, place: Path) -> "Removable":
        """The same, for a test to alter."""
        return Removable(Path(shutil.copytree(self.folder, place / "archive")), self.key, self.head)

    @property
    def crawled(self) -> Crawled:
        """The archive to look at."""
        return Crawled(self.folder)


def crawled_with_it(site: FakeWordPress, place: Path) -> Removable:
    """Three crawls: a first one, one after an edit, and a full one that finds all as it was."""
    folder = place / "archive"
    wp_id = site.add(
        title=f"{WORD} by the sea", slug="a-village", content=f"<p>{WORD} has a harbour for six boats.</p>"
    )
    crawl = ("crawl", site.url, "-a", folder, *frugal.OPTIONS, "--silent")
    invoke(*crawl)
    site.edit(wp_id, content=f"<p>In {WORD} there is a harbour for seven boats.</p>")
    invoke(*crawl)
    invoke(*crawl, "--full")
    head = place / "head"
    newest = sorted((folder / "seals").glob("0*/checkpoint"))[-1]
    head.write_bytes(newest.read_bytes())
    name = Archive(folder).sites()[0].name
    return Removable(folder, f"{name}/post/{wp_id}", head)


def holding(folder: Path, word: str = WORD) -> list[str]:
    """The files of an archive in which `word` stands, in any spelling, packed or not."""
    forms = {form for one in (word, word.lower()) for form in (one, json.dumps(one)[1:-1], quote(one))}
    found = []
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if path.name.endswith(".warc.gz"):
            data += b"".join(_unpacked(path))
        if any(form.encode() in data for form in forms):
            found.append(path.relative_to(folder).as_posix())
    return found


def _unpacked(path: Path) -> Iterator[bytes]:
    """Every record of a file, and every body without its codings."""
    with suppress(OSError, EOFError, zlib.error):  # damaged: what is whole is read below
        yield gzip.decompress(path.read_bytes())
    for entry in exchanges(path):
        if isinstance(entry, StoredExchange):
            yield entry.head_bytes + entry.request
            with suppress(DamagedError):
                yield entry.body().data


def records_of(folder: Path) -> dict[tuple[str, int], Record]:
    """Every record of an archive by file and offset."""
    entries = (entry for site in Archive(folder).sites() for path in site.warcs() for entry in exchanges(path))
    return {(one.warc, one.offset): one for entry in entries for one in getattr(entry, "records", ())}


def remove(folder: Path, key: str, *more: str, code: int = 0) -> str:
    """Run `wparchive remove` without being asked; returns what it printed."""
    said = invoke("remove", key, *(more or REASON), "--yes", "-a", folder, code=code)
    return said.stdout + said.stderr


def _dying(number: int, step: Callable[..., int | None]) -> Callable[..., int | None]:
    """Return `step`, at whose call with this number the process dies."""
    calls: Iterator[int] = iter(range(number))

    def last_step(*given: object) -> int | None:
        if next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(*given)

    return last_step


def killed_at(number: int, step: str, *arguments: str | Path) -> bool:
    """Run `wparchive` in a process of its own and SIGKILL it before its call `number` of `os.step`; False if it ended first."""
    child = os.fork()
    if not child:
        setattr(os, step, _dying(number, getattr(os, step)))
        try:
            invoke(*arguments)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def small_site() -> FakeWordPress:
    """The site that is crawled."""
    return FakeWordPress(**SMALL)
