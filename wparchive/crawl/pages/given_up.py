"""Pages that no item names and that can't be had: those that were refused, or tried often enough, aren't asked for again."""

import hashlib
import json
from typing import Final

from wparchive.store import SiteStore

__all__ = ["GivenUp"]

_MEMO: Final = "pages given up"  # a note of the capture log; once lost, it costs requests
_TRIES: Final = 3
_MOST: Final = 20_000  # pages that are remembered


class GivenUp:
    """What earlier runs over a site could not have, by the key of the page; `afresh` forgets it."""

    def __init__(self, store: SiteStore, *, afresh: bool) -> None:
        self._store = store
        self._tries: dict[str, int] = {} if afresh else _read(store.log.get(_MEMO))

    def __contains__(self, key: str) -> bool:
        return self._tries.get(_mark(key), 0) >= _TRIES

    def count(self, key: str, *, for_good: bool) -> None:
        """Note that a page could not be had; `for_good`: no later try would have it."""
        mark = _mark(key)
        if mark in self._tries or len(self._tries) < _MOST:
            self._tries[mark] = _TRIES if for_good else self._tries.get(mark, 0) + 1

    def keep(self) -> None:
        """Store it for later runs."""
        self._store.log.set(_MEMO, json.dumps(self._tries))


def _mark(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _read(memo: str | None) -> dict[str, int]:
    value = json.loads(memo) if memo else {}
    return {str(mark): tries for mark, tries in value.items() if isinstance(tries, int)}
