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
# Alternatives begin with a byte of their own, and none is a repeated group: that halves what each byte of a body costs.
_BACKSLASH = rb"\\\\{0,3}"
_AMP = rb"(?:amp;(?:amp;|)|)"
_25 = rb"(?:25(?:25(?:25|)|)|)"
_OF_OTHERS = '/"\\+&% \t'  # characters with which an escape, or what stands between two characters, may begin


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
    first, rest = text[0], text[1:]
    # What matched is not looked at again, but for the semicolon that may end an escape or be the next character.
    once = b"(?:" if ";" in text else b"(?>"
    pattern = b"(?:" + _spelled(first) + b")" + b"".join(_next(letter, once) for letter in rest)
    begins = rb"(?=[\\&%%%b])" % re.escape(first.encode()) if first.isascii() else b""
    return Escaped(re.compile(begins + pattern), _LONGEST * len(text))


def _next(letter: str, once: bytes) -> bytes:
    """A character that isn't the first: mostly it stands there as it is, which is asked before all else."""
    # WordPress shows passwords in groups of four; a header's value may go on in the next line.
    between = rb"(?:[ \t+]|\r?\n[ \t]|&nbsp;|%b|)" % _escaped(" ")
    any_spelling = between + b"(?:" + _spelled(letter) + b")"
    if letter in _OF_OTHERS:
        return any_spelling
    return once + _plain(letter) + rb"|(?=[\r\n\t+&\\% ])" + any_spelling + b")"


def _spelled(letter: str) -> bytes:
    """One character as it is, as JSON, URLs and HTML escape it."""
    return _plain(letter) + b"|" + _escaped(letter)


def _plain(letter: str) -> bytes:
    plain = re.escape(letter.encode("utf-8", "surrogatepass"))
    return rb"\\{0,4}" + plain if letter in '/"\\' else plain


def _escaped(letter: str) -> bytes:
    code = ord(letter)
    units = letter.encode("utf-16-be", "surrogatepass")
    in_json = b"".join(
        _BACKSLASH + b"u" + _any_case(f"{int.from_bytes(units[at : at + 2]):04x}") for at in range(0, len(units), 2)
    )
    first, *rest = (_25 + _any_case(f"{byte:02x}") for byte in letter.encode("utf-8", "surrogatepass"))
    in_url = b"".join([first, *(b"(?:%|" + _BACKSLASH + b"u0025)" + more for more in rest)])
    in_html = _AMP + rb"#(?:0{0,6}%d|[xX]0{0,6}%b);?" % (code, _any_case(f"{code:x}"))
    urls = (b"%" + in_url, _BACKSLASH + b"u0025" + in_url)
    return b"|".join((in_json, *urls, *(sign + in_html for sign in (b"&", _BACKSLASH + b"u0026", b"%26"))))


def _any_case(digits: str) -> bytes:
    return "".join(f"[{one}{one.upper()}]" if one.isalpha() else one for one in digits).encode()
