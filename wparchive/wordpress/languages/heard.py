"""What the items of lists say of their languages: by fields of their own, and by the folders that their addresses lie in."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from wparchive.wordpress.languages.codes import code_of, is_alike
from wparchive.wordpress.languages.fields import language_of
from wparchive.wordpress.values import string

__all__ = ["Heard"]

_MOST = 300  # languages and folders that are counted
_DEEP = 3  # folders of an address that may be called by a language
_LONGEST = 300


class Heard:
    """How many items said to be in a language, and how many addresses lie below a folder that is called by one."""

    def __init__(self) -> None:
        self._said: Counter[str] = Counter()
        self._below: Counter[str] = Counter()

    def take(self, values: Iterable[Any]) -> None:
        """Count items, as they stand in a response."""
        for item in values:
            if isinstance(item, dict):
                if code := language_of(item):
                    self._count(self._said, code)
                scheme, _, rest = string(item.get("link")).partition("://")
                parts = rest.split("/", _DEEP + 1)
                for number in range(1, len(parts) - 1):
                    if code_of(parts[number]) and len(rest) < _LONGEST:
                        self._count(self._below, f"{scheme}://{'/'.join(parts[: number + 1])}/")

    def add(self, other: "Heard") -> None:
        """Add what another list's items said."""
        self._said.update(other._said)
        self._below.update(other._below)

    def saying(self, code: str) -> int:
        """Return how many items say that they are in the language `code`."""
        return sum(count for one, count in self._said.items() if is_alike(one, code))

    def below(self, home: str) -> int:
        """Return how many items have addresses below the home page in a language, if that is a folder of its own."""
        return self._below[f"{home.rstrip('/')}/"] if home else 0

    @staticmethod
    def _count(counter: Counter[str], name: str) -> None:
        if name in counter or len(counter) < _MOST:
            counter[name] += 1
