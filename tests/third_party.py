"""Other people's programs over our files: what they say is checked, what they read is ours to hold against."""

import contextlib
import http.client
import json
import re
import shutil
import socket
import subprocess
import sysconfig
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastwarc.warc import ArchiveIterator as FastArchiveIterator
from loopback import HeldPort
from patience import PATIENCE
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader

__all__ = ["Pywb", "Stored", "cdxj", "check_cdxj", "check_warcs", "gzip_members", "pywb", "run", "stored_responses"]


_DIGEST = re.compile(r'"digest": "[^"]*"')


def run(program: str, *args: str | Path) -> str:
    """Run a program of this environment; it must succeed. Returns all that it printed."""
    path = shutil.which(program, path=sysconfig.get_path("scripts")) or shutil.which(program)
    assert path, f"{program} isn't installed; pip install -e '.[test]'"
    done = subprocess.run([path, *map(str, args)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{program} {args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def gzip_members(path: Path) -> int:
    """How many gzip members stand in a file."""
    data, count = path.read_bytes(), 0
    while data:
        member = zlib.decompressobj(wbits=31)
        member.decompress(data)
        assert member.eof, f"{path}: member {count} is cut off"
        data, count = member.unused_data, count + 1
    return count


def check_warcs(paths: Sequence[Path]) -> Counter[str]:
    """Hold every file against `gzip -t`, `warcio check` and FastWARC; returns how many records of each type it has.

    Each checks what the others don't: warcio passes a truncated file, FastWARC takes two records in one member.
    """
    assert paths
    types: Counter[str] = Counter()
    for path in paths:
        run("gzip", "-t", path)
        said = run("warcio", "check", "-v", path)
        assert "failed" not in said, said
        here: Counter[str] = Counter()
        for record in FastArchiveIterator(str(path), parse_http=False):
            assert record.verify_block_digest(), f"{path}: {record.record_id}"
            here[record.headers["WARC-Type"]] += 1
        with path.open("rb") as stream:
            assert sum(1 for _ in ArchiveIterator(stream, check_digests="raise")) == here.total()
        assert gzip_members(path) == here.total(), f"{path}: not one member a record"
        assert here["warcinfo"] == 1
        assert here["response"] + here["revisit"] <= here["request"]
        types += here
    return types


def cdxj(paths: Sequence[Path]) -> list[dict[str, str]]:
    """The lines of `cdxj-indexer --sort`, as objects with `key` and `timestamp`."""
    found = []
    for line in run("cdxj-indexer", "--sort", *paths).splitlines():
        key, moment, fields = line.split(" ", 2)
        found.append({"key": key, "timestamp": moment, **json.loads(fields)})
    return found


def check_cdxj(exported: str, paths: Sequence[Path]) -> int:
    """Hold what `export cdxj` printed against cdxj-indexer, to the byte; returns how many lines it held.

    By design chunked answers have another digest: cdxj-indexer's is that of the bytes with the borders of the chunks.
    """
    mine, theirs = exported.splitlines(), run("cdxj-indexer", "--sort", *paths).splitlines()
    assert mine == sorted(mine, key=str.encode)
    chunked = [line for line in theirs if '"digest": "sha1:' in line]
    assert len(chunked) == sum(one.chunked and one.type == "response" for one in stored_responses(paths))
    of_bodies = [line for line in mine if line not in theirs]
    assert len(of_bodies) == len(chunked)
    assert all('"digest": "sha256:' in line for line in of_bodies)
    lines = [sorted(_DIGEST.sub("", line) for line in one) for one in (mine, theirs)]
    assert lines[0] == lines[1]
    return len(mine)


@dataclass(frozen=True)
class Stored:
    """A response as warcio reads it: `payload` is de-chunked and still content-coded, `body` decoded."""

    type: str
    id: str
    url: str
    timestamp: str
    status: str
    mime: str
    chunked: bool
    coding: str
    refers_to: str
    payload: bytes
    body: bytes


def stored_responses(paths: Sequence[Path]) -> list[Stored]:
    """Every response and revisit of some files."""
    return [_stored(path, offset) for path in paths for offset in _offsets(path)]


def _offsets(path: Path) -> list[int]:
    with path.open("rb") as stream:
        walk = ArchiveIterator(stream)
        return [walk.get_record_offset() for record in walk if record.rec_type in ("response", "revisit")]


def _stored(path: Path, offset: int) -> Stored:
    def record(stream: object) -> object:
        stream.seek(offset)  # type: ignore[attr-defined]
        return next(iter(ArchiveIterator(stream)))

    with path.open("rb") as one, path.open("rb") as other:
        raw, decoded = record(one), record(other)
        header, http_headers = raw.rec_headers.get_header, raw.http_headers
        chunked = (http_headers.get_header("Transfer-Encoding") or "").lower() == "chunked"
        payload = ChunkedDataReader(raw.raw_stream) if chunked else raw.raw_stream
        return Stored(
            type=raw.rec_type,
            id=header("WARC-Record-ID"),
            url=header("WARC-Target-URI"),
            timestamp="".join(c for c in header("WARC-Date")[:19] if c.isdigit()),
            status=http_headers.get_statuscode(),
            mime=(http_headers.get_header("Content-Type") or "").partition(";")[0],
            chunked=chunked,
            coding=http_headers.get_header("Content-Encoding") or "",
            refers_to=header("WARC-Refers-To") or "",
            payload=payload.read(),
            body=decoded.content_stream().read(),
        )


@dataclass(frozen=True)
class Pywb:
    """A running pywb with one collection."""

    port: int

    def replay(self, url: str, timestamp: str, accept: str = "identity") -> tuple[int, str, bytes]:
        """Status, content coding and bytes of what it replays, unrewritten."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", f"/all/{timestamp}id_/{url}", headers={"Accept-Encoding": accept})
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Encoding", ""), answer.read()


def check_replay(server: Pywb, stored: Sequence[Stored]) -> Counter[str]:
    """Hold what pywb replays of every JSON answer and revisit against the record; returns how many of each it held.

    A client that takes the coding gets the very payload; one that doesn't gets it decoded.
    """
    wholes = {one.id: one for one in stored if one.type == "response"}
    seen: Counter[str] = Counter()
    for one in stored:
        whole = wholes[one.refers_to] if one.type == "revisit" else one
        if whole.mime != "application/json":
            continue
        assert server.replay(one.url, one.timestamp) == (int(one.status), "", whole.body), one
        assert server.replay(one.url, one.timestamp, whole.coding or "identity")[2] == whole.payload, one
        seen[one.type] += 1
    return seen


@contextlib.contextmanager
def pywb(folder: Path, paths: Sequence[Path], index: str = "") -> Iterator[Pywb]:
    """A pywb server on loopback over the given WARC files, by `index` or cdxj-indexer's; `folder` is its own."""
    collection = folder / "collections" / "all"
    for name in ("archive", "indexes"):
        (collection / name).mkdir(parents=True)
    for path in paths:
        (collection / "archive" / path.name).symlink_to(path.resolve())
    (collection / "indexes" / "index.cdxj").write_text(index or run("cdxj-indexer", "--sort", *paths))
    program = shutil.which("wayback", path=sysconfig.get_path("scripts"))
    assert program, "pywb isn't installed; pip install -e '.[test]'"
    with (folder / "log").open("wb") as log, HeldPort() as held:
        command = [program, "-b", "127.0.0.1", "-p", str(held.number)]
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            _wait(held.number, server, folder / "log")
            yield Pywb(held.number)
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)


def _wait(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until the server answers; a thousand looks are enough for the slowest machine."""
    for _ in range(1000):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert server.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())
