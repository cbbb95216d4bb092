"""The store of one site during a run: WARC writers, capture log and recovery, tied together by the write order.

A record is appended, flushed and synced; only then does one transaction in the capture log name it. Records that a
crash left uncommitted are adopted at the next `open`.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self
from uuid import uuid4

from wparchive.errors import DamagedError, StorageError
from wparchive.model import Capture, Exchange, Fetched, Privilege, timestamp
from wparchive.store.aligning import align, open_log
from wparchive.store.archive import Archive
from wparchive.store.folder import SiteFolder
from wparchive.store.log.capture_log import CaptureLog, Unfinished
from wparchive.store.losses import Losses
from wparchive.store.strays import stamp_of
from wparchive.store.warc.reader import StoredExchange
from wparchive.store.warc.recovery import Recovery
from wparchive.store.warc.writing.records import Plan, Prepared
from wparchive.store.warc.writing.writer import WarcWriter

__all__ = ["SiteStore"]

_READ_AGAIN = 8 << 20  # bytes: up to this size a payload is read again before a revisit refers to it
_STAMP = len("20260301120000")
# A run id has a later stamp than the last one; datetime ends with this year.
_LAST_YEAR = 9999
_REDIRECTS = (301, 302, 303, 307, 308)


class SiteStore:
    """The store of one site during one run; created by `open`, by the holder of the site's lock.

    `prepare`, `final`, `latest` and `read` may be called from any thread, the rest only from the owner's. After a
    StorageError everything committed is safe; close the store and stop.
    """

    def __init__(
        self,
        archive: Archive,
        folder: SiteFolder,
        log: CaptureLog,
        writers: Mapping[Privilege, WarcWriter],
        plan: Plan,
        *,
        recovered: list[Recovery],
        losses: Losses,
        renewed: str,
        clock: Callable[[], datetime],
        dedup: str,
    ) -> None:
        self.archive, self.folder, self.log = archive, folder, log
        self.site, self.run, self.crawl = plan.site, plan.run, plan.crawl
        self.recovered = recovered
        self.losses = losses
        self.renewed = renewed  # why the capture log was rebuilt, in one line; empty when it wasn't
        self._writers, self._plan = writers, plan
        self._clock, self._dedup = clock, dedup
        # Elsewhere nothing changes, and the digest of each file is known.
        self._elsewhere = log.elsewhere.sizes().keys() if folder.remote else frozenset()
        self._closed = False
        self._waiting: list[Capture] = []  # appended, not yet committed

    @classmethod
    def open(
        cls,
        archive: Archive,
        name: str,
        *,
        clock: Callable[[], datetime],
        info: Mapping[str, str] | None = None,
        rotate_at: int = 10**9,
        payload_digest: str = "default",
        dedup: str = "archive",
        on_finished: Callable[[Path], None] | None = None,
    ) -> Self:
        """Open the store of the site called `name` for a new run.

        Files left open by killed runs are recovered, and the capture log is brought in line with the WARCs, or rebuilt
        when it is lost or damaged. `info` adds fields to each warcinfo record; `rotate_at` is in bytes;
        `payload_digest` is default or spec; `dedup` is archive, run or none. `on_finished` is called with each
        WARC that is finished, those of killed runs included. Raises StorageError.
        """
        folder = archive.site(name).create()
        log, renewed = open_log(folder)
        try:
            losses = Losses(folder, log)
            recovered = align(folder, log, losses, on_finished)
            run = _new_run(folder, log, clock())
            places = {Privilege.ANONYMOUS: folder.warc, Privilege.AUTHENTICATED: folder.private}
            fields = {"wparchive-site": name, **(info or {})}
            new_writer = partial(
                WarcWriter,
                site=name,
                run=run,
                clock=clock,
                info=fields,
                rotate_at=rotate_at,
                on_finished=on_finished,
            )
            writers = {
                privilege: new_writer(place, private=privilege is Privilege.AUTHENTICATED)
                for privilege, place in places.items()
            }
            plan = Plan(site=name, run=run, crawl=run, spec_digest=payload_digest == "spec")
            return cls(
                archive,
                folder,
                log,
                writers,
                plan,
                recovered=recovered,
                losses=losses,
                renewed=renewed,
                clock=clock,
                dedup=dedup,
            )
        except BaseException:
            log.close()
            raise

    def unfinished(self) -> Unfinished | None:
        """The previous run, when it was killed or ended resumable: pass its crawl to `begin` to resume it."""
        return self.log.unfinished()

    def begin(self, start: Mapping[str, object], *, crawl: str | None = None) -> None:
        """Write the fact `start`, adding run, crawl, site, started_at and continues; `crawl` is one to resume."""
        before = self.unfinished() if crawl else None
        self.crawl = crawl or self.run
        self._plan = replace(self._plan, crawl=self.crawl)
        ours = {"run": self.run, "crawl": self.crawl, "site": self.site, "continues": before.run if before else None}
        self.fact("start", {"started_at": timestamp(self._clock()), **start, **ours})

    def prepare(self, fetched: Fetched) -> list[Prepared]:
        """Build the records of every attempt and hop, the last being the response; revisits where the payload is held."""
        last = fetched.last
        prepared = []
        for exchange in fetched.exchanges:
            final = exchange is last
            verdict = str(fetched.verdict) if final else "hop" if exchange.status in _REDIRECTS else "attempt"
            plan = replace(
                self._plan,
                final=final,
                verdict=verdict,
                reason=fetched.reason if final else "",
                revisit_of=self._held(exchange, fetched.target.key if final else ""),
            )
            # Responses to requests with credentials go to private files.
            prepared.append(self._writers[exchange.privilege].prepare(fetched.target, exchange, plan))
        return prepared

    def _held(self, exchange: Exchange, key: str) -> Capture | None:
        """Return the committed capture that a revisit may refer to; None when a full record is needed."""
        # A body that was cut off has no whole payload to refer to.
        if self._dedup == "none" or not exchange.payload_size or exchange.truncated or exchange.head is None:
            return None
        crawl = self.crawl if self._dedup == "run" else None
        found = self.log.known(exchange.url, exchange.payload_sha256, exchange.privilege, crawl, key=key)
        return found if found and self._is_sound(found) else None

    def _is_sound(self, capture: Capture) -> bool:
        """Whether the payload of `capture` can still be read; a payload that was lost is stored again, not referred to.

        Of a large payload only the presence of its record is checked: reading it would take as long as writing it.
        """
        if capture.warc in self._elsewhere and not self.archive.is_here(capture.warc):
            return True
        digest = hashlib.sha256()
        try:
            stored = self.archive.response(capture)
            if capture.payload_size > _READ_AGAIN:
                return True
            for piece in stored.payload():
                digest.update(piece)
        except (DamagedError, OSError):
            return False
        return digest.hexdigest() == capture.payload_sha256

    def put(self, prepared: Iterable[Prepared], *, commit: bool = True) -> list[Capture]:
        """Append all records, sync, and commit in one transaction; closes their spools.

        Without `commit` they are only appended until the next `commit`, so that one sync serves many. Raises
        StorageError when the disk is full or not writable; records that were appended whole before are committed then.
        """
        captures: list[Capture] = []
        try:
            for one in prepared:
                captures.append(self._writers[one.exchange.privilege].append(one))
                if one.exchange.block:
                    one.exchange.block.close()
        except StorageError:
            # If a torn tail couldn't be cut off, nothing is committed: the next start finds out what is whole.
            self._waiting += captures
            if all(writer.intact for writer in self._writers.values()):
                self.commit()
            raise
        self._waiting += captures
        if commit:
            self.commit()
        return captures

    def commit(self) -> None:
        """Make everything appended so far durable and known to the capture log."""
        waiting = list(self._waiting)
        self._commit(waiting)
        # Not before: if this commit failed, the next one must name these captures too, or the files would hold unknown ones.
        del self._waiting[: len(waiting)]

    def fact(self, name: str, value: object) -> tuple[str, int, int]:
        """Write a fact of the run as the resource `urn:wparchive:run:RUN:NAME`; returns file, offset and length.

        `start`, `site` and `end` are durable at once, others with the next `put` or `close`.
        """
        place = self._writers[Privilege.ANONYMOUS].resource(name, value)
        # The next run needs these even if this one is killed.
        if name in ("start", "site", "end"):
            self.commit()
            self.log.learn(self.run, name, value, timestamp(self._clock()))
        return place

    def _commit(self, captures: list[Capture]) -> None:
        for writer in self._writers.values():
            writer.sync()
        positions = [position for writer in self._writers.values() for position in writer.positions]
        self.log.commit(captures, positions)

    def final(self, key: str) -> Capture | None:
        """Return the final capture of the target `key` in this crawl, as far as committed."""
        return self.log.final(self.crawl, key)

    def latest(self, key_or_url: str, privilege: Privilege = Privilege.ANONYMOUS) -> Capture | None:
        """Return the newest capture of a target or URL in any crawl, as far as committed."""
        return self.log.latest(key_or_url, privilege)

    def read(self, capture: Capture) -> StoredExchange:
        """Return the stored exchange of `capture`. Raises DamagedError."""
        return self.archive.response(capture)

    def finish(self, end: Mapping[str, object]) -> None:
        """Write the fact `end` and close. `end` contains `outcome`, and `resumable` when the next run should resume."""
        try:
            self.fact("end", {"finished_at": timestamp(self._clock()), **end})
        finally:
            self.close()

    def close(self) -> None:
        """Finish the files and close the capture log; a run without `finish` counts as killed, and is resumed."""
        if self._closed:
            return
        self._closed = True
        try:
            for writer in self._writers.values():
                writer.close()
            with suppress(StorageError):  # no room for these notes: the next start looks for itself
                self.commit()
                self.losses.note_times(self.folder.warcs(imports=False))
        finally:
            for writer in self._writers.values():
                writer.abandon()
            self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _new_run(folder: SiteFolder, log: CaptureLog, now: datetime) -> str:
    """Return a run id that sorts after every run and file there is, even when the clock went back."""
    moment = now.astimezone(UTC)
    stamps = [run.run[:14] for run in log.runs()] + [stamp_of(path) for path in folder.warcs(imports=False)]
    last = max(filter(None, map(_moment, stamps)), default=None)
    if last and moment.replace(microsecond=0) <= last:
        moment = last + timedelta(seconds=1)
    return f"{moment:%Y%m%d%H%M%S}-{uuid4().hex[:8]}"


def _moment(stamp: str) -> datetime | None:
    """Return the time of a stamp; None when it isn't one that a later run id could follow."""
    try:
        moment = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC) if len(stamp) == _STAMP else None
    except ValueError:
        return None
    return moment if moment and moment.year < _LAST_YEAR else None
