"""Search for a text whose characters may be escaped as in JSON, URLs or HTML, with or without spaces between them.

Readers of a response undo these escapes, so a search for the secret only as it was sent would miss it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Escaped", "however_escaped"]

_LEAST = 8  # characters: a shorter text occurs in many texts by chance
_LONGEST = 64  # bytes that one character may take, with what separates it from the next
# The start of an escape may itself be escaped: `\\u0026#97;`, `%2561`, `&amp;#97;`. Repetition is bounded, so that no
# text takes quadratic time. Alternatives begin with different bytes and none is a repeated group: that halves the cost per byte.
_BACKSLASH = rb"\\\\{0,3}"
_AMP = rb"(?:amp;(?:amp;|)|)"
_25 = rb"(?:25(?:25(?:25|)|)|)"
_OF_OTHERS = '/"\\+&% \t'  # characters with which an escape, or a separator between two characters, may begin


@dataclass(frozen=True, slots=True)
class Escaped:
    """A pattern for a text in all its spellings, and the most bytes that a match can take."""

    pattern: re.Pattern[bytes]
    longest: int

    def occurs_in(self, data: bytes) -> bool:
        """Whether a spelling of the text occurs in `data`."""
        return self.pattern.search(data) is not None


@lru_cache(16)
def however_escaped(text: str) -> Escaped | None:
    """Return a pattern for all spellings of `text`; None for a text so short that it occurs in many texts by chance."""
    if len(text) < _LEAST:
        return None
    first, rest = text[0], text[1:]
    # Atomic: a match isn't reconsidered, unless a semicolon may be either the end of an escape or the next character.
    once = b"(?:" if ";" in text else b"(?>"
    pattern = b"(?:" + _spelled(first) + b")" + b"".join(_next(letter, once) for letter in rest)
    begins = rb"(?=[\\&%%%b])" % re.escape(first.encode()) if first.isascii() else b""
    return Escaped(re.compile(begins + pattern), _LONGEST * len(text))


def _next(letter: str, once: bytes) -> bytes:
    """Return the pattern of a character after the first.

    The plain spelling is tried before all others: it is the usual one.
    """
    # WordPress displays passwords in groups of four; a folded header continues on the next line.
    between = rb"(?:[ \t+]|\r?\n[ \t]|&nbsp;|%b|)" % _escaped(" ")
    any_spelling = between + b"(?:" + _spelled(letter) + b")"
    if letter in _OF_OTHERS:
        return any_spelling
    return once + _plain(letter) + rb"|(?=[\r\n\t+&\\% ])" + any_spelling + b")"


def _spelled(letter: str) -> bytes:
    """Return the pattern of one character: plain, or escaped as in JSON, URLs or HTML."""
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
