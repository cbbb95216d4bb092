"""The noise of one site: what the operator configured, and what its responses showed to vary by itself, per type."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wparchive.wordpress.changes.noise import NOISE, Noise
from wparchive.wordpress.changes.places import Place
from wparchive.wordpress.values import clean

__all__ = ["SiteNoise"]

_MOST = 500  # entries of one type: a site varies in a few places, and a record with more is not credible
_MOST_TYPES = 1000
_LONGEST = 500  # characters of an entry


@dataclass(slots=True)
class SiteNoise:
    """The noise in items of each type: `configured` applies to all; the learnt entries only grow, up to a limit."""

    configured: Noise = NOISE
    _learnt: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    _made: dict[str, Noise] = field(default_factory=dict)

    def configure(self, noise: Noise) -> None:
        """Replace the operator's configuration by `noise`."""
        self.configured = noise
        self._made.clear()

    def learn(self, kind: str, entries: Iterable[str]) -> list[str]:
        """Add entries that vary by themselves in items of type `kind`; return the new ones. Invalid ones are ignored."""
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
        """Add the entries that a run recorded, by type; return the types and entries that are new."""
        new = []
        for kind, entries in fact.items() if isinstance(fact, Mapping) else ():
            if isinstance(entries, list):
                valid = [clean(entry) for entry in entries if isinstance(entry, str)]
                new += [(clean(kind), entry) for entry in self.learn(clean(kind), valid)]
        return new

    def of(self, kind: str) -> Noise:
        """Return the noise in items of type `kind`."""
        learnt = self._learnt.get(kind)
        if not learnt:
            return self.configured
        if kind not in self._made:
            self._made[kind] = Noise.of((*self.configured.strings, *learnt))
        return self._made[kind]


def _is_entry(entry: str) -> bool:
    """Return whether a run writes such entries. Regular expressions are excluded: only the operator's own may cost time."""
    kind, _, pattern = entry.partition(":")
    if not pattern or len(entry) > _LONGEST:
        return False
    try:
        return kind == "field" or (kind == "place" and bool(Place.parse(pattern)))
    except ValueError:
        return False
