"""The JSON of a fact, read as what a run may have meant by it: an archive can come from anywhere."""

import json
import math
import re
from typing import Final

__all__ = ["fact_value"]

_DEEPEST: Final = 32  # values in each other; ours go five deep
_UNSAFE = re.compile("[\ud800-\udfff\0]")


class _TooDeepError(Exception):
    """There is more in each other than any run writes."""


def fact_value(data: bytes) -> object:
    """The value of the JSON in `data`: text that can be stored, numbers that are some; None for what is none, or far too deep."""
    try:
        return _plain(json.loads(data, parse_constant=_nothing, parse_float=_finite))
    except (ValueError, RecursionError, _TooDeepError):
        return None


def _nothing(_: str) -> None:
    """What JSON doesn't have: NaN and Infinity."""


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
