"""WordPress's error answers, by the codes that core gives them."""

from collections.abc import Mapping
from typing import Any

__all__ = ["RestError", "forbidden_param", "invalid", "no_route"]


class RestError(Exception):
    """An answer `{code, message, data}`; `permitted` says whether the requester may use the route (`Allow`)."""

    def __init__(self, status: int, code: str, message: str, *, permitted: bool = False, **data: Any) -> None:
        super().__init__(message)
        self.status = status
        self.permitted = permitted
        self.document = {"code": code, "message": message, "data": {"status": status, **data}}


def no_route() -> RestError:
    """404: nothing answers under this path with this method."""
    return RestError(404, "rest_no_route", "No route was found matching the URL and request method.")


def invalid(problems: Mapping[str, tuple[str, str, Any]]) -> RestError:
    """400 for bad parameters: name to (code, message, data)."""
    details = {
        name: {"code": code, "message": message, "data": data} for name, (code, message, data) in problems.items()
    }
    return RestError(
        400,
        "rest_invalid_param",
        f"Invalid parameter(s): {', '.join(problems)}",
        permitted=True,
        params={name: message for name, (_, message, _) in problems.items()},
        details=details,
    )


def forbidden_param(name: str) -> RestError:
    """401 for a parameter that needs an account."""
    return RestError(401, "rest_forbidden_param", f"Query parameter not permitted: {name}")
