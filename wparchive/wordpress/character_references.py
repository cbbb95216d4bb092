"""Decodes the character references of HTML, whatever they contain."""

import html
import re

__all__ = ["unescape"]

_ENDLESS = re.compile(r"&#[0-9]{4000,}+;?")  # Python refuses to convert such a number, and `html.unescape` would raise


def unescape(text: str) -> str:
    """Decode as `html.unescape` does; a number of thousands of digits becomes U+FFFD, like any other that is too large."""
    return html.unescape(_ENDLESS.sub("\ufffd", text) if len(text) > 4000 else text)
