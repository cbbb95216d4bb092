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
        forms: dict[str, list[str]] = {"name": [], "name*": [], "*name*": [], "": []}
        for one in dict.fromkeys(patterns):
            plain = _WILD.sub("", one)
            form = one.replace(plain, "name") if plain else ""
            forms[form if form in forms else ""].append(plain if form in forms else one)
        self._names, self._beginnings = frozenset(forms["name"]), tuple(forms["name*"])
        self._within = tuple(forms["*name*"])
        self._rest = re.compile("|".join(map(translate, forms[""])) or r"(?!)")

    def covers(self, name: str) -> bool:
        """Return whether one of the patterns matches the whole of `name`."""
        if name in self._names:
            return True
        if len(name) > _LONGEST:
            return False
        if name.startswith(self._beginnings) or any(part in name for part in self._within):
            return True
        return self._rest.match(name) is not None
