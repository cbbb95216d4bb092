"""Checks whether the content of our records is possible, under correct digests: an archive may come from anywhere.

The readers of an archive do not trust this content either: they ignore what is implausible, and here it is named.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from wparchive.model import Privilege, Verdict
from wparchive.store.warc.fact_json import fact_value
from wparchive.wordpress.type_names import is_collection

__all__ = ["moment", "nonsense_in_date", "nonsense_in_fact", "nonsense_in_fields", "nonsense_in_info"]

_LEEWAY = timedelta(days=1)  # tolerance between clocks
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z", re.ASCII)
_NUMBER = re.compile("[0-9]{1,18}")
_GIVEN = re.compile("urn:uuid:[0-9a-f-]{36}")
_DIGEST = re.compile("[0-9a-f]{64}")
_SHA1 = re.compile("[0-9a-f]{40}")
_METHOD = re.compile("[A-Z]{1,20}")
_STAMPED = re.compile(r"-(\d{14})-\d{5,}\.warc\.gz")
_WARC = re.compile(r"warc/((?:private|import)/)?[^/]+\.warc\.gz")
_VERDICTS = (*Verdict, "hop", "attempt")
_COUNTS = ("stated", "held", "withheld", "pages", "exit_code", "requests", "captures", "revisits", "bytes", "gaps")


def moment(date: str) -> datetime | None:
    """Return the time of a WARC-Date, to the second; None if it is not one."""
    found = _DATE.fullmatch(date)
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def nonsense_in_date(date: str, began: datetime | None, now: datetime) -> Iterator[str]:
    """Yield faults in the date of a record, in a file begun at `began`."""
    when = moment(date)
    if when is None:
        yield "its date isn't one"
    elif when > now + _LEEWAY:
        yield f"its date {date} lies in the future"
    elif began and when < began - _LEEWAY:
        yield f"its date {date} lies before its file was begun"


def nonsense_in_info(name: str, stated: str, now: datetime) -> Iterator[str]:
    """Yield faults in the name of a file whose warcinfo record calls it `stated`."""
    if stated and stated != name:
        yield f"the file was begun as {stated}, and is called otherwise now"
    if stamp := _STAMPED.search(name):
        try:
            late = datetime.strptime(stamp[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) > now + _LEEWAY
        except ValueError:
            late = True
        if late:
            yield "the file is called after a time that can't have been"


def _is_flags(value: str) -> bool:
    try:
        flags = json.loads(value)
    except (ValueError, RecursionError):
        return False
    return isinstance(flags, list) and all(isinstance(flag, str) for flag in flags)


def _is_place(value: str) -> bool:
    return bool(_WARC.fullmatch(value)) and ".." not in PurePosixPath(value).parts


_FIELDS: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(
        ("payload-size", "hopsFromSeed", "fetchTimeMs", "attempt", "hop", "refers-to-offset"), _NUMBER.fullmatch
    ),
    **dict.fromkeys(("body-sha256", "payload-sha256", "response-member", "request-member"), _DIGEST.fullmatch),
    "payload-sha1": _SHA1.fullmatch,
    **dict.fromkeys(("known-as", "request-known-as"), _GIVEN.fullmatch),
    "method": _METHOD.fullmatch,
    "flags": _is_flags,
    "final": ("yes", "no").__contains__,
    "verdict": _VERDICTS.__contains__,
    "privilege": tuple(Privilege).__contains__,
    "refers-to-file": _is_place,
    **dict.fromkeys(("site", "run", "crawl", "kind"), str.isprintable),
}


def nonsense_in_fields(fields: Mapping[str, str], run: str, *, private: bool) -> Iterator[str]:
    """Yield faults in the `fields` of a metadata record, in a file of `run` (empty: unknown) that is `private` or not."""
    for name, rule in _FIELDS.items():
        if name in fields and not rule(fields[name]):
            yield f"its value of {name} is impossible"
    if "crawl" not in fields:
        yield "it doesn't name its run"
    elif run and fields.get("run", run) != run:
        yield "it is of another run than its file"
    if "privilege" in fields and private != (fields["privilege"] == Privilege.AUTHENTICATED):
        yield f"what is {fields['privilege'][:20]} doesn't belong into this folder"


def nonsense_in_fact(run: str, name: str, data: bytes, of_file: str) -> Iterator[str]:
    """Yield faults in the fact `name` of `run` with JSON `data`, in a file of the run `of_file` (empty: unknown)."""
    value = fact_value(data)
    if of_file and run != of_file:
        yield "it is of another run than its file"
    if value is None:
        yield "it is no fact that can be read"
    elif not _SHAPES.get(name.partition(":")[0], _anything)(value):
        yield f"its value of {name.partition(':')[0]} is impossible"


def _anything(_: object) -> bool:
    return True


def _is_object(value: object) -> bool:
    """Return whether it is an object with valid counts and times."""
    if not isinstance(value, dict):
        return False
    counts = (value[name] for name in _COUNTS if value.get(name) is not None)
    times = (value[name] for name in ("started_at", "finished_at") if value.get(name) is not None)
    return all(map(_is_count, counts)) and all(isinstance(time, str) and moment(time) for time in times)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << 62


def _is_listing(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("route"), str):
        return False
    gaps = value.get("gaps") or []
    return _is_object({**value, "gaps": None}) and isinstance(gaps, list) and all(isinstance(gap, dict) for gap in gaps)


def _is_loss(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and all(map(_is_count, value[1:]))


def _list_of(rule: Callable[[object], object]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(rule, value))


_SHAPES: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(("start", "site", "end", "answers", "volatile", "coverage"), _is_object),
    "listing": _is_listing,
    "collections": _list_of(is_collection),
    "failures": _list_of(lambda one: isinstance(one, dict)),
    "made-good": _list_of(_is_loss),
}
