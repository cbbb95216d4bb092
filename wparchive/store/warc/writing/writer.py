"""Write a run's WARC files: one owner appends, rotates, syncs and finishes them; any thread prepares records."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from wparchive.errors import StorageError, way_out
from wparchive.model import Capture, Exchange, Target
from wparchive.store.modes import own_folder
from wparchive.store.warc.fields import Fields, Record, capture_of
from wparchive.store.warc.names import name_of, warc_name
from wparchive.store.warc.writing.records import Plan, Prepared, new_id, prepare
from wparchive.store.warc.writing.run_records import info_member, resource_member
from wparchive.transit.spool import ROOM

__all__ = ["WarcWriter", "storage_error", "sync_folder"]

_STAMP = re.compile(r"\d{14}")


class WarcWriter:
    """The WARC files of one run in one folder: created with the first record, rotated between exchanges.

    `prepare` may be called from any thread, everything else only by the owner. `rotate_at` is in bytes; `private`
    files are closed to other users; `on_finished` is called with each finished file. A failed write raises StorageError,
    and its partial record is cut off again if the disk allows it.
    """

    def __init__(
        self,
        folder: Path,
        site: str,
        run: str,
        *,
        clock: Callable[[], datetime],
        info: Mapping[str, str],
        rotate_at: int,
        private: bool,
        on_finished: Callable[[Path], None] | None = None,
    ) -> None:
        self._on_finished = on_finished
        self._private = private
        self._folder, self._site, self._run = folder, site, run
        self._clock, self._info, self._rotate_at = clock, info, rotate_at
        stamp = _STAMP.match(run)
        self._stamp = stamp[0] if stamp else clock().strftime("%Y%m%d%H%M%S")
        self._serial = 0
        self._file: int | None = None
        self._path = folder
        self._size = 0
        self._dirty = False
        self._abandoned = False
        self._warcinfo = new_id()
        self._finished: list[tuple[str, int]] = []

    @property
    def positions(self) -> list[tuple[str, int]]:
        """Every file of this run, in the form of `Capture.warc`, with its size so far."""
        current = [(warc_name(self._path), self._size)] if self._file is not None else []
        return self._finished + current

    def prepare(self, target: Target, exchange: Exchange, plan: Plan) -> Prepared:
        """Build the records of `exchange`: hashing and compression happen here, in any thread."""
        return prepare(target, exchange, plan, self._warcinfo)

    def append(self, prepared: Prepared) -> Capture:
        """Write the records of one exchange; they are durable after `sync`.

        A very large body starts a new file: its temporary file becomes the WARC, so that it is written only once.
        """
        if self._file is not None and (prepared.start or self._size >= self._rotate_at):
            self._finish()
        if self._file is None:
            self._open(prepared)
        if prepared.warcinfo != self._warcinfo:
            # The file was rotated in between, and records name the warcinfo record of their own file.
            prepared = prepare(prepared.target, prepared.exchange, prepared.plan, self._warcinfo)
        start = self._size
        first, length = prepared.parts[0], 0
        with self._cut_on_failure(start):
            assert self._file is not None
            self._dirty = True
            for part in prepared.parts:
                self._size += part.write(self._file, prepared.exchange)
                length = length or self._size - start
        record = Record(warc_name(self._path), start, length, first.record_id, first.type, "")
        return capture_of(Fields(first.pairs), prepared.fields, prepared.head, record)

    def resource(self, name: str, value: object) -> tuple[str, int, int]:
        """Write a fact of this run, as canonical JSON, at `urn:wparchive:run:RUN:NAME`; returns file, offset and length."""
        if self._file is None:
            self._open()
        start = self._size
        with self._cut_on_failure(start):
            self._write([resource_member(name, value, self._run, self._warcinfo, self._clock())])
        return warc_name(self._path), start, self._size - start

    def sync(self) -> None:
        """Make everything appended so far durable."""
        if self._file is None or not self._dirty:
            return
        try:
            os.fsync(self._file)
        except OSError as error:
            # After a failed fsync the state of the disk is unknown (Linux drops the dirty pages): leave the file to recovery.
            self.abandon()
            raise storage_error(self._path, error) from None
        self._dirty = False

    def close(self) -> None:
        """Finish the file being written, if any: sync it, remove its `.open` suffix, sync its folder."""
        if self._file is not None:
            self._finish()

    @property
    def intact(self) -> bool:
        """Whether no file was left to recovery."""
        return not self._abandoned

    def abandon(self) -> None:
        """Close the file as it is; the next run recovers it."""
        if self._file is not None:
            self._abandoned = True
            os.close(self._file)
            self._file = None

    def _open(self, first: Prepared | None = None) -> None:
        """Start the next file: on the temporary file of `first` if that is large enough, else a new one."""
        try:
            if self._private:
                own_folder(self._folder)
            self._folder.mkdir(parents=True, exist_ok=True)
            # A name that is taken, by a finished, open or torn file, is never written to again.
            while any((self._folder / f"{self._name}{end}").exists() for end in ("", ".open", ".torn")):
                self._serial += 1
            self._path = self._folder / f"{self._name}.open"
            self._size = 0
            if first is None or not self._open_on(first):
                self._open_new()
            if self._private and self._file is not None:
                os.fchmod(self._file, 0o600)
            sync_folder(self._folder)
        except OSError as error:
            self.abandon()
            raise storage_error(self._folder, error) from None
        if not self._size:
            with self._cut_on_failure(0):
                self._write([self._info_member()])

    @property
    def _name(self) -> str:
        return name_of(self._site, self._stamp, self._serial)

    def _open_new(self) -> None:
        # Not O_APPEND, which rules out copying within the kernel. There is no other writer, and `_cut` resets the position.
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)

    def _open_on(self, first: Prepared) -> bool:
        info = self._info_member(ROOM - len(first.start)) if first.start else b""
        if not info or first.exchange.block is None:
            return False
        self._file = first.exchange.block.keep(self._path, info)
        self._size = len(info) if self._file is not None else 0
        return self._file is not None

    def _info_member(self, size: int = 0) -> bytes:
        filename = self._path.name.removesuffix(".open")
        return info_member(self._warcinfo, filename, self._run, self._info, self._clock(), size)

    def _finish(self) -> None:
        assert self._file is not None
        self.sync()
        opened = self._path
        finished = opened.with_name(opened.name.removesuffix(".open"))
        try:
            os.close(self._file)
            self._file = None
            opened.rename(finished)
            sync_folder(self._folder)
        except OSError as error:
            raise storage_error(opened, error) from None
        self._finished.append((warc_name(opened), self._size))
        self._serial += 1
        self._warcinfo = new_id()
        if self._on_finished:
            self._on_finished(finished)

    def _write(self, pieces: Iterable[bytes]) -> None:
        assert self._file is not None
        self._dirty = True
        for piece in pieces:
            view = memoryview(piece)
            while view:
                count = os.write(self._file, view)
                self._size += count
                view = view[count:]

    @contextmanager
    def _cut_on_failure(self, start: int) -> Iterator[None]:
        """Cut off what a failed write left, so that the file ends with whole records; recovery does it when this fails."""
        try:
            yield
        except BaseException as error:
            self._cut(start)
            if isinstance(error, OSError):
                raise storage_error(self._path, error) from None
            raise

    def _cut(self, start: int) -> None:
        assert self._file is not None
        try:
            os.ftruncate(self._file, start)
            os.lseek(self._file, start, os.SEEK_SET)
            self._size = start
        except OSError:
            self.abandon()
            return
        if not start:
            # Not even the warcinfo record fitted, and an empty file is of no use.
            self.abandon()
            self._path.unlink(missing_ok=True)


def storage_error(path: Path, error: OSError) -> StorageError:
    """Return `error` as one line that says what to do."""
    what = error.strerror or str(error)
    return StorageError(f"{path}: {what}; {way_out(error)}, then run again: all that was committed is safe")


def sync_folder(folder: Path) -> None:
    """Make renames and new files in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
