"""Normalises characters in HTML: entities, Unicode forms, and addresses obfuscated against robots."""

import re
from collections.abc import Mapping
from unicodedata import is_normalized, normalize
from urllib.parse import unquote

from wparchive.wordpress.text import ATTRIBUTES, unescape

__all__ = ["canonical", "untypeset", "with_addresses"]


class _Characters(dict[str | None, str]):
    """Maps an entity's name to its character. Characters that are part of HTML's syntax stay entities, in one spelling."""

    _KEPT: Mapping[str, str] = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}

    def __missing__(self, name: str | None) -> str:
        shown = "&" if name is None else unescape(f"&{name};")
        unknown = name is not None and shown == f"&{name};"
        shown = f"&amp;{name};" if unknown else self._KEPT.get(shown, shown)
        # Names come from foreign text, so the cache is bounded.
        if len(self) < 5000:
            self[name] = shown
        return shown


_CHARACTERS = _Characters()
_ENTITY = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?")
_TAG = re.compile(r"(<(?:[a-z/!?])" + ATTRIBUTES + r"(?:>|\Z))", re.IGNORECASE)
_MAIL = re.compile(r"(?<=mailto:)[^\s\"'<>]++", re.IGNORECASE)
_WRITTEN = {"&quot;": '"', "&#39;": "'", "&gt;": ">"}


def canonical(html: str) -> str:
    """Return `html` with each character written in one way, so that only different content differs."""
    composed = html.isascii()
    if "&" in html:
        parts = _ENTITY.split(html)
        parts[1::2] = map(_CHARACTERS.__getitem__, parts[1::2])
        seen = {*parts[1::2]}
        composed = composed and is_normalized("NFC", " ".join(seen))
        html = "".join(parts)
        if not seen.isdisjoint(_WRITTEN):
            pieces = _TAG.split(html)
            # Outside tags these characters need no entity; inside, they delimit attributes.
            for entity, mark in _WRITTEN.items():
                pieces[::2] = [piece.replace(entity, mark) for piece in pieces[::2]]
            html = "".join(pieces)
    if "mailto:" in html:
        html = _MAIL.sub(lambda found: unquote(found[0]), html)
    return html if composed else normalize("NFC", html)


_TYPESET = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | {"\u2026": "...", "\u00d7": "x"}
)
_DASHES = re.compile("--+")


def untypeset(text: str) -> str:
    """Return `text` with typographic quotes, dashes and ellipses replaced by their keyboard forms.

    A language, theme or plug-in switches these on or off for all posts at once. Source: core's `wptexturize`.
    """
    return _DASHES.sub("-", text.translate(_TYPESET)).replace("''", '"')


# --- addresses obfuscated against robots

_TWICE = re.compile(r"&amp;(?=#(\d{2,3}|[xX][0-9a-fA-F]{2});)")
_ADDRESS = frozenset("@.-_+")
_PROTECTED = re.compile(
    r"<(?P<name>a|span)(?=\s)(?P<attributes>[^<>]{0,2000}\bdata-cfemail=[\"'](?P<code>[0-9a-fA-F]{4,1000})[\"'][^<>]{0,2000}+)>"
    r"[^<]{0,200}+</(?P=name)>",
    re.IGNORECASE,
)
_PROTECTED_LINK = re.compile(r"/cdn-cgi/l/email-protection#([0-9a-fA-F]{4,1000})")


def with_addresses(html: str) -> str:
    """Return `html` with e-mail addresses decoded that Cloudflare or WordPress encode with random keys or entities."""
    if "cfemail" in html:
        html = _PROTECTED.sub(lambda found: _address(found["code"]), html)
    if "cdn-cgi/l" in html:
        html = _PROTECTED_LINK.sub(lambda found: f"mailto:{_address(found[1])}", html)
    return _TWICE.sub(_once, html) if "&amp;#" in html else html


def _address(code: str) -> str:
    """Decode a Cloudflare address: its first byte is the key that every other byte is XORed with."""
    if len(code) % 2:
        return code
    key, *masked = bytes.fromhex(code)
    shown = bytes(byte ^ key for byte in masked).decode("utf-8", "replace")
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("'", "&#39;")


def _once(found: re.Match[str]) -> str:
    digits = found[1]
    number = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    letter = chr(number)
    return "&" if letter.isascii() and (letter.isalnum() or letter in _ADDRESS) else found[0]
