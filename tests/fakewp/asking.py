"""How the tests of the fake ask it, and how they hold two answers side by side."""

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from patience import PATIENCE

from fakewp.simulator.server import SimulatedSite

__all__ = ["SWEEP", "alike", "get", "raw", "walk"]

SWEEP = {"per_page": "100", "orderby": "id", "order": "asc"}
# Relations that an item has or hasn't by its content: judged only where both have them.
BY_CONTENT = {"predecessor-version", "wp:featuredmedia", "up", "author", "children", "in-reply-to"}


def get(site: SimulatedSite, route: str, params: Mapping[str, Any] | None = None, **how: Any) -> requests.Response:
    with requests.Session() as session:
        return session.request(how.pop("method", "GET"), site.url_of(route, params), timeout=PATIENCE, **how)


def raw(site: SimulatedSite, route: str, params: Mapping[str, Any] | None = None) -> bytes:
    """All that comes over the wire for one request."""
    parts = urlsplit(site.url_of(route, params))
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PATIENCE) as link:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        link.sendall(f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        data = b""
        try:
            while block := link.recv(65536):
                data += block
        except ConnectionResetError:
            data += b"[reset]"
        return data


def walk(site: SimulatedSite, route: str) -> list[int]:
    """Every id of a collection, page by page, as the simplest client does it."""
    found, page, pages = [], 1, 1
    while page <= pages:
        answer = get(site, route, {**SWEEP, "page": page})
        found += [item["id"] for item in answer.json()]
        pages, page = int(answer.headers["X-WP-TotalPages"]), page + 1
    return found


def alike(real: Any, fake: Any) -> Any:
    """Both without the relations that depend on content and that only one of them has."""
    if isinstance(real, dict) and isinstance(fake, dict):
        only = (real.keys() ^ fake.keys()) & BY_CONTENT
        pairs = {key: alike(real[key], fake[key]) for key in real.keys() & fake.keys()}
        left = {key: value for key, value in real.items() if key not in only and key not in pairs}
        right = {key: value for key, value in fake.items() if key not in only and key not in pairs}
        return {**{k: v[0] for k, v in pairs.items()}, **left}, {**{k: v[1] for k, v in pairs.items()}, **right}
    if isinstance(real, list) and isinstance(fake, list) and len(real) == len(fake):
        pairs_ = [alike(one, other) for one, other in zip(real, fake, strict=True)]
        return [pair[0] for pair in pairs_], [pair[1] for pair in pairs_]
    return real, fake
