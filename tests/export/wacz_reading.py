"""A WACZ as a test reads it: the zip, what it says of itself, and its index, each read by itself."""

import gzip
import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from warcio.archiveiterator import ArchiveIterator

from wparchive.store import StoredExchange, exchanges

__all__ = ["Record", "Wacz"]


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its type, its id, URL and time, what it refers to, its block, and its place in its file."""

    kind: str
    id: str
    url: str
    date: str
    refers_to: str
    block: bytes
    file: str
    offset: int


class Wacz:
    """The package at `path`, read into memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as opened:
            self.infos = {info.filename: info for info in opened.infolist()}
            self.names = [info.filename for info in opened.infolist()]
            self.files = {name: opened.read(name) for name in self.infos}

    @cached_property
    def package(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.files["datapackage.json"])
        return found

    @cached_property
    def digest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.files["datapackage-digest.json"])
        return found

    @cached_property
    def pages(self) -> list[dict[str, Any]]:
        """The pages, without the line that says what they are."""
        return [json.loads(line) for line in self.files["pages/pages.jsonl"].splitlines()][1:]

    def warcs(self) -> dict[str, bytes]:
        """File name → bytes of what is in archive/."""
        return {name.removeprefix("archive/"): data for name, data in self.files.items() if name.startswith("archive/")}

    def lines(self) -> list[tuple[str, str, dict[str, str]]]:
        """The index by way of its list of blocks, each with the digest and at the place that are stated."""
        data, found = self.files["indexes/index.cdx.gz"], []
        first, *blocks = self.files["indexes/index.idx"].decode().splitlines()
        assert first.startswith("!meta 0 {")
        assert json.loads(first[8:]) == {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}
        end = 0
        for block in blocks:
            key, stamp, about = block.split(" ", 2)
            place = json.loads(about)
            packed = data[place["offset"] : place["offset"] + place["length"]]
            assert place["offset"] == end
            assert place["digest"] == f"sha256:{hashlib.sha256(packed).hexdigest()}"
            lines = gzip.decompress(packed).decode().splitlines()
            assert lines[0].startswith(f"{key} {stamp} ")
            assert len(lines) <= 300
            found += [(*line.split(" ", 2)[:2], json.loads(line.split(" ", 2)[2])) for line in lines]
            end = place["offset"] + place["length"]
        assert end == len(data)
        return found

    def records(self, *names: str) -> Iterator[Record]:
        """Every record of these files of archive/, of all without a name."""
        for name, data in self.warcs().items():
            if names and name not in names:
                continue
            reading = ArchiveIterator(BytesIO(data), no_record_parse=True)
            for record in reading:
                headers = record.rec_headers
                values = [headers.get_header(one) or "" for one in ("WARC-Record-ID", "WARC-Target-URI", "WARC-Date")]
                refers = headers.get_header("WARC-Refers-To") or ""
                block = record.content_stream().read()
                yield Record(record.rec_type, *values, refers, block, name, reading.get_record_offset())

    def everything(self) -> bytes:
        """All bytes in it, also those that are compressed in it, and the bodies of answers as they were meant."""
        unpacked = [gzip.decompress(data) for name, data in self.files.items() if name.endswith(".gz")]
        bodies = []
        with TemporaryDirectory() as folder:
            for name, data in self.warcs().items():
                (Path(folder) / name).write_bytes(data)
                found = exchanges(Path(folder) / name)
                bodies += [
                    one.body().data
                    for one in found
                    if isinstance(one, StoredExchange) and one.capture.record_type == "response"
                ]
        return b"\n".join([*map(str.encode, self.infos), *self.files.values(), *unpacked, *bodies])

    def reading(self) -> dict[str, list[str]]:
        """URL → the reading copies there, oldest first."""
        found: dict[str, list[str]] = {}
        for record in self.records("reading.warc.gz"):
            if record.kind == "resource":
                found.setdefault(record.url, []).append(record.block.decode())
        return found
