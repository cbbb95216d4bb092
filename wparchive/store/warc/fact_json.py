"""Parse the JSON of a fact defensively: an archive can come from anywhere."""

import json
import math
import re
from typing import Final

__all__ = ["fact_value"]

_DEEPEST: Final = 32  # levels of nesting; our own facts have five
_UNSAFE = re.compile("[\ud800-\udfff\0]")


class _TooDeepError(Exception):
    """The value is nested deeper than any run writes."""


def fact_value(data: bytes) -> object:
    """Return the JSON value in `data`; None when it isn't JSON or is nested too deeply.

    Characters that can't be stored are replaced, and numbers that aren't finite become None.
    """
    try:
        return _plain(json.loads(data, parse_constant=_nothing, parse_float=_finite))
    except (ValueError, RecursionError, _TooDeepError):
        return None


def _nothing(_: str) -> None:
    """Return None for NaN and Infinity, which JSON doesn't have."""


def _finite(text: str) -> float | None:
    return number if math.isfinite(number := float(text)) else None


def _plain(value: object, depth: int = 0) -> object:
    if depth > _DEEPEST:
        raise _TooDeepError
    if isinstance(value, str):
        return value if value.isprintable() else _UNSAFE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {_UNSAFE.sub("\ufffd", name): _plain(one, depth + 1) for name, one in value.items()}
    return value
