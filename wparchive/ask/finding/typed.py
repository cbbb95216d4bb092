"""What people type into a search, as an expression of FTS5 that is never a syntax error.

Words are AND-ed, `"..."` is a phrase, `-word` excludes, `title:word` looks in titles only, `begin*` finds how words begin.
Everything else is text to be found. Source: https://sqlite.org/fts5.html#full_text_query_syntax
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from wparchive.errors import UsageError
from wparchive.wordpress.unspaced import has_unspaced, is_unspaced, phrase

__all__ = ["Term", "expression", "in_pairs", "in_words", "terms_of"]

_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u300c\u300d\u300e\u300f\uff02", '"'))
_TERM = re.compile(
    r"(?P<minus>-(?=\S))?(?:(?P<field>title|text):(?=\S))?(?:\"(?P<phrase>[^\"]*)\"?|(?P<word>[^\s\"]+))(?P<begin>\*)?",
    re.IGNORECASE,
)
_UNSEARCHABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_MOST = 64


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase to be found, in the column `field` or (empty) anywhere; `begin`: its last word may go on."""

    text: str
    field: str = ""
    begin: bool = False
    excluded: bool = False
    whole: bool = False  # a phrase: it isn't looked for in parts of words

    @property
    def unspaced(self) -> bool:
        """Whether it has signs of a script without spaces between words."""
        return has_unspaced(self.text)


def terms_of(words: str) -> list[Term]:
    """Return the terms of what was typed. Raises UsageError if it holds nothing that can be found, or too much."""
    found = [term for one in _TERM.finditer(_UNSEARCHABLE.sub(" ", words.translate(_QUOTES))) if (term := _term(one))]
    terms = [*dict.fromkeys(found)]
    if not any(not term.excluded for term in terms):
        wanted = "which words should it have, beside those that it shouldn't" if terms else "no word in it to look for"
        raise UsageError(f"{words}: {wanted}; write it as: wparchive find harbour dredger")
    if len(terms) > _MOST:
        raise UsageError(f"{len(terms)} words are too many to look for at once; write at most {_MOST}")
    return terms


def _term(found: re.Match[str]) -> Term | None:
    quoted = found["phrase"] is not None
    text = found["phrase"] if quoted else found["word"]
    begin = found["begin"] is not None or text.endswith("*")
    text = " ".join(text.rstrip("*").split())
    if not any(sign.isalnum() or is_unspaced(sign) for sign in text):
        return None
    return Term(text, (found["field"] or "").lower(), begin, found["minus"] is not None, quoted)


def expression(
    terms: Iterable[Term], columns: Sequence[str], spell: Callable[[Term], Sequence[str]] | None = None
) -> str:
    """Return what FTS5 matches in a table with these `columns`; "" if a term asks for a column that isn't there.

    `spell` returns the phrases of which one must be there, each as FTS5 writes it; by default the term's own.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    for term in terms:
        if term.field and term.field not in columns:
            if not term.excluded:
                return ""
            continue
        alternatives = (spell or in_words)(term)
        joined = f"({' OR '.join(alternatives)})" if len(alternatives) > 1 else alternatives[0]
        (unwanted if term.excluded else wanted).append(f"{term.field} : {joined}" if term.field else joined)
    return " NOT ".join([f"({' AND '.join(wanted)})", *unwanted])


def in_words(term: Term) -> list[str]:
    """Return the term as it stands in the index of words."""
    return [_quoted(term.text, begin=term.begin)]


def in_pairs(term: Term) -> list[str]:
    """Return the term as it stands in an index of pairs of signs; a single sign at its end begins a pair there."""
    lone = is_unspaced(term.text[-1]) and not is_unspaced(term.text[-2:-1] or " ")
    return [_quoted(phrase(term.text), begin=term.begin or lone)]


def _quoted(text: str, *, begin: bool) -> str:
    escaped = text.replace('"', " ").strip()
    return f'"{escaped}"{"*" if begin else ""}'
