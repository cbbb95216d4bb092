"""How core judges the parameters of a request by the arguments of its route."""

import re
from collections.abc import Mapping
from typing import Any

from fakewp.simulator.errors import invalid
from fakewp.simulator.schema import Args

__all__ = ["checked", "listed"]

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?")
# Core gives these a validator of their own, so they are judged (and reported) before all others.
_FIRST = ("context", "page", "per_page", "search")


def checked(args: Args, params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` with their types, defaults filled in; unknown ones dropped, as core ignores them. Raises RestError."""
    for first in (True, False):
        problems = {}
        for name, arg in args.items():
            if (name in _FIRST) is first and name in params and (problem := _problem(name, arg, params[name])):
                problems[name] = problem
        if problems:
            raise invalid(problems)
    values = {name: arg["default"] for name, arg in args.items() if "default" in arg}
    return values | {name: _typed(arg, params[name]) for name, arg in args.items() if name in params}


def listed(value: Any) -> list[str]:
    """A list parameter in any of its spellings (`a=1,2`, `a[]=1&a[]=2`)."""
    return [str(one) for one in value] if isinstance(value, list) else re.split(r"[\s,]+", str(value).strip(" ,"))


def _whole(value: Any) -> bool:
    return not isinstance(value, list) and re.fullmatch(r"[+-]?\d+", str(value).strip()) is not None


def _problem(name: str, arg: Mapping[str, Any], value: Any) -> tuple[str, str, Any] | None:
    if name == "status" and arg["type"] == "array":
        return _status(arg, value)
    kind = "array" if "array" in arg["type"] and "items" in arg else arg["type"]
    if kind == "integer":
        return _bounds(name, arg, value)
    if kind == "array" and arg["items"]["type"] == "integer":
        for n, one in enumerate(listed(value)):
            if not _whole(one):
                return "rest_invalid_type", f"{name}[{n}] is not of type integer.", {"param": f"{name}[{n}]"}
    elif kind == "boolean" and str(value).lower() not in ("1", "0", "true", "false"):
        return "rest_invalid_type", f"{name} is not of type boolean.", {"param": name}
    elif arg.get("format") == "date-time" and not _DATE.fullmatch(str(value)):
        return "rest_invalid_date", "Invalid date.", None
    elif "enum" in arg and value not in arg["enum"]:
        *most, last = arg["enum"]
        several = f"{', '.join(most)}{',' if len(most) > 1 else ''} and {last}"
        return "rest_not_in_enum", f"{name} is not one of {several}.", None
    return None


def _bounds(name: str, arg: Mapping[str, Any], value: Any) -> tuple[str, str, Any] | None:
    if not _whole(value):
        return "rest_invalid_type", f"{name} is not of type integer.", {"param": name}
    low, high = arg.get("minimum"), arg.get("maximum")
    if low is not None and high is not None and not low <= int(value) <= high:
        return "rest_out_of_bounds", f"{name} must be between {low} (inclusive) and {high} (inclusive)", None
    if low is not None and int(value) < low:
        return "rest_out_of_bounds", f"{name} must be greater than or equal to {low}", None
    return None


def _status(arg: Mapping[str, Any], value: Any) -> tuple[str, str, Any] | None:
    if all(one == arg["default"] for one in listed(value)):
        return None
    return "rest_forbidden_status", "Status is forbidden.", {"status": 401}


def _typed(arg: Mapping[str, Any], value: Any) -> Any:
    kind = arg["type"]
    if kind == "integer":
        return int(value)
    if "array" in kind and "items" in arg:
        return [int(one) for one in listed(value)] if arg["items"]["type"] == "integer" else listed(value)
    if kind == "boolean":
        return str(value).lower() in ("1", "true")
    return str(value)
