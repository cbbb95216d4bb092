"""robots.txt by RFC 9309; Protego does the parsing."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

from protego import Protego

from wparchive.http1.message import is_success

__all__ = ["Robots"]

_MOST = 512_000  # bytes; RFC 9309, 2.5: at least 500 KiB must be read, the rest may be dropped
_MOST_SITEMAPS = 100
_NO_PATTERNS = ("user-agent", "sitemap")
_REACHING = frozenset("?*$%")  # a pattern with any of these can depend on what follows the path
_AGENT_LINE = re.compile(r"[ \t]*+user[- ]?agent\b[ \t]*+:?+([^#]*+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Robots:
    """The robots.txt rules of one host.

    `reachable` is False when robots.txt got a server error, a 429 or no response: then nothing is allowed for now (RFC
    9309, 2.3.1.4), and the caller reports it. Any other response but 2xx means that there are no rules. `by_path` means
    that the rules depend on nothing of a URL beyond its path.
    """

    rules: Any = None
    reachable: bool = True
    by_path: bool = True

    @classmethod
    def parse(cls, body: bytes | None, status: int | None, agent: str) -> Self:
        """Read the rules for `agent` from a response to GET /robots.txt; `status` is None without a response."""
        if status is None or status >= 500 or status == 429:
            return cls(reachable=False)
        if not is_success(status) or not body:
            return cls()
        text = _for(agent.partition("/")[0].lower(), body[:_MOST].decode("utf-8-sig", "replace"))
        return cls(Protego.parse(text), by_path=_is_by_path(text))

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The URLs of sitemaps that it names, for whomever; at most a hundred."""
        return () if self.rules is None else tuple(dict.fromkeys(islice(self.rules.sitemaps, _MOST_SITEMAPS)))

    def allowed(self, url: str, agent: str) -> bool:
        """Whether `agent` (a whole User-Agent or its product name) may fetch `url`."""
        if self.rules is None:
            return self.reachable
        return bool(self.rules.can_fetch(url, agent.partition("/")[0]))


def _for(product: str, text: str) -> str:
    """Return `text` with one name for all agents that don't match `product`.

    Protego's cost is a group's agents times its rules: with 4,000 of each, in 56 kB, every agent would get every rule.
    """
    lines = []
    for line in text.splitlines():
        named = _AGENT_LINE.match(line)
        name = named[1].strip().lower() if named else "*"
        ours = name == "*" or product.startswith(name.replace("*", ""))
        lines.append(line if ours else "User-agent: another")
    return "\n".join(lines)


def _is_by_path(text: str) -> bool:
    for line in text.splitlines():
        name, _, pattern = line.partition("#")[0].partition(":")
        if not _REACHING.isdisjoint(pattern) and name.strip().lower() not in _NO_PATTERNS:
            return False
    return True
