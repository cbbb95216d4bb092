"""A commitment to each item of a listing, so that one can be shown without the others on its page.

Every element of a JSON array that a response holds gets a line: where it stands in the decoded body, its digest, and a salt
that nobody can guess who hasn't the record. A line is a leaf of the file's second tree.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Final

from wparchive.http1.message import decoded, head_length, parse_head, payload
from wparchive.seal.proof.checkpoint import to_base64
from wparchive.store import Fields
from wparchive.store.warc.fields import bare

__all__ = ["canonical", "commitments", "elements", "json_body"]

_SALT: Final = b"wparchive item salt v1\n"
_LARGEST = 1 << 26  # bytes of a decoded body
_SPACE: Final = " \t\r\n"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} isn't JSON")


# Only the places count, so numbers of any length do.
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)


def canonical(value: object) -> bytes:
    """Return the one line that stands for `value` in a log, without its line feed."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")


def commitments(headers: Fields, leaf: bytes, block: bytes) -> Iterator[bytes]:
    """Yield the line of each item in a response record: its WARC `headers`, the hash of its leaf, and its whole block.

    A body that isn't a JSON array as it was sent has none, and one of more than 64 MiB.
    """
    body = json_body(block)
    places = elements(body) if body is not None else []
    secret = hashlib.sha256(_SALT + block).digest() if places else b""
    for number, (start, end) in enumerate(places):
        line = {
            "bytes": [start, end],
            "capture": next(iter(headers.ids("WARC-Record-ID")), ""),
            "date": headers.get("WARC-Date"),
            "item": number,
            "items": len(places),
            "record": to_base64(leaf),
            "salt": hashlib.sha256(secret + str(number).encode()).hexdigest()[:32],
            "sha256": hashlib.sha256((body or b"")[start:end]).hexdigest(),
            "url": bare(headers.get("WARC-Target-URI")),
        }
        yield canonical(line)


def json_body(block: bytes) -> bytes | None:
    """Return the decoded body of the HTTP response in `block` if it may be a JSON array; None for any other."""
    end = head_length(block)
    if end < 0:
        return None
    flags: list[str] = []
    parts, size = [], 0
    head = parse_head(block[:end])
    for piece in decoded(payload(iter((block[end:],)), head), head, flags):
        if not size and piece and piece.lstrip(_SPACE.encode())[:1] not in (b"[", b""):
            return None
        parts.append(piece)
        size += len(piece)
        if size > _LARGEST:
            return None
    return None if flags else b"".join(parts)


def elements(body: bytes) -> list[tuple[int, int]]:
    """Return where the elements of a JSON array stand in its bytes, as (start, end); none for anything else."""
    try:
        text = body.decode("utf-8")
        places = list(_elements(text))
    except (ValueError, RecursionError, IndexError):
        return []
    if len(text) == len(body):
        return places
    return list(_in_bytes(text, places))


def _elements(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of the elements in characters. Raises ValueError, RecursionError, and IndexError at a missing end."""
    at = _after_space(text, 0)
    if text[at] != "[":
        raise ValueError("no array")
    at = _after_space(text, at + 1)
    first = True
    while text[at] != "]":
        if not first:
            if text[at] != ",":
                raise ValueError("no comma between two elements")
            at = _after_space(text, at + 1)
        _, end = _DECODER.raw_decode(text, at)
        yield at, end
        at, first = _after_space(text, end), False
    if text[at + 1 :].strip(_SPACE):
        raise ValueError("more follows the array")


def _after_space(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at


def _in_bytes(text: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield `places` of characters in order as places of bytes of UTF-8."""
    at = position = 0
    for start, end in places:
        begin = position + len(text[at:start].encode())
        position = begin + len(text[start:end].encode())
        yield begin, position
        at = end
