"""A text as it may stand in JSON, a URL or HTML: each of its characters as it is or escaped, spaces between them or not.

What reads an answer undoes those escapes, so a secret that is looked for as it was sent would come out behind them.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Escaped", "however_escaped"]

_LEAST = 8  # characters: what is shorter stands in many texts by chance
_LONGEST = 64  # bytes that one character may take, with what stands between it and the next
# What begins an escape may be escaped itself: `\\u0026#97;`, `%2561`, `&amp;#97;`. Bounded, so that no text takes its square.
_BACKSLASH = rb"\\{1,4}"
_AND = rb"(?:&|\\{1,4}u0026|%26)(?:amp;){0,2}"
_PERCENT = rb"(?:%|\\{1,4}u0025)(?:25){0,3}"


@dataclass(frozen=True, slots=True)
class Escaped:
    """An expression for a text in all those spellings, and how many bytes they take at most."""

    pattern: re.Pattern[bytes]
    longest: int

    def stands_in(self, data: bytes) -> bool:
        """Whether it stands there."""
        return self.pattern.search(data) is not None


@lru_cache(16)
def however_escaped(text: str) -> Escaped | None:
    """`text` in all those spellings; None for one so short that it stands in many texts by chance."""
    if len(text) < _LEAST:
        return None
    # WordPress shows passwords in groups of four; a header's value may go on in the next line.
    between = rb"(?:\r?\n[ \t]|\t|\+|&nbsp;|%b)?" % _spelled(" ")
    return Escaped(re.compile(between.join(map(_spelled, text))), _LONGEST * len(text))


def _spelled(letter: str) -> bytes:
    """One character as it is, as JSON, URLs and HTML escape it."""
    code = ord(letter)
    units = letter.encode("utf-16-be", "surrogatepass")
    in_json = b"".join(
        _BACKSLASH + b"u" + _any_case(f"{int.from_bytes(units[at : at + 2]):04x}") for at in range(0, len(units), 2)
    )
    in_url = b"".join(_PERCENT + _any_case(f"{byte:02x}") for byte in letter.encode("utf-8", "surrogatepass"))
    in_html = _AND + rb"#(?:0{0,6}%d|[xX]0{0,6}%b);?" % (code, _any_case(f"{code:x}"))
    plain = re.escape(letter.encode("utf-8", "surrogatepass"))
    behind = rb"\\{0,4}" + plain if letter in '/"\\' else plain
    return b"(?:" + b"|".join((behind, in_json, in_url, in_html)) + b")"


def _any_case(digits: str) -> bytes:
    return "".join(f"[{one}{one.upper()}]" if one.isalpha() else one for one in digits).encode()
