"""Single values of items, read as WordPress and plug-ins write them; nothing here raises for what a server sent."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

__all__ = ["boolean", "clean", "date", "exact", "integer", "loads", "text_of", "utc"]

_MOST_DIGITS = 4000  # Python refuses to convert somewhat more

_DIGITS = re.compile(r"-?[0-9]{1,19}")
_TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
_MOMENT = re.compile(r"([1-9]\d{3})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)")


def integer(value: object) -> int | None:
    """`value` as an exact 64-bit integer when it is one or is written as one; never by way of a float."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63:
        return value
    return None


def exact(digits: str) -> int | str:
    """The number that `digits` write; of more digits than Python converts, they themselves."""
    return int(digits) if len(digits) < _MOST_DIGITS else digits


def loads(text: str) -> Any:
    """What `text`, JSON that was read and mended before, says: numbers as they were read then."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text, parse_int=exact)


def text_of(value: object) -> str:
    """The text of a field that is a string or `{"rendered": ...}`; "" for anything else."""
    if isinstance(value, dict):
        value = value.get("rendered")
    return value if isinstance(value, str) else ""


def boolean(value: object) -> bool | None:
    """`value` as true or false, in the spellings that plug-ins use; None for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str):
        return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}.get(
            str(value).lower()
        )
    return None


def date(value: object) -> str | None:
    """A date as WordPress wrote it, as far as that can be stored; None when there is none."""
    return clean(value) if isinstance(value, str) and value else None


def utc(value: object) -> str | None:
    """A `..._gmt` date as ISO 8601 with `Z`; None for zero dates, years before 1000, and what can't be understood."""
    match = _MOMENT.match(value) if isinstance(value, str) else None
    try:
        return datetime(*map(int, match.groups()), tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if match else None  # type: ignore[misc, arg-type]
    except ValueError:
        return None


_UNSAFE = re.compile("[\ud800-\udfff\0]")


def clean(text: str) -> str:
    """`text` as SQLite and UTF-8 can hold it: lone surrogates and NULs become U+FFFD."""
    if "\0" not in text:
        if text.isascii():
            return text
        with suppress(UnicodeEncodeError):  # to try is five times as fast as to look for what can't be encoded
            text.encode()
            return text
    return _UNSAFE.sub("\ufffd", text)
