"""A text that a command is given: in a file, or in what is piped to it."""

import codecs
import sys
from pathlib import Path

from wparchive.errors import UsageError

__all__ = ["given_text"]

_LARGEST = 8 << 20  # bytes
_LOOKED_AT = 4_096
_MOST, _FEW = 0.4, 0.05  # of every other byte, if the text is of two bytes a sign and has no mark that says so


def given_text(what: str) -> str | None:
    """Return the text or HTML of the file `what`, `-` for what is piped in; None if there is no such file.

    Raises UsageError if it can't be read, holds no text, or too little to say whose it is.
    """
    from wparchive.ask.kinship.relatives import too_few, words_of

    name = "what was piped in" if what == "-" else what
    data = _read(what)
    if data is None:
        return None
    if len(data) > _LARGEST:
        raise UsageError(f"{name}: larger than {_LARGEST >> 20} MB; give the part that is sought")
    text = _decoded(data)
    if text is None:
        raise UsageError(f"{name}: no text (for a picture: wparchive find-image {what})")
    if few := too_few(words_of(text)):
        raise UsageError(f"{name}: {few}")
    return text


def _read(what: str) -> bytes | None:
    if what == "-":
        return bytes(sys.stdin.buffer.read(_LARGEST + 1))
    try:
        path = Path(what)
        if not path.exists() or path.is_dir():
            return None
    except (OSError, ValueError):  # no name that a file can have
        return None
    try:
        with path.open("rb") as file:  # whatever it is: a shell's <(…) is no regular file
            return file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{what}: can't be read ({error.strerror})") from error


def _decoded(data: bytes) -> str | None:
    """The text, by its mark, by what HTML says of itself, else UTF-8 or Windows-1252; None for what is none."""
    from wparchive.wordpress.pages.page_text import decode_page

    for mark in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        if data.startswith(mark):
            return data.decode("utf-32", "replace")
    zeros = [data[at:_LOOKED_AT:2].count(0) * 2 / min(len(data) + 1, _LOOKED_AT) for at in (0, 1)]
    if b"\0" in data and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        order = "le" if zeros[1] > _MOST > _FEW > zeros[0] else "be" if zeros[0] > _MOST > _FEW > zeros[1] else ""
        text = data.decode(f"utf-16-{order}", "replace") if order else "\0"
    else:
        text = decode_page(None, data)
    return None if "\0" in text else text.removeprefix("\ufeff")
