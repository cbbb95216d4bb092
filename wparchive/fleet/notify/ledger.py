"""What was sent to whom: `.notify.json` beside `archive.db`, which outlives a rebuild, a kill and a full disk.

Changes and events have a place in the order in which they were first met, and each destination has come to one place of each.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple
from typing import Any

from wparchive.ask.change_keys import KEY_LENGTH
from wparchive.fleet.notify.troubles import Event, Trouble, news
from wparchive.store import Archive
from wparchive.store.kept_file import Arrivals, KeptFile

__all__ = ["Ledger"]

_MOST_EVENTS = 1_000  # that wait for a destination which can't be reached


class Ledger:
    """What was sent; read and written in a `with held()` block, which keeps other runs from sending the same."""

    def __init__(self, archive: Archive, timeout: float = 60) -> None:
        way_out = "remove it, and all destinations get what comes from now on"
        self._file = KeptFile(archive.root / ".notify.json", _is_sound, way_out, timeout=timeout, reserve=True)
        self._take({})

    @contextmanager
    def held(self) -> Iterator[None]:
        """Read it, and hold it. Raises LockedError, StorageError and DamagedError."""
        with self._file.lock():
            self.read()
            yield

    def read(self) -> None:
        """Read it as it is now, even while another run holds it. Raises StorageError and DamagedError."""
        self._take(self._file.read())

    def _take(self, held: Mapping[str, Any]) -> None:
        self._changes = Arrivals(KEY_LENGTH, held.get("changes", ""))
        self._events = [Event(*event) for event in held.get("events", [])]
        self._dropped: int = held.get("dropped", 0)  # events before the first that is kept
        self._troubles = {site: Trouble(*trouble) for site, trouble in held.get("troubles", {}).items()}
        self._places: dict[str, list[int]] = dict(held.get("destinations", {}))

    def note(self, keys: Iterable[str], now: Mapping[str, Trouble | None], at: str) -> bool:
        """Take in the keys of all changes, and what is wrong `now`; whether there is anything new to keep."""
        begun = [*news(self._troubles, now, at)]
        for event in begun:
            self._troubles.pop(event.site, None)
            if not event.over:
                self._troubles[event.site] = Trouble(event.kind, event.since, event.reason)
        self._events += begun
        spare = max(0, len(self._events) - _MOST_EVENTS)
        del self._events[:spare]
        self._dropped += spare
        return self._changes.take(keys) or bool(begun)

    def rename(self, old: str, new: str | None) -> None:
        """Keep what is wrong with the site `old` as what is wrong with `new`, so that it isn't sent again; None: not at all.

        Reads, holds and writes the file by itself, when there is anything to change. Raises as `held` and `save` do.
        """
        self.read()
        if old not in self._troubles:
            return
        with self.held():
            if (trouble := self._troubles.pop(old, None)) and new is not None:
                self._troubles[new] = trouble
            self.save()

    def knows(self, destination: str) -> bool:
        """Whether anything was ever sent there, or will be."""
        return destination in self._places

    def advance(self, destination: str, changes: bool = True) -> bool:
        """What there is now (or of it the events alone) counts as sent to `destination`; returns whether that is new."""
        before, here = self._places.get(destination), [len(self._changes), self._dropped + len(self._events)]
        if before and not changes:
            here[0] = before[0]
        self._places[destination] = here
        return before != here

    def pending(self, destination: str) -> tuple[set[str], list[Event]]:
        """The keys of the changes that weren't sent to `destination`, and the events."""
        changes, events = self._places[destination]
        return self._changes.since(changes), self._events[max(0, events - self._dropped) :]

    def save(self) -> None:
        """Write it; it is on the disk when this returns. Raises StorageError."""
        value = {
            "changes": str(self._changes),
            "events": [astuple(event) for event in self._events],
            "dropped": self._dropped,
            "troubles": {site: astuple(trouble) for site, trouble in self._troubles.items()},
            "destinations": self._places,
        }
        self._file.write(value)


def _is_sound(value: object) -> bool:
    match value:
        case {
            "changes": str(changes),
            "events": list(events),
            "dropped": int(dropped),
            "troubles": dict(troubles),
            "destinations": dict(places),
            **rest,
        }:
            most = (len(changes) // KEY_LENGTH, dropped + len(events))
            return (
                not rest
                and len(changes) % KEY_LENGTH == 0
                and all(_is_event(one) for one in events)
                and all(_are_texts(one, 3) for one in troubles.values())
                and all(_is_place(one, most) for one in places.values())
            )
    return False


def _is_event(value: object) -> bool:
    match value:
        case [at, site, kind, bool(), reason, since]:
            return _are_texts([at, site, kind, reason, since], 5)
    return False


def _are_texts(value: object, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(isinstance(one, str) for one in value)


def _is_place(value: object, most: tuple[int, int]) -> bool:
    match value:
        case [int(changes), int(events)]:
            return 0 <= changes <= most[0] and 0 <= events <= most[1]
    return False
