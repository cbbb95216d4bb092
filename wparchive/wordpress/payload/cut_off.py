"""Reads a list whose end is missing: the objects that came whole before the cut, and nothing of the one in it."""

import json

from wparchive.wordpress.payload.decoding import LIMITS, ParseLimits, decoded, goes_deep
from wparchive.wordpress.payload.document import NO_JSON, Document, past_space

__all__ = ["CUT", "read_cut"]

CUT = "cut"
"""The flag of a body that ended before its end."""


def read_cut(body: bytes, limits: ParseLimits = LIMITS) -> Document | None:
    """Return the whole elements at the beginning of a list that was cut off; None if `body` is no such list."""
    text, flags = decoded(body, limits)
    at = past_space(text, 0)
    if NO_JSON in flags or text[at : at + 1] != "[" or goes_deep(text, at):
        return None
    values, spans, scan = [], [], json.JSONDecoder().raw_decode
    at = past_space(text, at + 1)
    while text[at : at + 1] == "{":
        try:
            value, end = scan(text, at)
        except (ValueError, RecursionError):
            break
        values.append(value)
        spans.append((at, end))
        at = past_space(text, end)
        at = past_space(text, at + (text[at : at + 1] == ","))
    return Document(values, text, (*flags, CUT), spans) if values else None
