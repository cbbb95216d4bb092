"""Reads single values of items as WordPress and plug-ins write them. Nothing here raises for a server's data."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

__all__ = [
    "boolean",
    "clean",
    "date",
    "exact",
    "first_link",
    "href_of",
    "integer",
    "loads",
    "mapping",
    "members",
    "string",
    "text_of",
    "utc",
]

_T = TypeVar("_T")
_MOST_DIGITS = 4000  # Python refuses to convert somewhat more

_DIGITS = re.compile(r"-?[0-9]{1,19}")
_TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
_MOMENT = re.compile(r"([1-9]\d{3})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)")


def integer(value: object) -> int | None:
    """Return `value` as an exact 64-bit integer if it is one or is written as one, never via a float; else None."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63:
        return value
    return None


def exact(digits: str) -> int | str:
    """Return the number that `digits` spell; too many digits for Python are returned as text."""
    return int(digits) if len(digits) < _MOST_DIGITS else digits


def loads(text: str) -> Any:
    """Parse JSON that was repaired before; numbers are read as they were then."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text, parse_int=exact)


def members(value: object, kind: type[_T]) -> list[_T]:
    """Return the members of a JSON list that are of this `kind`; none for anything but a list."""
    return [one for one in value if isinstance(one, kind)] if isinstance(value, list) else []


def string(value: object) -> str:
    """Return `value` if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> dict[str, Any]:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    """Return the text of a field that is a string or `{"rendered": ...}`; "" for anything else."""
    if isinstance(value, dict):
        value = value.get("rendered")
    return value if isinstance(value, str) else ""


def first_link(item: Mapping[str, Any], relation: str) -> Mapping[str, Any]:
    """Return the first entry of `relation` in an item's `_links`; empty if there is none."""
    found = mapping(item.get("_links")).get(relation)
    return mapping(found[0]) if isinstance(found, list) and found else {}


def href_of(item: Mapping[str, Any], relation: str) -> str:
    """Return where the first link of `relation` of an item points; "" if there is none."""
    return string(first_link(item, relation).get("href"))


def boolean(value: object) -> bool | None:
    """Return `value` as a boolean, in the spellings that plug-ins use; None for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str):
        return _TRUTHS.get(str(value).lower())
    return None


def date(value: object) -> str | None:
    """Return a date as WordPress wrote it, cleaned for storage; None if there is none."""
    return clean(value) if isinstance(value, str) and value else None


def utc(value: object) -> str | None:
    """Return a `..._gmt` date as ISO 8601 with `Z`; None for zero dates, years before 1000, and anything else."""
    match = _MOMENT.match(value) if isinstance(value, str) else None
    try:
        return datetime(*map(int, match.groups()), tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if match else None  # type: ignore[misc, arg-type]
    except ValueError:
        return None


_UNSAFE = re.compile("[\ud800-\udfff\0]")


def clean(text: str) -> str:
    """Return `text` as SQLite and UTF-8 can store it: lone surrogates and NULs become U+FFFD."""
    if "\0" not in text:
        if text.isascii():
            return text
        with suppress(UnicodeEncodeError):  # trying is five times as fast as searching for what cannot be encoded
            text.encode()
            return text
    return _UNSAFE.sub("\ufffd", text)
