"""Makes text searchable whose script has no spaces between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer.

A run of such signs becomes its overlapping pairs, so that a word of two signs or more is a phrase of pairs wherever it
stands: 港務局 is written as 港務 務局 局. The last sign stands by itself too, so that every single sign begins something.
"""

import re
from unicodedata import normalize

__all__ = ["SIGNS", "has_unspaced", "is_unspaced", "pairs", "phrase"]

# Such signs, as between the brackets of an expression: scripts by their Unicode blocks; a mark (vowel, tone) is one too.
SIGNS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    "\u0e81-\u0ecd"  # Lao
    "\u1000-\u103f\u1050-\u109f"  # Myanmar
    "\u1780-\u17d3"  # Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029"  # radicals, marks of repetition
    "\u3041-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff"  # kana, bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"  # ideographs, kana of half width
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{SIGNS}]+")


def has_unspaced(text: str) -> bool:
    """Return whether `text` has a sign of a script without spaces between words."""
    return not text.isascii() and _RUN.search(text) is not None


def is_unspaced(sign: str) -> bool:
    """Return whether `sign` is of such a script."""
    return _RUN.fullmatch(sign) is not None


def pairs(text: str) -> str:
    """Return `text` as it is indexed: runs of unspaced signs as overlapping pairs, everything else unchanged."""
    return _written(text)


def phrase(text: str) -> str:
    """Return `text` as it is looked for in what `pairs` wrote: what follows its last sign isn't known."""
    return _written(text, open_end=len(text.rstrip()))


def _written(text: str, open_end: int | None = None) -> str:
    def cut(run: re.Match[str]) -> str:
        signs = normalize("NFKC", run[0])
        parts = [signs[at : at + 2] for at in range(len(signs) - 1)]
        ends = run.end() != open_end or not parts
        return f" {' '.join([*parts, signs[-1]] if ends else parts)} "

    return _RUN.sub(cut, text) if has_unspaced(text) else text
