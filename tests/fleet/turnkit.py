"""Turns of one site on several machines, each a folder, without a database: what the object store alone carries over."""

import hashlib
import re
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import frugal

from wparchive.config import Settings, SiteConfig
from wparchive.crawl.incremental.memory import Memory
from wparchive.crawl.report import RunReport
from wparchive.crawl.run import Options, crawl_site
from wparchive.fleet.manifest import Head, Part, fold, listed_files, read_head, write_head
from wparchive.fleet.objects import ObjectStore, RemoteWarcs
from wparchive.fleet.uploader import Sent, Uploader
from wparchive.index import index
from wparchive.store import Archive, CaptureLog

SITE = "site"
PLAIN = Settings(**frugal.SETTINGS, rotate=256_000_000)
Events = list[tuple[str, Mapping[str, Any]]]
# When something was seen, by which run and in which capture: that differs between two archives of one site.
_MOVING = {"first_seen", "last_seen", "capture", "gone_since", "missing_since", "run", "observed_at", "before", "after"}
_MOVING |= {"confirmed", "captured_at", "warc", "offset", "length", "refers_to", "crawl", "continues", "started_at"}
_MOVING |= {"finished_at", "payload_digest", "dated", "answer", "age", "bytes", "settings"}
_RUN = re.compile(r"\d{14}-[0-9a-f]{8}")
TABLES = ("posts", "media", "comments", "users", "terms", "post_terms", "links", "outbound", "versions", "observations",
          "listings", "captures", "runs", "gaps")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of a turn: `remote` counts what was read of earlier WARCs."""

    report: RunReport
    archive: Archive
    remote: RemoteWarcs | None
    head: Head
    sent: Sent
    events: Events


def turn(
    machine: Path,
    url: str,
    store: ObjectStore,
    private: ObjectStore | None = None,
    *,
    before: str = "",
    secrets: Path = Path("."),
    changes: Mapping[str, Any] | None = None,
) -> Turn:
    """One turn in the empty folder `machine`; files of months before `before` are moved out of HEAD."""
    found = read_head(store, SITE)
    head, etag = found or (Head(url=url), None)
    remote = RemoteWarcs(machine, SITE, head, store, private) if found else None
    archive = Archive(machine, remote)
    folder = archive.site(SITE).create()
    if head.state:
        store.fetch(f"{SITE}/{head.state.key}", folder.frontier)
    events: Events = []

    def learn(name: str) -> None:
        with closing(CaptureLog(folder.frontier, name)) as log:
            Memory(folder, log).learn()

    with Uploader(folder, store, private) as uploader:
        report = crawl_site(
            archive,
            SiteConfig(url=url, name=SITE, settings=replace(PLAIN, **(changes or {}))),
            Options(debug=True, on_finished=uploader.take, secrets=secrets),
            stop=threading.Event(),
            emit=lambda event, fields: events.append((event, fields)),
            after=learn,
        )
        sent = uploader.finish()
    state = folder.frontier.read_bytes()
    made = replace(
        head,
        generation=head.generation + 1,
        epoch=head.epoch + 1,
        run=report.run,
        outcome=report.outcome,
        files={**head.files, **sent.up},
        state=Part(f"state/{head.generation + 1}-{head.epoch + 1}.frontier", hashlib.sha256(state).hexdigest()),
    )
    assert made.state
    store.put_new(f"{SITE}/{made.state.key}", state)
    made = fold(store, SITE, made, before, keep=set(sent.up))
    write_head(store, SITE, made, etag)
    return Turn(report, archive, remote, made, sent, events)


def gathered(root: Path, store: ObjectStore, private: ObjectStore | None = None, site: str = SITE) -> Archive:
    """An ordinary archive of all WARCs that HEAD lists, indexed."""
    head, _ = read_head(store, site) or (Head(url=""), "")
    folder = Archive(root).site(site).create()
    for name, one in listed_files(store, site, head).items():
        path = folder.path / name
        path.parent.mkdir(exist_ok=True)
        where = private if private and name.startswith("warc/private/") else store
        assert where.fetch(f"{site}/{name}", path) == one.sha256
        assert path.stat().st_size == one.size
    index(Archive(root))
    return Archive(root)


def rows(archive: Archive) -> dict[str, list[str]]:
    """What an archive holds, but for when and where it was captured."""
    found = {}
    with closing(sqlite3.connect(archive.database)) as db:
        for table in TABLES:
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            columns = ", ".join(f'"{name}"' for name in names if name not in _MOVING)
            found[table] = sorted(_RUN.sub("RUN", repr(row)) for row in db.execute(f"SELECT {columns} FROM {table}"))
    return found
