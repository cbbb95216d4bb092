"""Matches names against many patterns at once, in which `*` stands for anything."""

import re
from collections.abc import Iterable
from fnmatch import translate

__all__ = ["Globs"]

_WILD = re.compile(r"[*?\[]")
_LONGEST = 200  # characters; longer names only match literally


class Globs:
    """A set of patterns. Plain names, prefixes and infixes, which most are, need no regular expression."""

    def __init__(self, patterns: Iterable[str]) -> None:
        every = [*dict.fromkeys(patterns)]
        self._names = frozenset(one for one in every if not _WILD.search(one))
        self._beginnings = tuple(one[:-1] for one in every if one.endswith("*") and not _WILD.search(one[:-1]))
        within = [one for one in every if len(one) > 2 and one[0] == one[-1] == "*" and not _WILD.search(one[1:-1])]
        self._within = tuple(one[1:-1] for one in within)
        told = {*self._names, *within, *(f"{one}*" for one in self._beginnings)}
        rest = [one for one in every if one not in told]
        self._rest = re.compile("|".join(map(translate, rest)) or r"(?!)")

    def covers(self, name: str) -> bool:
        """Return whether one of the patterns matches the whole of `name`."""
        if name in self._names:
            return True
        if len(name) > _LONGEST:
            return False
        if name.startswith(self._beginnings) or any(part in name for part in self._within):
            return True
        return self._rest.match(name) is not None
