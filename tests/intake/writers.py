"""WARC files as other tools write them, made here to the byte: records, packings, damage."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

__all__ = [
    "Told",
    "answer",
    "exchange",
    "http",
    "info",
    "packed",
    "post",
    "record",
    "refusal",
    "revisit",
    "urn",
    "whole",
    "write",
]

HOME = "https://example.org"
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """One item as a site sent it: what a test compares."""

    id: int
    title: str


def urn(*what: object) -> str:
    """A record id that follows from what the record is."""
    return f"<urn:uuid:{uuid5(NAMESPACE_URL, ' '.join(map(str, what)))}>"


def record(kind: str, uri: str, at: str, block: bytes, fields: Fields | None = None, *, rid: str = "") -> bytes:
    """A WARC record, unpacked; `fields` replace or add to those that every tool writes, and an empty one is left out."""
    mime = {"warcinfo": "application/warc-fields", "metadata": "application/warc-fields"}
    http = f"application/http; msgtype={'request' if kind == 'request' else 'response'}"
    named = {
        "WARC-Type": kind,
        "WARC-Record-ID": rid or urn(kind, uri, at, sha256(block).hexdigest()),
        "WARC-Date": at,
        "WARC-Target-URI": uri,
        "Content-Type": mime.get(kind, http),
        "Content-Length": str(len(block)),
        **(fields or {}),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"WARC/1.0\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def info(at: str = "2019-03-01T00:00:00Z", **fields: str) -> bytes:
    """A warcinfo record."""
    text = "".join(f"{name}: {value}\r\n" for name, value in {"software": "other/1.0", **fields}.items())
    return record("warcinfo", "", at, text.encode())


def http(status: int, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """An HTTP response as its bytes."""
    named = [("Content-Type", "application/json; charset=UTF-8"), ("Content-Length", str(len(body))), *headers]
    lines = "".join(f"{name}: {value}\r\n" for name, value in dict(named).items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + body


def answer(
    path: str,
    value: Any,
    at: str,
    status: int = 200,
    *,
    home: str = HOME,
    headers: Iterable[tuple[str, str]] = (),
    fields: Fields | None = None,
) -> bytes:
    """A response record: `value` is sent as JSON, bytes as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return record("response", f"{home}{path}", at, http(status, body, headers), fields)


def exchange(
    path: str, value: Any, at: str, *, home: str = HOME, ask: Sequence[str] = (), method: str = "GET"
) -> list[bytes]:
    """A response and its request, which names it; `ask` are more header lines of the request."""
    said = answer(path, value, at, home=home)
    lines = "".join(f"{line}\r\n" for line in (f"{method} {path} HTTP/1.1", "Host: example.org", *ask))
    named = said.split(b"WARC-Record-ID: ")[1].split(b"\r\n")[0].decode()
    asked = record("request", f"{home}{path}", at, f"{lines}\r\n".encode(), {"WARC-Concurrent-To": named})
    return [said, asked]


def revisit(path: str, at: str, fields: Fields, *, home: str = HOME, status: int = 200) -> bytes:
    """A revisit record with its HTTP head."""
    profile = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
    block = http(status, b"").replace(b"Content-Length: 0\r\n", b"")
    return record("revisit", f"{home}{path}", at, block, {"WARC-Profile": profile, **fields})


def post(
    wp_id: int, title: str, modified: str = "2019-01-01T00:00:00", *, home: str = HOME, text: str = ""
) -> dict[str, Any]:
    """A post as core sends it."""
    return {
        "id": wp_id,
        "date": "2018-05-01T10:00:00",
        "date_gmt": "2018-05-01T10:00:00",
        "guid": {"rendered": f"{home}/?p={wp_id}"},
        "modified": modified,
        "modified_gmt": modified,
        "slug": f"post-{wp_id}",
        "status": "publish",
        "type": "post",
        "link": f"{home}/post-{wp_id}/",
        "title": {"rendered": title},
        "content": {"rendered": f"<p>{text or title}</p>", "protected": False},
        "excerpt": {"rendered": f"<p>{title}</p>", "protected": False},
        "author": 1,
        "featured_media": 0,
        "_links": {
            "self": [{"href": f"{home}/wp-json/wp/v2/posts/{wp_id}"}],
            "collection": [{"href": f"{home}/wp-json/wp/v2/posts"}],
        },
    }


def refusal(code: str, status: int, message: str) -> dict[str, Any]:
    """An error as core sends it."""
    return {"code": code, "message": message, "data": {"status": status}}


def packed(records: Iterable[bytes], how: str = "gzip") -> bytes:
    """Records as a file holds them: gzip, plain, zstd, zstd-dictionary, zstd-raw-dictionary, each in a member of its own.

    whole-gzip, whole-zstd and whole-zstd-dictionary have one member around all of them; blocks-gzip and blocks-zstd have
    members of one size, whatever is in them, as bgzip and pzstd write.
    """
    every = list(records)
    if how.startswith(("whole-", "blocks-")):
        data = b"".join(every)
        size = 700 if how.startswith("blocks-") else len(data)
        every = [data[at : at + size] for at in range(0, len(data), size)]
        how = how.partition("-")[2]
    if how == "plain":
        return b"".join(every)
    if how == "gzip":
        return b"".join(gzip.compress(one, mtime=0) for one in every)
    import zstandard

    if how == "zstd":
        return b"".join(zstandard.ZstdCompressor(write_checksum=True).compress(one) for one in every)
    trained = zstandard.ZstdCompressionDict(
        (b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:" + every[-1]) * 3
    )
    data = trained.as_bytes()
    frame = data if how == "zstd-raw-dictionary" else zstandard.ZstdCompressor().compress(data)
    start = b"\x5d\x2a\x4d\x18" + len(frame).to_bytes(4, "little") + frame
    engine = zstandard.ZstdCompressor(dict_data=trained, write_checksum=True)
    return start + b"".join(engine.compress(one) for one in every)


def write(folder: Path, name: str, records: Iterable[bytes], how: str = "gzip") -> Path:
    """A file of that name, with the ending of its packing."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{'.warc.zst' if 'zstd' in how else '.warc' if how == 'plain' else '.warc.gz'}"
    path.write_bytes(packed(records, how))
    return path


def whole(records: Iterable[bytes]) -> list[bytes]:
    """A warcinfo record, and those."""
    return [info(), *records]
