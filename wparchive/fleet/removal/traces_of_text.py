"""Where the words of an item stand otherwise: in answers that aren't about it. Found by its headlines and sentences."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from wparchive.wordpress.text import visible_text

__all__ = ["Texts", "folded"]

_LEAST_HEADLINE = 12  # characters: shorter ones stand in many answers by chance
_LEAST_SENTENCE = 40
_MOST = 60  # sentences that are looked for
_END = re.compile(r"(?<=[.!?。！？])\s+|\n")
_HTML = ("content", "excerpt", "caption", "description")


def folded(text: str) -> str:
    """Return `text` so that two spellings of the same words are equal: small letters, single spaces."""
    return " ".join(text.casefold().split())


@dataclass(frozen=True, slots=True)
class Texts:
    """The headlines and sentences of an item, in all versions, folded."""

    headlines: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Return those in the rows of an item, its versions and revisions."""
        rows = [*rows]
        titles = {folded(str(row["title"])) for row in rows if row.get("title")}
        sentences = dict.fromkeys(one for row in rows for name in _HTML for one in _sentences(row.get(name)))
        headlines = tuple(sorted(one for one in titles if len(one) >= _LEAST_HEADLINE))
        return cls(headlines, tuple(sentences)[:_MOST])

    def found_in(self, texts: Iterable[str]) -> str:
        """Return `headline` or `text` when an answer with these texts (HTML or plain) has either; empty when neither."""
        if not self.headlines and not self.sentences:
            return ""
        whole = folded("\n".join(map(visible_text, texts)))
        if any(one in whole for one in self.sentences):
            return "text"
        return "headline" if any(one in whole for one in self.headlines) else ""


def _sentences(html: object) -> Iterator[str]:
    for one in _END.split(visible_text(html)) if isinstance(html, str) else ():
        if len(one) >= _LEAST_SENTENCE:
            yield folded(one)
