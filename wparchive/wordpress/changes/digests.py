"""Digests that show whether an item changed: one of all its data, one of what a reader sees."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from unicodedata import normalize

from wparchive.wordpress.changes.noise import CUT_FROM, NOISE, Noise
from wparchive.wordpress.changes.own_url import own_of
from wparchive.wordpress.reading import parted
from wparchive.wordpress.text import plain
from wparchive.wordpress.values import text_of

__all__ = ["payload_sha256", "text_sha256"]

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode
_TEXTS = (
    *("title", "name", "content", "excerpt", "caption", "description", "alt_text", "author_name"),
    *("short_description", "review", "reviewer"),
)
_PIECE = 1 << 20
_INJECTED = frozenset(("content", "excerpt", "caption", "description", "short_description", "review"))


def payload_sha256(item: Mapping[str, Any], noise: Noise = NOISE) -> str:
    """Return the SHA-256 of the canonical JSON of `item` without noise: sorted keys, no white space, ASCII."""
    try:
        text = _CANONICAL(noise.without(item))
        digest = sha256(text[:_PIECE].encode())
        for at in range(_PIECE, len(text), _PIECE):  # in pieces, so that a large text is not in memory twice
            digest.update(text[at : at + _PIECE].encode())
        return digest.hexdigest()
    except (RecursionError, ValueError, TypeError):
        # Nested more deeply than the encoder can follow, though the reader just could. All such items share one digest.
        return sha256(b"too deep").hexdigest()


def text_sha256(item: Mapping[str, Any], noise: Noise = NOISE) -> str:
    """Return the SHA-256 of what a reader sees of `item`: title, content, excerpt and so on, with white space folded."""
    texts: list[str] = []
    own = own_of(item)
    for name in _TEXTS:
        html = text_of(item.get(name))
        if html and not (name in CUT_FROM and noise.repeats(item, name, CUT_FROM[name], own)):
            texts.append(plain(noise.denoised(html, own) if name in _INJECTED else html))
            texts.append(parted(html)[1])
    text = "\n".join(filter(None, texts))  # a field with nothing but noise counts as empty
    if not text.isascii():
        text = normalize("NFC", text)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
