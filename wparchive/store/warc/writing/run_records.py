"""The WARC records of a run rather than of an exchange: warcinfo, and the run's facts as resource records."""

import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from wparchive.model import timestamp
from wparchive.store.warc.fields import uri
from wparchive.store.warc.writing.record_bytes import opening_pairs, sha256, stored_member
from wparchive.store.warc.writing.records import new_id
from wparchive.version import __version__

__all__ = ["LAYOUT", "info_member", "resource_member"]

LAYOUT = 1
"""The version of our records: incremented when an earlier wparchive would misread what a later one writes."""


def info_member(
    record_id: str, filename: str, run: str, info: Mapping[str, str], moment: datetime, size: int = 0
) -> bytes:
    """Return the warcinfo record of a file of `run`; `info` adds fields to it.

    With `size`, a field of dots pads the member to exactly that size; empty when that isn't possible.
    """
    member = _info_member(record_id, filename, run, info, moment)
    if not size:
        return member
    left = size - len(member) - len("filler: \r\n")
    for dots in range(left, max(left - 3, 0), -1):  # the length field grows with the padding
        member = _info_member(record_id, filename, run, {**info, "filler": "." * dots}, moment)
        if len(member) == size:
            return member
    return b""


def _info_member(record_id: str, filename: str, run: str, info: Mapping[str, str], moment: datetime) -> bytes:
    fields = {
        "software": f"wparchive/{__version__} (zlib {zlib.ZLIB_RUNTIME_VERSION})",
        "format": "WARC file version 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": run,
        "wparchive-layout": str(LAYOUT),
        **info,
    }
    lines = (f"{name}: {' '.join(value.split())}\r\n" for name, value in fields.items())
    data = "".join(lines).encode("utf-8", "backslashreplace")
    about = (("WARC-Date", timestamp(moment)), ("WARC-Filename", uri(filename)))
    return stored_member(
        opening_pairs("warcinfo", record_id, about, "application/warc-fields", len(data), sha256(data)), data
    )


def resource_member(
    name: str, value: object, run: str, warcinfo: str, moment: datetime, record_id: str | None = None
) -> bytes:
    """Return the resource record `urn:wparchive:run:RUN:NAME`: `value` as JSON, keys sorted, no spaces, UTF-8."""
    # Canonical, so that equal facts have equal digests.
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    data = text.encode("utf-8", "backslashreplace")
    about = (
        ("WARC-Date", timestamp(moment)),
        (
            "WARC-Target-URI",
            f"urn:wparchive:run:{run}:{quote(name.encode('utf-8', 'backslashreplace'), safe='/:@=,;')}",
        ),
        ("WARC-Warcinfo-ID", f"<{warcinfo}>"),
    )
    digest = sha256(data)
    pairs = opening_pairs("resource", record_id or new_id(), about, "application/json", len(data), digest)
    return stored_member((*pairs, ("WARC-Payload-Digest", f"sha256:{digest}")), data)
