"""What travels between the socket and the site: a request as asked, an answer as given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

__all__ = ["Answer", "Request"]


def _params(text: str) -> dict[str, Any]:
    """The query as PHP reads it: the last of equal names counts, `a[]=1&a[]=2` is a list."""
    params: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        stem, bracket, _ = name.partition("[")
        if not bracket:
            params[name] = value
        else:
            several = params.setdefault(stem, [])
            params[stem] = [*several, value] if isinstance(several, list) else [value]
    return params


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `target` as sent, `path` decoded and without the query, header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    path: str
    params: dict[str, Any]

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str]) -> "Request":
        """Read a request line's target; an absolute-form target loses its origin."""
        if "://" in target.partition("?")[0]:
            target = "/" + target.split("://", 1)[1].partition("/")[2]
        path, _, query = target.partition("?")
        return cls(method, target, headers, unquote(path), _params(query))


@dataclass(slots=True)
class Answer:
    """One answer. `document` is what a REST answer's body was made of, None elsewhere."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    document: Any = None

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def replace(self, name: str, value: str | None) -> None:
        """Set a header, or take it away with None."""
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))
