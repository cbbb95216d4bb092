"""Parts of words: the words of the index in which a part stands are looked for in its place."""

import sqlite3
from collections.abc import Callable, Sequence

from wparchive.ask.finding.snippets import folded
from wparchive.ask.finding.typed import Term, in_pairs, in_words

__all__ = ["Parts"]

_LEAST = 3  # characters of a part
_MOST = 300  # words that may have it


class Parts:
    """The words of the search tables that contain the words of a search."""

    def __init__(self, db: sqlite3.Connection, terms: Sequence[Term]) -> None:
        self._db = db
        self._parts = [term for term in terms if _is_part(term)]
        self._known: dict[tuple[str, str], list[str]] = {}

    def spelled(self, name: str) -> Callable[[Term], Sequence[str]]:
        """Return what `typed.expression` needs for the search table `name`; reads its vocabulary once for each part."""
        usual = in_pairs if name.endswith("_grams") else in_words
        words = {term: self._words(name, folded(term.text)) for term in self._parts}

        def spell(term: Term) -> Sequence[str]:
            return [*usual(term), *(f'"{word}"' for word in words.get(term, ()))]

        return spell

    def _words(self, name: str, part: str) -> list[str]:
        if (name, part) not in self._known:
            self._known[name, part] = self._read(name, part)
        return self._known[name, part]

    def _read(self, name: str, part: str) -> list[str]:
        vocabulary = f"{name}_words"
        self._db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{vocabulary} USING fts5vocab(main, {name}, row)")
        query = f"SELECT term FROM temp.{vocabulary} WHERE instr(term, ?) LIMIT {_MOST}"  # noqa: S608 - our own names
        return [str(word) for (word,) in self._db.execute(query, (part,)) if '"' not in word]


def _is_part(term: Term) -> bool:
    return not (term.whole or term.excluded or term.unspaced) and len(term.text) >= _LEAST and term.text.isalnum()
