"""The noise of one site: what the operator named, and what its own answers showed to move by itself, type by type."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wparchive.errors import ConfigError
from wparchive.wordpress.changes.noise import NOISE, Noise

__all__ = ["SiteNoise"]


@dataclass(slots=True)
class SiteNoise:
    """What is noise in items of each type: `told` for all, and what was learnt; it only grows."""

    told: Noise = NOISE
    _learnt: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _made: dict[str, Noise] = field(default_factory=dict)

    def tell(self, told: Noise) -> None:
        """From now on `told` is what the operator named."""
        self.told = told
        self._made.clear()

    def learn(self, kind: str, entries: Iterable[str]) -> bool:
        """Take in what moves by itself in items of type `kind`; gives whether that is new. What can't be read is left out."""
        known = self._learnt.get(kind, ())
        new = tuple(sorted({entry for entry in entries if _is_entry(entry)}.difference(known)))
        self._learnt[kind] = (*known, *new)
        self._made.pop(kind, None)
        return bool(new)

    def learn_all(self, fact: object) -> None:
        """Take in a fact of a run: entries by type."""
        for kind, entries in fact.items() if isinstance(fact, Mapping) else ():
            if isinstance(entries, list):
                self.learn(str(kind), [entry for entry in entries if isinstance(entry, str)])

    def of(self, kind: str) -> Noise:
        """What is noise in items of type `kind`."""
        learnt = self._learnt.get(kind)
        if not learnt:
            return self.told
        if kind not in self._made:
            self._made[kind] = Noise.of((*self.told.strings, *learnt))
        return self._made[kind]


def _is_entry(entry: str) -> bool:
    try:
        Noise.of((entry,))
    except ConfigError:
        return False
    return True
