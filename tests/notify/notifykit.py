"""One invocation of `wparchive crawl --config` on a clock of the test's own, and what each channel was told."""

import argparse
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import defusedxml.ElementTree
import frugal

from wparchive.config import load
from wparchive.crawl.run import Options
from wparchive.crawl.seams import Seams
from wparchive.errors import ExitCode, worst
from wparchive.fleet.local import crawl_all
from wparchive.fleet.notify.notifier import Notifier
from wparchive.fleet.notify.settings import notices
from wparchive.store import Archive

__all__ = ["Ended", "Telling", "entries", "invocation", "keys_told", "moment"]

ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How an invocation ended: its exit code, its warnings, and what it printed."""

    code: ExitCode
    warnings: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Telling:
    """A configuration in a folder of the test's own: the archive beside it, and what the command was given."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "sites.toml"

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def feed(self) -> Path:
        return self.folder / "changes.xml"

    def write(self, notify: str, sites: dict[str, str], more: str = "") -> None:
        """Write the configuration of `sites`, by name, with the table `notify`; `more` comes last."""
        text = f'[archive]\npath = "archive"\n[defaults]\n{frugal.LINES}retries = 0\n'
        text += f"[notify]\n{notify}\n" if notify else ""
        text += "".join(f'[[sites]]\nname = "{name}"\nurl = "{url}"\n' for name, url in sites.items())
        self.config.write_text(text + more, "utf-8")

    def crawl(self) -> None:
        """Crawl and tell nobody."""
        text = self.config.read_text("utf-8")
        head, _, sites = text.partition("[[sites]]")
        self.config.write_text(f"{head.partition('[notify]')[0]}[[sites]]{sites}", "utf-8")
        invocation(self.config)
        self.config.write_text(text, "utf-8")

    @property
    def command(self) -> str:
        """A command that keeps what it is given."""
        return f"sh -c 'cat >> {self.folder}/commanded'"

    def commanded(self) -> list[dict[str, Any]]:
        path = self.folder / "commanded"
        return [json.loads(line) for line in path.read_text("ascii").splitlines()] if path.exists() else []


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def invocation(
    config_file: Path,
    now: datetime | None = None,
    *,
    stop: threading.Event | None = None,
    after: Callable[[], None] = lambda: None,
    **options: Any,
) -> Ended:
    """Crawl as `crawl --config` does, at the time `now`; waits between attempts take no time. `after` comes before it tells."""
    config, stop = load(config_file), stop or threading.Event()
    seams = Seams(sleep=lambda _: None) if now is None else Seams(now=lambda: now, sleep=lambda _: None)
    warnings: list[str] = []
    printed: list[str] = []
    archive = Archive(config.archive)
    notifier = Notifier(
        archive,
        notices(config_file, config),
        warn=warnings.append,
        write=printed.append,
        stop=stop,
        seams=seams,
        debug=True,
    )
    notifier.begin()
    results = crawl_all(
        archive,
        config.sites,
        Options(secrets=config.folder, **options),
        index=True,
        stop=stop,
        emit=lambda event, fields: None,
        seams=seams,
    )
    after()
    notifier.notify([result.report for result in results])
    return Ended(worst([result.report.exit_code for result in results]), warnings, printed)


def keys_told(messages: Sequence[dict[str, Any]]) -> list[str]:
    """What messages tell, one after another: ids of changes, and events in words."""
    told: list[str] = []
    for message in messages:
        assert not message["more"]
        told += [change["id"] for change in message["changes"]]
        told += [" ".join((event["site"], event["kind"], "over" * event["over"])) for event in message["events"]]
    return told


def entries(path: Path) -> Iterator[tuple[str, str]]:
    """Id and title of each entry of a feed."""
    feed = defusedxml.ElementTree.parse(path).getroot()
    for entry in feed.findall(f"{ATOM}entry"):
        yield str(entry.findtext(f"{ATOM}id")), str(entry.findtext(f"{ATOM}title"))


if __name__ == "__main__":  # an invocation that a test can kill
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("now", type=moment)
    arguments = parser.parse_args()
    invocation(arguments.config, arguments.now)
