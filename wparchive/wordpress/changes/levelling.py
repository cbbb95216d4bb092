"""Normalises HTML tags: removes what depends on the position, the request or the time of rendering.

The normal form of a tag follows from the tag alone, so it is computed once for all pages that contain it. Every
expression is possessive and takes each character once, so hostile HTML takes time linear in its length.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from wparchive.wordpress.changes.queries import timeless
from wparchive.wordpress.text import ATTRIBUTES, VOID

__all__ = ["Tags", "hidden_fields", "level_tags"]

_RAW = "".join(
    rf"|{name}(?=[\s/>]){ATTRIBUTES}(?:>|\Z)(?:[^<]++|<(?!/{name})|(?!))*+(?:</{name}[^>]*+(?:>|\Z)|\Z){space}"
    for name, space in (("style", r"\s*+"), ("noscript", ""), ("script", ""))
)
_RAW += rf"|link(?=[\s/>]){ATTRIBUTES}(?:>|\Z)\s*+"
# Scripts as core prints them, at their first use.
_ENQUEUED = re.compile(
    r"""\sid\s*+=\s*+["'][\w.-]{1,100}-js(?:-extra|-before|-after|-translations)?["']""", re.IGNORECASE
)
# A comment, a whole style, script or noscript element, or a start tag with attributes.
_PIECE = re.compile(
    rf"(<(?:!--(?:[^-]++|-(?!->)|(?!))*+(?:-->\s*+|\Z){_RAW}|[a-z][^\s/>]{{0,60}}+[\s/]{ATTRIBUTES}(?:>|\Z)))",
    re.IGNORECASE,
)
_START = re.compile(rf"<([a-z][^\s/>]*+)({ATTRIBUTES})", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<!\s)\s++([^\s=>"'/]++)(\s*+=\s*+(?:"[^"]*+"?+|'[^']*+'?+|[^\s"'>]++)|(?!))?+""")
_WORD = re.compile(r"(?<![\w-])[A-Za-z_][\w-]*+(?:\[rel[\w-]*+\]|(?!))?+")
_SHEET = re.compile(r"""\srel\s*+=\s*+["']?+(?:stylesheet|preload|prefetch|dns-prefetch|preconnect)\b""", re.IGNORECASE)
_HIDDEN = re.compile(r"""\stype\s*+=\s*+["']?+hidden\b""", re.IGNORECASE)
# Elements that show nothing if their attributes match: other scripts may be the author's own.
_ANY = re.compile("")
_INVISIBLE = {"style": _ANY, "noscript": _ANY, "script": _ENQUEUED, "link": _SHEET}
_SOURCES = ("data-src", "data-lazy-src", "data-cfsrc", "data-ezsrc", "data-opt-src")
_LAZY_CLASS = re.compile(
    r"""\s?+(?<![\w-])(?:(?:rocket-|perfmatters-|(?!))?+lazy(?:load(?:ed|ing|(?!))?+|-loaded|-hidden|(?!))?+|jetpack-lazy-image|skip-lazy|no-lazy"""
    r"""(?:load|(?!))?+|ls-is-cached|ewww_webp_lazy_load)(?![\w-])"""
)
_MADE = re.compile(
    r"""(imageId(?:&quot;|"):(?:&quot;|"))[0-9a-f]{1,32}|(#\?secret=)\w{1,40}"""
    r"""|(nonce(?:&quot;|\\?["']|(?!))?+\s{0,3}+:\s{0,3}+(?:&quot;|\\?["']))[0-9a-f]{10}\b"""
)
_LONGEST, _MOST = 1000, 8192  # characters of a cached tag, and number of cached tags
_ENDLESS = 8  # unterminated elements before the rest is left alone: each search for an end reads the whole text
_LONGEST_NAME = 40
_MOST_WORDS = 20_000  # words of one tag: a value may be a long text (a map's places, a form), but attributes are few

Named = Callable[[str], str | None]
Test = Callable[[str], bool]


class _Cut(str):
    """A start tag whose whole element is removed. Its text replaces the tag if the element never ends."""

    __slots__ = ()


class Tags(dict[str, str]):
    """Maps each piece of HTML with attributes to its normal form.

    `named` returns for a class or id: None to keep it, "" to remove its element, else its form without the counter.
    `is_noise` and `is_input` say which attributes and which hidden form fields are removed.
    """

    def __init__(self, named: Named, is_noise: Test, is_input: Test) -> None:
        super().__init__()
        self._named = named
        self._is_noise = is_noise
        self._is_input = is_input

    def __missing__(self, tag: str) -> str:
        if tag.startswith('<a href="') and tag.endswith('">') and tag.count('"') == 2 and "#" not in tag:
            return timeless(tag)  # how most links are written, each only once, so not worth caching
        level = self._levelled(tag)
        if len(tag) <= _LONGEST:
            if len(self) >= _MOST:
                self.clear()
            self[tag] = level
        return level

    def _levelled(self, tag: str) -> str:
        if len(tag) > _MOST_WORDS and tag.count(" ") + tag.count("\n") > _MOST_WORDS:
            return tag
        start = _START.match(tag)
        if start is None or self._is_invisible(start[1].lower(), start[2]):
            return ""
        if start[1].lower() == "script":
            return self._words(tag)
        goes, kept = self._attributes(start[2])
        level = f"<{start[1]}{kept}{tag[start.end() :]}"
        return _Cut(level) if goes else level

    def _is_invisible(self, name: str, attributes: str) -> bool:
        """Return whether an element shows nothing, and is not the author's own."""
        if name == "input":
            return bool(_HIDDEN.search(attributes)) and self._is_input(_value(attributes, "name"))
        if name in _INVISIBLE:
            return _INVISIBLE[name].search(attributes) is not None
        return False

    def _attributes(self, attributes: str) -> tuple[bool, str]:
        """Return whether the element is removed, and its attributes; a lazily loaded file replaces its placeholder."""
        goes = False
        later = dict(_ATTRIBUTE.findall(attributes)) if "src" in attributes and "-" in attributes else {}
        lazy = next((later[name] for name in _SOURCES if name in later), "")

        def kept(found: re.Match[str]) -> str:
            nonlocal goes
            name, value = found[1].lower(), found[2] or ""
            if name in ("class", "id"):
                noisy, value = self._names(value)
                goes = goes or noisy
                value = _LAZY_CLASS.sub("", value) if "laz" in value or "cached" in value else value
                return f" {found[1]}{value}" if value.strip("= \"'") else ""
            if self._is_noise(name) or (lazy and name in _SOURCES):
                return ""
            value = lazy if lazy and name == "src" else value
            refers = name in ("for", "rel", "name") or name.startswith(("aria-", "data-", "on")) or "#" in value
            return f" {found[1]}{timeless(self._words(value) if refers else value)}"

        done = _ATTRIBUTE.sub(kept, attributes)
        return goes, f" src{lazy}{done}" if lazy and "src" not in later else done

    def _names(self, value: str) -> tuple[bool, str]:
        """Return whether one of several classes or ids is noise, and their form without counters."""
        noisy = False
        for token in value.lstrip("= \t\r\n").strip("\"'").split():
            level = self._named(token)
            noisy = noisy or level == ""
            value = value.replace(token, level) if level else value
        return noisy, value

    def _words(self, text: str) -> str:
        """Return `text` with the counters in anything that looks like an id set to 0."""
        return _MADE.sub(_unmade, _WORD.sub(self._word, text))

    def _word(self, found: re.Match[str]) -> str:
        return found[0] if found[0].isalpha() else self._named(found[0]) or found[0]


def _value(attributes: str, wanted: str) -> str:
    for name, value in _ATTRIBUTE.findall(attributes):
        if name.lower() == wanted:
            return str(value).lstrip("= \t\r\n").strip("\"'")
    return ""


def _unmade(found: re.Match[str]) -> str:
    return f"{found[1] or found[2] or found[3]}0"


def level_tags(html: str, tags: Tags) -> str:
    """Return `html` with each tag replaced by its form in `tags`, and without the removed elements."""
    pieces = _PIECE.split(html)
    levels = [tags[tag] for tag in pieces[1::2]]
    if any(type(level) is _Cut for level in levels):
        return _cut(html, pieces, levels)
    pieces[1::2] = levels
    return "".join(pieces)


def _cut(html: str, pieces: Sequence[str], levels: Sequence[str]) -> str:
    """Join the pieces without the elements whose tag is a _Cut, from the start tag to the balanced end tag.

    An unterminated element is kept: some noise is better than a truncated article.
    """
    kept: list[str] = []
    at = here = endless = 0
    for text, tag, level in zip(pieces[::2], pieces[1::2], levels, strict=False):
        kept.append(text[max(0, at - here) :])
        start = here + len(text)
        here = start + len(tag)
        if start < at:
            continue
        end = _end_of(html, tag, here) if type(level) is _Cut and endless < _ENDLESS else 0
        if end > 0:
            at = end
        else:
            endless += end < 0
            kept.append(level)
    kept.append(pieces[-1][max(0, at - here) :])
    return "".join(kept)


def _end_of(html: str, tag: str, after: int) -> int:
    """Return where the element ends whose start tag ends at `after`, or -1."""
    name = tag[1:].split(maxsplit=1)[0].split("/")[0].lower()
    if name in VOID or tag.endswith("/>"):
        return after
    if len(name) > _LONGEST_NAME:
        return -1
    depth = 1
    for found in _same(name).finditer(html, after):
        depth += -1 if found[1] else 1
        if not depth:
            return found.end()
    return -1


@lru_cache(maxsize=128)
def _same(name: str) -> re.Pattern[str]:
    return re.compile(rf"<(/?){re.escape(name)}(?=[\s/>]){ATTRIBUTES}(?:>|\Z)", re.IGNORECASE)


# WPForms inserts a field that traps robots at a random position, and hides it by its id.
_HIDING = re.compile(
    r"""(?:#|<div\sid=["'])(wpforms-\d{1,9}-field_\d{1,9}-container)(?:["'][^<>]{0,400}?|\s{0,9}\{\s{0,9})position:\s?absolute"""
)


def hidden_fields(html: str) -> frozenset[str]:
    """Return the ids of form fields that only robots see."""
    return frozenset(_HIDING.findall(html))
