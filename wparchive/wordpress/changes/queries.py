"""Removes query parameters that say when or for whom a file was requested: cache versions, nonces, signatures."""

import re

__all__ = ["timeless"]

_QUERY = re.compile(r"""\?((?:[^\s"'<>#&\\]|&(?!quot;|lt;|gt;|#0?3[49];|apos;)(?:#0?38;|amp;|(?!))?+|(?!))++)""")
_FILE = re.compile(
    r"\.(?:js|mjs|css|jpe?g|png|gif|webp|avif|svg|ico|bmp|mp3|m4a|ogg|wav|mp4|m4v|webm|mov|pdf|woff2?|ttf|json|zip|docx?|xlsx?)$",
    re.IGNORECASE,
)
# Parameters that carry a version or a signature in the URL of a file, but may mean something else in that of a page.
_OF_FILES = """
v t ts time timestamp _ _t cb rnd rand random cache version mtime lm d
token hash hmac sign expires expiry oe oh e s st md5 verify
"""
_OF_ANYTHING = """
ver nocache no-cache cachebust cachebuster cache_bust cache-bust _wpnonce _ajax_nonce
nonce awsaccesskeyid googleaccessid signature expires key-pair-id policy
"""
_OF_AZURE = "sv sr se sp sig st spr skoid sktid skt ske sks skv srt ss"
_FAMILIES = ("x-amz-", "x-goog-", "_nc_")
_ALWAYS, _AZURE = frozenset(_OF_ANYTHING.split()), frozenset(_OF_AZURE.split())
_IN_FILES = _ALWAYS.union(_OF_FILES.split())
_NAMES = "|".join(map(re.escape, sorted({*_IN_FILES, "sig"}, reverse=True)))
_TELLING = re.compile(rf"[?&;](?:(?:{_NAMES})(?![\w-])|{'|'.join(_FAMILIES)})", re.IGNORECASE)
_MOST = 20_000  # most queries in one text
_AND = re.compile(r"&(?:#0?38;|amp;|(?!))?+")


def timeless(text: str) -> str:
    """Return `text` (such as a tag's attributes) without cache-busting parameters and signatures in its queries."""
    return _QUERY.sub(_stable, text, _MOST) if "?" in text and _TELLING.search(text) else text


def _stable(found: re.Match[str]) -> str:
    parts = _AND.split(found[1])
    names = [part.partition("=")[0].lower() for part in parts]
    of_file = _FILE.search(found.string, max(0, found.start() - 6), found.start())
    passing = _IN_FILES if of_file else _ALWAYS
    if "sig" in names:
        passing |= _AZURE
    pairs = zip(names, parts, strict=True)
    kept = [part for name, part in pairs if name not in passing and not name.startswith(_FAMILIES)]
    if len(kept) == len(parts):
        return found[0]
    return f"?{'&amp;'.join(kept)}" if kept else ""
