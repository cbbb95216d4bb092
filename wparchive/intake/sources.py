"""The foreign files of one import: their records as they stand there, and what is known of where these come from."""

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from wparchive.errors import StorageError
from wparchive.intake.foreign.formats import Coding, Stretch
from wparchive.intake.foreign.scan import LARGEST, Gap
from wparchive.intake.foreign.strict import BrokenRecordError, Packing, packing_of
from wparchive.intake.foreign.zstd_frames import dictionary_at
from wparchive.store.warc.blobs import read_at
from wparchive.store.warc.gzip_members import Deflating

__all__ = ["Digest", "Member", "Source", "Sources"]

_INFO = ("software", "operator", "part_of")
_AT_ONCE = 4 << 20  # bytes of a file that are hashed at once: each time the scan beside it has to wait
_NAMED = 20  # stretches of damage that a run's fact names


class Member(NamedTuple):
    """A record as a gzip member of its own, its SHA-256, and that of its bytes in the foreign file."""

    data: bytes
    sha256: str
    coded_sha256: str


class Digest:
    """The SHA-256 of a file, computed beside the scan. `text` waits for it; it raises StorageError."""

    def __init__(self, path: Path) -> None:
        self._path, self._text, self._fault = path, "", ""
        self._thread: threading.Thread | None = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            digest = hashlib.sha256()
            with self._path.open("rb", buffering=0) as file:
                room = memoryview(bytearray(min(_AT_ONCE, self._path.stat().st_size) or 1))
                while size := file.readinto(room):
                    digest.update(room[:size])
            self._text = digest.hexdigest()
        except OSError as error:
            self._fault = error.strerror or str(error)

    def __getstate__(self) -> tuple[Path, str, str]:
        """Another process gets what was computed here."""
        self._wait()
        return self._path, self._text, self._fault

    def __setstate__(self, state: tuple[Path, str, str]) -> None:
        self._path, self._text, self._fault = state
        self._thread = None

    @property
    def text(self) -> str:
        """The digest in hex."""
        self._wait()
        if self._fault:
            raise StorageError(f"{self._path}: can't be read ({self._fault})")
        return self._text

    def _wait(self) -> None:
        if self._thread:
            self._thread.join()


@dataclass(slots=True)
class Source:
    """One stretch of a foreign file: what its warcinfo records say, and what was found in it.

    `infos` are fields of warcinfo records by their id; "" names the newest.
    """

    stretch: Stretch
    digest: Digest
    size: int
    packing: Packing | None = None
    infos: dict[str, Mapping[str, str]] = field(default_factory=dict)
    records: int = 0
    taken: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    damage: list[Gap] = field(default_factory=list)
    first_at: str = ""
    last_at: str = ""
    seen: tuple[int, int] = (-1, -1)  # size and time of change of the file when it was read

    def info(self, record_id: str) -> Mapping[str, str]:
        """Return software, operator and part_of of the warcinfo record that a record names, else of the newest."""
        return self.infos.get(record_id) or self.infos.get("") or {}

    @property
    def told(self) -> dict[str, object]:
        """What a run's fact says of it."""
        gaps = [[one.start, one.end, one.reason] for one in self.damage[:_NAMED]]
        info = self.info("")
        return {
            "source": self.digest.text,
            "name": self.stretch.name,
            "size": self.size,
            "format": str(self.stretch.coding),
            **{name: info.get(name) for name in _INFO},
            "first_at": self.first_at,
            "last_at": self.last_at,
            "records": self.records,
            "taken": self.taken,
            "skipped": dict(sorted(self.skipped.items())),
            "damage": gaps,
        }


class Sources:
    """The sources of one import by number; files are opened when they are needed, and closed at the end."""

    def __init__(self) -> None:
        self.all: list[Source] = []
        self._stack = ExitStack()
        self._files: dict[int, BinaryIO] = {}

    def add(self, source: Source) -> int:
        """Add a source and return its number."""
        self.all.append(source)
        return len(self.all) - 1

    def file(self, number: int) -> BinaryIO:
        """Return the file of a source, open for reading. Raises StorageError, also where it isn't what it was."""
        source = self.all[number]
        if number not in self._files:
            if len(self._files) >= 64:
                self._stack.close()
                self._files.clear()
            path = source.stretch.path
            try:
                self._files[number] = self._stack.enter_context(path.open("rb"))
            except OSError as error:
                raise StorageError(f"{path}: can't be read ({error.strerror})") from None
        status = os.fstat(self._files[number].fileno())
        now = status.st_size, status.st_mtime_ns
        if source.seen == (-1, -1):
            source.seen = now
        if source.seen != now:
            raise StorageError(f"{source.stretch.name}: changed since it was read; import it again")
        return self._files[number]

    def told(self, numbers: Collection[int]) -> list[dict[str, object]]:
        """Return what is known of these sources, for the fact of a run."""
        return [self.all[number].told for number in sorted(numbers)]

    def fields(self, number: int, info_id: str, offset: int, length: int) -> dict[str, str | None]:
        """Return what our metadata says of where a record comes from."""
        return {**self._same(number, info_id), "source-offset": str(offset), "source-length": str(length)}

    @lru_cache(64)  # noqa: B019 - lives as long as the import
    def _same(self, number: int, info_id: str) -> Mapping[str, str | None]:
        source = self.all[number]
        info = source.info(info_id)
        coding = source.stretch.coding
        return {
            "source": source.digest.text,
            "source-name": source.stretch.name,
            "source-coding": str(coding) if coding.whole else None,
            "source-software": info.get("software"),
            "source-operator": info.get("operator"),
            "source-part-of": info.get("part_of"),
        }

    def member(self, number: int, offset: int, length: int, *, exact: bool) -> Member:
        """Return a record as it may stand in a WARC of ours: its own member if that is `exact`, else packed anew.

        Raises StorageError when it isn't there any more.
        """
        source, file = self.all[number], self.file(number)
        coded = read_at(file, length, offset)
        digest = hashlib.sha256(coded).hexdigest()
        if exact and source.stretch.coding is Coding.GZIP:
            return Member(coded, digest, digest)
        try:
            raw = self.packing(number).record(offset, LARGEST).raw
        except BrokenRecordError as error:
            raise StorageError(f"{source.stretch.name}: changed while it was read ({error.reason})") from None
        packed = Deflating()
        packed.write(raw)
        packed.flush()
        return Member(packed.member, hashlib.sha256(packed.member).hexdigest(), digest)

    def packing(self, number: int) -> Packing:
        """Return how the records of a source are packed, for reading them. Raises StorageError."""
        source, file = self.all[number], self.file(number)
        if source.packing is None:
            stretch = source.stretch
            dictionary = dictionary_at(file, stretch.start)[0] if stretch.coding is Coding.ZSTD else None
            source.packing = packing_of(file, stretch.coding, stretch.end, dictionary)
        return source.packing.reopened(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
