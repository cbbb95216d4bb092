"""Whether bytes are as the digests that a foreign record states say, however its writer spelled them."""

import base64
import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from wparchive.store.warc.fields import Fields

__all__ = ["block_fits", "fits"]

_NAMES = frozenset(("sha1", "sha256", "sha512", "md5"))


def block_fits(fields: Fields, block: bytes | memoryview) -> bool:
    """Return whether the block of a record has the digest that its header states, if it states one."""
    stated = fields.get("WARC-Block-Digest")
    if not stated or fits(stated, block):
        return True
    # Some state a length that counts the first byte of the record's end.
    return bytes(block[-1:]) == b"\r" and fits(stated, block[:-1])


def fits(stated: str, data: bytes | memoryview, known: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Return whether `data` has the digest that a record states, in hex, base32 or 64; one that we can't compute fits.

    `known` are digests of it by algorithm, in hex, as far as they are computed already.
    """
    name, _, value = stated.partition(":")
    name = name.strip().lower().replace("-", "")
    if name not in _NAMES:
        return True
    digest = bytes.fromhex(known.get(name, "")) or hashlib.new(name, data, usedforsecurity=False).digest()
    value = value.strip().rstrip("=")
    if value.lower() == digest.hex() or value.upper() == base64.b32encode(digest).decode().rstrip("="):
        return True
    return value == base64.b64encode(digest).decode().rstrip("=")
