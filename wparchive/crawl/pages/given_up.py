"""Pages that no item names and that can't be had: those that were refused, or tried often enough, are asked for seldom."""

import hashlib
import json
from datetime import datetime
from typing import Final

from wparchive.crawl.pages.trying import Trying
from wparchive.model import timestamp
from wparchive.store import SiteStore
from wparchive.wordpress.values import integer, string

__all__ = ["GivenUp"]

_MEMO: Final = "pages given up"  # a note of the capture log; once lost, it costs requests
_MOST: Final = 20_000  # pages that are remembered


class GivenUp:
    """What earlier runs over a site could not have, by the key of the page; `trying` says what this run tries again."""

    def __init__(self, store: SiteStore, trying: Trying) -> None:
        self._store, self._trying = store, trying
        self._tries = _read(store.log.get(_MEMO))

    def wants(self, key: str, url: str) -> bool:
        """Return whether to ask for a page, given what became of it in earlier runs."""
        known = self._tries.get(_mark(key))
        return known is None or self._trying.wants(url, known[2], known[0], known[1])

    def count(self, key: str, problem: str, now: datetime) -> None:
        """Note that a page could not be had."""
        mark = _mark(key)
        if mark in self._tries or len(self._tries) < _MOST:
            tries = self._tries.get(mark, (0, "", ""))[0]
            self._tries[mark] = tries + 1, timestamp(now), problem

    def keep(self) -> None:
        """Store it for later runs."""
        self._store.log.set(_MEMO, json.dumps(self._tries))


def _mark(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _read(memo: str | None) -> dict[str, tuple[int, str, str]]:
    value = json.loads(memo) if memo else {}
    found: dict[str, tuple[int, str, str]] = {}
    for mark, known in value.items():
        tries, at, problem = known if isinstance(known, list) and len(known) == 3 else (known, "", "")
        if (count := integer(tries)) is not None:
            found[str(mark)] = count, string(at), string(problem)
    return found
