"""What a run has fetched, kept: in memory until the site's store is known, in its WARCs from then on."""

import time
from collections.abc import Iterable

from wparchive.crawl.report import Tally
from wparchive.model import Capture, Fetched
from wparchive.store import Prepared, SiteStore, StoredExchange

__all__ = ["Keeper"]

_TOGETHER, _SECONDS = 16, 0.5  # so many captures, or so much time, at the most between two commits


class Keeper:
    """The owner of the run's store; `prepare` may be called from any thread, the rest from one."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._store: SiteStore | None = None
        self._early: list[Fetched] = []
        self._uncommitted: set[str] = set()
        self._committed = time.monotonic()

    def attach(self, store: SiteStore) -> None:
        """Keep everything in `store` from now on, and what was fetched before it was known too."""
        self._store = store
        for fetched in self._early:
            self._put(store, store.prepare(fetched))
        self._early.clear()

    def prepare(self, fetched: Fetched) -> list[Prepared]:
        """The records of `fetched`, none while there is no store."""
        return self._store.prepare(fetched) if self._store else []

    def keep(self, fetched: Iterable[Fetched], prepared: list[Prepared]) -> dict[tuple[str, str], Capture]:
        """Keep what was fetched, `prepared` as it is; gives the final captures by key and privilege."""
        if self._store is None:
            self._early += fetched
            return {}
        return self._put(self._store, prepared) if prepared else {}

    def final(self, key: str) -> Capture | None:
        """The capture in this crawl that is the answer to the target `key`."""
        if key in self._uncommitted:
            self.commit()
        return self._store.final(key) if self._store else None

    def read(self, capture: Capture) -> StoredExchange:
        """What stands in the WARC for `capture`."""
        assert self._store is not None
        return self._store.read(capture)

    def commit(self) -> None:
        """One sync for several captures: a crash in between costs nothing, as whole records are adopted at the next start."""
        if self._store:
            self._store.commit()
            self._uncommitted.clear()
            self._committed = time.monotonic()

    def _put(self, store: SiteStore, prepared: list[Prepared]) -> dict[tuple[str, str], Capture]:
        captures = store.put(prepared, commit=False)
        self._uncommitted.update(capture.key for capture in captures)
        if len(self._uncommitted) >= _TOGETHER or time.monotonic() - self._committed >= _SECONDS:
            self.commit()
        self._tally.captures += len(captures)
        self._tally.revisits += sum(capture.record_type == "revisit" for capture in captures)
        return {(capture.key, capture.privilege): capture for capture in captures if capture.final}
