"""Character references of HTML, decoded whatever stands in them."""

import html
import re

__all__ = ["unescape"]

_ENDLESS = re.compile(r"&#[0-9]{4000,}+;?")  # Python converts no such number, and `html.unescape` fails


def unescape(text: str) -> str:
    """`html.unescape` for text of strangers: a number of thousands of digits is no character, as any other too large."""
    return html.unescape(_ENDLESS.sub("\ufffd", text) if len(text) > 4000 else text)
