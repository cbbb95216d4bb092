"""Build WARC 1.1 records, in any thread: an exchange becomes a response or revisit, a request and a metadata record.

Each record is a gzip member of its own. Metadata, warcinfo and resource records are stored rather than deflated, so
that their CRC covers every bit of the member; the metadata record holds the digests of the deflated members beside it.
"""

import base64
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from wparchive.http1.message import Head, parse_head
from wparchive.http1.ranges import KEPT
from wparchive.model import Capture, Exchange, Target, timestamp
from wparchive.store.warc.fields import fields_block, uri
from wparchive.store.warc.gzip_members import opening, store_file
from wparchive.store.warc.writing.record_bytes import (
    END,
    Pairs,
    deflated_member,
    header_bytes,
    opening_pairs,
    sha256,
    stored_member,
)
from wparchive.transit.spool import Spool
from wparchive.transit.stored_blocks import write_all

__all__ = ["Part", "Plan", "Prepared", "new_id", "prepare"]

_REVISIT = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_RESPONSE = "application/http;msgtype=response"
_OF_FILES = frozenset(("file", "page", "requisite", "sitemap", "feed"))  # kinds that are asked for by their validators
_DEFLATE_LIMIT = 8 << 20  # bytes: larger blocks are streamed from the spool instead of compressed in memory
# Media types whose payloads are compressed already.
_PACKED = re.compile(
    r"(?!image/(svg|bmp|x-icon|vnd\.microsoft))(image|audio|video)/|font/woff|"
    r"application/(zip|gzip|x-gzip|pdf|x-7z|x-rar|vnd\.rar|vnd\.openxml|epub|java-archive|octet-stream|x-bzip|zstd)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the records of an exchange state beyond the exchange itself.

    `reason` is why fetching the target ended as `verdict`; `revisit_of` is the committed capture with the same payload,
    for a revisit record; `spec_digest` asks for a payload digest on chunked responses too.
    """

    site: str
    run: str
    crawl: str
    final: bool = True
    verdict: str = "answered"
    reason: str = ""
    revisit_of: Capture | None = None
    spec_digest: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One record to append: its member's bytes, or None when the exchange's block is streamed from its spool."""

    record_id: str
    type: str
    member: bytes | None
    pairs: Pairs

    def write(self, out: int, exchange: Exchange) -> int:
        """Append the member to the descriptor `out` and return its size.

        Raises OSError.
        """
        if self.member is None and exchange.block:
            return store_file(out, header_bytes(self.pairs), exchange.block, END)
        return write_all(out, [self.member or b""])


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An exchange as records, hashed and compressed, ready for `WarcWriter.append`; `parts[0]` becomes the capture."""

    target: Target
    exchange: Exchange
    plan: Plan
    warcinfo: str
    parts: tuple[Part, ...]
    fields: Mapping[str, str]
    head: Head | None

    @property
    def start(self) -> bytes:
        """The bytes before the block, for a body whose temporary file should become the next WARC; else empty."""
        block, answer = self.exchange.block, self.parts[0]
        return opening(header_bytes(answer.pairs)) if block and block.lasting and answer.member is None else b""


def prepare(target: Target, exchange: Exchange, plan: Plan, warcinfo: str) -> Prepared:
    """Build the records of `exchange`, which name `warcinfo` as their file's warcinfo record.

    A compressed or very large block isn't read here: its spool has hashed it, and appending streams it.
    """
    block = exchange.block
    head = parse_head(block.read(0, exchange.head_size)) if block and exchange.head_size else None
    main_id, asked_id = (new_id() if block else ""), new_id()
    common = _common(exchange, warcinfo)
    parts: list[Part] = []
    fields = _fields(target, exchange, plan)
    if block:
        about = (*common, ("WARC-Concurrent-To", f"<{asked_id}>"), *_peer(exchange))
        parts.append(_answer(exchange, block, head, main_id, about, plan))
        if parts[0].member is not None:
            # Some bits of a deflated member can flip without a change of its content or CRC.
            fields["response-member"] = sha256(parts[0].member)
    tied = (("WARC-Concurrent-To", f"<{main_id}>"),) if main_id else ()
    asked = _request(exchange, asked_id, (*common, *tied))
    fields["request-member"] = sha256(asked.member or b"")
    parts += (asked, _metadata(fields, (*common, ("WARC-Concurrent-To", f"<{main_id or asked_id}>"))))
    return Prepared(
        target=target, exchange=exchange, plan=plan, warcinfo=warcinfo, parts=tuple(parts), fields=fields, head=head
    )


def _answer(exchange: Exchange, block: Spool, head: Head | None, record_id: str, about: Pairs, plan: Plan) -> Part:
    if plan.revisit_of:
        data = block.read(0, exchange.head_size)
        pairs = opening_pairs("revisit", record_id, about, _RESPONSE, len(data), sha256(data))
        return _deflated("revisit", record_id, (*pairs, *_refers_to(plan.revisit_of, exchange)), data)
    # Without a head it isn't HTTP, and readers fail on a block that is declared as HTTP but isn't.
    mime = _RESPONSE if head else "application/octet-stream"
    pairs = opening_pairs("response", record_id, about, mime, block.size, block.sha256)
    # Tools disagree on whether the payload digest of a chunked response covers the framing, so it is optional there.
    if head and (plan.spec_digest or not head.chunked):
        pairs += (("WARC-Payload-Digest", f"sha256:{exchange.payload_sha256 or sha256(b'')}"),)
    if exchange.truncated:
        pairs += (("WARC-Truncated", exchange.truncated),)
    packed = head is not None and bool(head.codings or _PACKED.match(head.mime))
    large = block.size > _DEFLATE_LIMIT
    return Part(record_id, "response", None if packed or large else deflated_member(pairs, block.chunks()), pairs)


def _request(exchange: Exchange, record_id: str, about: Pairs) -> Part:
    data = exchange.request
    pairs = opening_pairs("request", record_id, about, "application/http;msgtype=request", len(data), sha256(data))
    body = data.partition(b"\r\n\r\n")[2]
    return _deflated("request", record_id, (*pairs, ("WARC-Payload-Digest", f"sha256:{sha256(body)}")), data)


def _metadata(fields: Mapping[str, str], about: Pairs) -> Part:
    data, record_id = fields_block(fields), new_id()
    pairs = opening_pairs("metadata", record_id, about, "application/warc-fields", len(data), sha256(data))
    return Part(record_id, "metadata", stored_member(pairs, data), pairs)


def _fields(target: Target, exchange: Exchange, plan: Plan) -> dict[str, str]:
    """Return what the other records can't state; empty values are left out."""
    found = {
        "site": plan.site,
        "run": plan.run,
        "crawl": plan.crawl,
        "key": target.key,
        "kind": target.kind,
        "route": target.route,
        "method": exchange.method,
        "verdict": plan.verdict,
        "final": "yes" if plan.final else "no",
        "privilege": str(exchange.privilege),
        "body-sha256": exchange.body_sha256,
        "payload-sha256": exchange.payload_sha256,
        "payload-size": str(exchange.payload_size),
        "flags": json.dumps(exchange.flags) if exchange.flags else None,
        "truncated": exchange.truncated,
        "url": exchange.url if uri(exchange.url) != exchange.url else None,
        "target-url": target.url if target.url != exchange.url else None,
        "via": target.via,
        "hopsFromSeed": str(target.hops),
        "fetchTimeMs": f"{exchange.elapsed * 1000:.0f}",
        "attempt": str(exchange.attempt),
        "hop": str(exchange.hop),
        "error": exchange.error,
        "reason": plan.reason,
        "peer": exchange.peer,
        "protocols": " ".join(exchange.protocols),
        "interim": base64.b64encode(exchange.interim).decode(),
    }
    found |= {f"tls-{re.sub(r'[^A-Za-z0-9-]', '-', name)}": value for name, value in exchange.tls}
    if target.kind in _OF_FILES:
        found |= _of_file(target, exchange.head)
    if plan.revisit_of:
        # Relative to the site's folder, which may be renamed.
        file, offset = plan.revisit_of.warc.partition("/")[2], plan.revisit_of.offset
        found |= {"refers-to-file": file, "refers-to-offset": str(offset)}
    return {name: value for name, value in found.items() if value}


def _of_file(target: Target, head: Head | None) -> dict[str, str]:
    """Return what a file's record keeps besides: what it belongs to, and the headers by which to resume or compare it."""
    stated = {f"http-{name}": head.get(name) for name in KEPT} if head else {}
    return {f"about-{name}": value for name, value in target.about} | stated


def _common(exchange: Exchange, warcinfo: str) -> Pairs:
    return (
        ("WARC-Date", timestamp(exchange.began)),
        ("WARC-Target-URI", uri(exchange.url)),
        ("WARC-Warcinfo-ID", f"<{warcinfo}>"),
    )


def _peer(exchange: Exchange) -> Pairs:
    """Return address and protocols; the peer may come with its port."""
    pairs = [("WARC-Protocol", protocol) for protocol in exchange.protocols]
    text = exchange.peer or ""
    for candidate in (text, text.strip("[]"), text.rpartition(":")[0].strip("[]")):
        try:
            pairs.insert(0, ("WARC-IP-Address", str(ipaddress.ip_address(candidate))))
            break
        except ValueError:
            continue
    return tuple(pairs)


def _refers_to(capture: Capture, exchange: Exchange) -> Pairs:
    return (
        ("WARC-Payload-Digest", f"sha256:{exchange.payload_sha256}"),
        ("WARC-Profile", _REVISIT),
        ("WARC-Refers-To", f"<{capture.capture}>"),
        ("WARC-Refers-To-Target-URI", uri(capture.url)),
        ("WARC-Refers-To-Date", capture.captured_at),
        ("WARC-Truncated", "length"),
    )


def _deflated(kind: str, record_id: str, pairs: Pairs, data: bytes) -> Part:
    return Part(record_id, kind, deflated_member(pairs, [data]), pairs)


def new_id() -> str:
    """Return a new record id."""
    return f"urn:uuid:{uuid4()}"
