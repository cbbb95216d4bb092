"""The noise of one site: what the operator named, and what its own answers showed to move by itself, type by type."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wparchive.wordpress.changes.noise import NOISE, Noise
from wparchive.wordpress.changes.places import Place
from wparchive.wordpress.values import clean

__all__ = ["SiteNoise"]

_MOST = 500  # entries of one type: a site moves in some places, and what has more says nothing
_MOST_TYPES = 1000
_LONGEST = 500  # characters of an entry


@dataclass(slots=True)
class SiteNoise:
    """What is noise in items of each type: `told` for all, and what was learnt; it only grows, and not for ever."""

    told: Noise = NOISE
    _learnt: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    _made: dict[str, Noise] = field(default_factory=dict)

    def tell(self, told: Noise) -> None:
        """From now on `told` is what the operator named."""
        self.told = told
        self._made.clear()

    def learn(self, kind: str, entries: Iterable[str]) -> list[str]:
        """Take in what moves by itself in items of type `kind`; gives what of it is new. What can't be read is left out."""
        if kind not in self._learnt and len(self._learnt) >= _MOST_TYPES:
            return []
        known = self._learnt[kind]
        left = _MOST - len(known)
        new = sorted({entry for entry in entries if entry not in known and _is_entry(entry)})[:left] if left else []
        if new:
            known.update(dict.fromkeys(new))
            self._made.pop(kind, None)
        return new

    def learn_all(self, fact: object) -> list[tuple[str, str]]:
        """Take in a fact of a run, entries by type; gives the types and entries that are new."""
        new = []
        for kind, entries in fact.items() if isinstance(fact, Mapping) else ():
            if isinstance(entries, list):
                told = [clean(entry) for entry in entries if isinstance(entry, str)]
                new += [(clean(kind), entry) for entry in self.learn(clean(kind), told)]
        return new

    def of(self, kind: str) -> Noise:
        """What is noise in items of type `kind`."""
        learnt = self._learnt.get(kind)
        if not learnt:
            return self.told
        if kind not in self._made:
            self._made[kind] = Noise.of((*self.told.strings, *learnt))
        return self._made[kind]


def _is_entry(entry: str) -> bool:
    """Whether it is one that a run writes. No expression is: those may cost what they want, and the operator's own do only."""
    kind, _, pattern = entry.partition(":")
    if not pattern or len(entry) > _LONGEST:
        return False
    try:
        return kind == "field" or (kind == "place" and bool(Place.parse(pattern)))
    except ValueError:
        return False
