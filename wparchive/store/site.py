"""One site's store while a run holds it: WARC writers, capture log and recovery tied together by the write order.

A record is appended, flushed and synced; only then one transaction in the capture log. What a crash leaves is adopted at
the next `open`.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
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
from wparchive.store.warc.records import Prepared
from wparchive.store.warc.recovery import Recovery
from wparchive.store.warc.writer import WarcWriter

__all__ = ["SiteStore"]

_READ_AGAIN = 8 << 20  # bytes
_STAMP = len("20260301120000")
_LAST_YEAR = 9999
_REDIRECTS = (301, 302, 303, 307, 308)


class SiteStore:
    """The store of one site during one run; made by `open`, by the holder of the site's lock.

    `prepare`, `final`, `latest` and `read` may be called from any thread, the rest from the one that owns the store.
    After a StorageError everything committed is safe; close the store and stop.
    """

    def __init__(
        self,
        archive: Archive,
        folder: SiteFolder,
        log: CaptureLog,
        run: str,
        recovered: list[Recovery],
        losses: Losses,
        renewed: str,
        *,
        clock: Callable[[], datetime],
        info: Mapping[str, str],
        rotate_at: int,
        payload_digest: str,
        dedup: str,
    ) -> None:
        self.archive, self.folder, self.log = archive, folder, log
        self.site, self.run, self.crawl = folder.name, run, run
        self.recovered = recovered
        self.losses = losses
        self.renewed = renewed  # why the capture log isn't the one that stood there, in one line
        self._clock, self._dedup = clock, dedup
        self._closed = False
        self._waiting: list[Capture] = []  # appended, not yet committed
        self._writers = {
            privilege: WarcWriter(
                place,
                folder.name,
                run,
                run,
                clock=clock,
                info={"wparchive-site": folder.name, **info},
                rotate_at=rotate_at,
                payload_digest=payload_digest,
                private=privilege is Privilege.AUTHENTICATED,
            )
            for privilege, place in (
                (Privilege.ANONYMOUS, folder.warc),
                (Privilege.AUTHENTICATED, folder.private),
            )
        }

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
    ) -> Self:
        """Open the store of the site called `name` for a new run.

        Files that dead runs left open are recovered, and the capture log is brought in line with the WARCs: rebuilt when
        it is lost or damaged. `info` goes into each warcinfo record; `rotate_at` is in bytes; `payload_digest` is
        default or spec; `dedup` is archive, run or none. Raises StorageError.
        """
        folder = archive.site(name).create()
        log, renewed = open_log(folder)
        try:
            losses = Losses(folder, log)
            recovered = align(folder, log, losses)
            run = _new_run(folder, log, clock())
            return cls(
                archive,
                folder,
                log,
                run,
                recovered,
                losses,
                renewed,
                clock=clock,
                info=info or {},
                rotate_at=rotate_at,
                payload_digest=payload_digest,
                dedup=dedup,
            )
        except BaseException:
            log.close()
            raise

    def unfinished(self) -> Unfinished | None:
        """The run before this one, when it was killed or ended resumable: pass its crawl to `begin` to take over."""
        return self.log.unfinished()

    def begin(self, start: Mapping[str, object], *, crawl: str | None = None) -> None:
        """Write the fact `start`; run, crawl, site, started_at, continues are filled in. `crawl`: one to take over."""
        before = self.unfinished() if crawl else None
        self.crawl = crawl or self.run
        for writer in self._writers.values():
            writer.crawl = self.crawl
        ours = {"run": self.run, "crawl": self.crawl, "site": self.site, "continues": before.run if before else None}
        self.fact("start", {"started_at": timestamp(self._clock()), **start, **ours})

    def prepare(self, fetched: Fetched) -> list[Prepared]:
        """Make the records of every attempt and hop, the last being the answer; revisits where we hold the payload."""
        last = fetched.last
        prepared = []
        for exchange in fetched.exchanges:
            final = exchange is last
            verdict = str(fetched.verdict) if final else "hop" if exchange.status in _REDIRECTS else "attempt"
            writer = self._writers[exchange.privilege]
            prepared.append(
                writer.prepare(
                    fetched.target,
                    exchange,
                    final=final,
                    verdict=verdict,
                    reason=fetched.reason if final else "",
                    revisit_of=self._held(exchange, fetched.target.key if final else ""),
                )
            )
        return prepared

    def _held(self, exchange: Exchange, key: str) -> Capture | None:
        """The committed capture that a revisit may refer to, None when a full record is wanted."""
        if self._dedup == "none" or not exchange.payload_size or exchange.truncated or exchange.head is None:
            return None
        crawl = self.crawl if self._dedup == "run" else None
        found = self.log.known(exchange.url, exchange.payload_sha256, exchange.privilege, crawl, key=key)
        return found if found and self._is_sound(found) else None

    def _is_sound(self, capture: Capture) -> bool:
        """Whether the payload of `capture` can still be read: what an old file has lost is kept anew, not referred to.

        Of a large one only that its record is there: reading it would take as long as writing it.
        """
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
        """Append all, sync, commit in one transaction; their spools are closed.

        Without `commit` they are only appended, and wait for the next `commit`: one sync then serves many. Raises
        StorageError when the disk is full or not writable; what was appended whole before is committed then.
        """
        captures: list[Capture] = []
        try:
            for one in prepared:
                captures.append(self._writers[one.exchange.privilege].append(one))
                if one.exchange.block:
                    one.exchange.block.close()
        except StorageError:
            # Where a tail couldn't be cut off, the next start sorts out what is whole.
            self._waiting += captures
            if all(writer.intact for writer in self._writers.values()):
                self.commit()
            raise
        self._waiting += captures
        if commit:
            self.commit()
        return captures

    def commit(self) -> None:
        """Make everything appended so far durable, and known to the capture log."""
        waiting = list(self._waiting)
        self._commit(waiting)
        # Only now: where the frontier had no room, the next commit tells of what these files hold, or none does.
        del self._waiting[: len(waiting)]

    def fact(self, name: str, value: object) -> tuple[str, int, int]:
        """Write what only the run knows as the resource `urn:wparchive:run:RUN:NAME`; gives file, offset and length.

        Durable with the next `put` or `close`; `start`, `site` and `end` at once.
        """
        place = self._writers[Privilege.ANONYMOUS].resource(name, value)
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
        """The final capture of the target `key` in this crawl, committed."""
        return self.log.final(self.crawl, key)

    def latest(self, key_or_url: str, privilege: Privilege = Privilege.ANONYMOUS) -> Capture | None:
        """The newest capture of a target or URL in any crawl, committed."""
        return self.log.latest(key_or_url, privilege)

    def read(self, capture: Capture) -> StoredExchange:
        """What stands in the WARC for `capture`. Raises DamagedError."""
        return self.archive.response(capture)

    def finish(self, end: Mapping[str, object]) -> None:
        """Write the fact `end` and close. `outcome` is in `end`, and `resumable` when a next run should take over."""
        try:
            self.fact("end", {"finished_at": timestamp(self._clock()), **end})
        finally:
            self.close()

    def close(self) -> None:
        """Finish the files and close the capture log; without `finish` the run counts as killed, and is taken over."""
        if self._closed:
            return
        self._closed = True
        try:
            for writer in self._writers.values():
                writer.close()
            with suppress(StorageError):  # no room to note it: the next start sees for itself
                self.commit()
                self.losses.note_times(self.folder.warcs())
        finally:
            for writer in self._writers.values():
                writer.abandon()
            self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _new_run(folder: SiteFolder, log: CaptureLog, now: datetime) -> str:
    """A run id that sorts after every run and file there is, even when the clock went back."""
    moment = now.astimezone(UTC)
    stamps = [run.run[:14] for run in log.runs()] + [stamp_of(path) for path in folder.warcs()]
    last = max(filter(None, map(_moment, stamps)), default=None)
    if last and moment.replace(microsecond=0) <= last:
        moment = last + timedelta(seconds=1)
    return f"{moment:%Y%m%d%H%M%S}-{uuid4().hex[:8]}"


def _moment(stamp: str) -> datetime | None:
    """The moment that a stamp names; None for what is none that a run could go on from."""
    try:
        moment = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC) if len(stamp) == _STAMP else None
    except ValueError:
        return None
    return moment if moment and moment.year < _LAST_YEAR else None
