"""WARCs written anew with records that no run writes, sound by all their digests."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from wparchive.store import members
from wparchive.store.records import stored_member

__all__ = ["Change", "rewrite", "with_field"]

Pairs = list[tuple[str, str]]
Change = Callable[[str, Pairs, bytes], tuple[Pairs, bytes]]


def rewrite(path: Path, change: Change) -> None:
    """Let `change` (of type, header fields and block) give each record of a WARC; lengths and digests follow."""
    made = []
    for member in members(path):
        kind, block = member.type, b"".join(member.content())
        pairs, block = change(kind, list(member.headers.pairs), block)
        about = {"Content-Length": str(len(block)), "WARC-Block-Digest": f"sha256:{sha256(block).hexdigest()}"}
        if kind == "resource":
            about["WARC-Payload-Digest"] = about["WARC-Block-Digest"]
        made.append(stored_member([(name, about.get(name, value)) for name, value in pairs], block))
    path.write_bytes(b"".join(made))


def with_field(name: str, value: bytes, *, nth: int = 0) -> Change:
    """Writes `value` for the field `name` of the metadata record number `nth`."""
    count = -1

    def change(kind: str, pairs: Pairs, block: bytes) -> tuple[Pairs, bytes]:
        nonlocal count
        count += kind == "metadata"
        if kind != "metadata" or count != nth:
            return pairs, block
        lines = [line for line in block.split(b"\r\n") if line and not line.startswith(name.encode() + b": ")]
        return pairs, b"".join(line + b"\r\n" for line in (*lines, name.encode() + b": " + value))

    return change
