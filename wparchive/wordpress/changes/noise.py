"""Removes from an item's fields and HTML what changes without an edit.

The patterns are in `noise_table`; the setting `noise` adds to them, in the same syntax.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import Any, NamedTuple

from wparchive.errors import ConfigError
from wparchive.wordpress.changes.embedded import without_others
from wparchive.wordpress.changes.excerpt import is_derived
from wparchive.wordpress.changes.levelling import Tags, hidden_fields, level_tags
from wparchive.wordpress.changes.noise_table import COUNTERS, TABLE
from wparchive.wordpress.changes.own_url import NOWHERE, Own, own_of, without_own
from wparchive.wordpress.changes.places import Place, level
from wparchive.wordpress.changes.queries import timeless
from wparchive.wordpress.characters import canonical, with_addresses
from wparchive.wordpress.reading import READ, parted
from wparchive.wordpress.values import text_of

__all__ = ["CUT_FROM", "NOISE", "TABLE", "Noise"]

_MAPS = ("meta", "acf")
_NAMING_FILES = frozenset(("media_details", "guid", "meta", "acf"))
_HTML_FIELDS = frozenset(("content", "excerpt", "caption", "description", "short_description", "review"))
_TEXT_FIELDS = frozenset(("title", "name", "alt_text", "author_name", "guid"))
_LITERAL = re.compile(r"(?:\\b|\^)?([\w&:;=-]++)(?![?*+{])")
_GROUP = re.compile(r"\([^()]*+\)")
_LONGEST = 200  # characters of a class, id or field name that is looked up
_MOST_NAMES = 16384
_WILD = re.compile(r"[*?\[]")
_KINDS = "field:NAME, class:PATTERN, attribute:NAME, input:NAME, place:PLACE or id:REGEX"


# Fields that core derives from others when they are empty.
CUT_FROM: Mapping[str, str] = {"excerpt": "content", "caption": "description"}


class _Globs:
    """A set of patterns. Plain names, prefixes and infixes, which most are, need no regular expression."""

    def __init__(self, patterns: Iterable[str]) -> None:
        forms: dict[str, list[str]] = {"name": [], "name*": [], "*name*": [], "": []}
        for one in dict.fromkeys(patterns):
            plain = _WILD.sub("", one)
            form = one.replace(plain, "name") if plain else ""
            forms[form if form in forms else ""].append(plain if form in forms else one)
        self._names, self._beginnings = frozenset(forms["name"]), tuple(forms["name*"])
        self._within = tuple(forms["*name*"])
        self._rest = re.compile("|".join(map(translate, forms[""])) or r"(?!)")

    def covers(self, name: str) -> bool:
        """Return whether one of the patterns matches the whole of `name`."""
        if name in self._names:
            return True
        if len(name) > _LONGEST:
            return False
        if name.startswith(self._beginnings) or any(part in name for part in self._within):
            return True
        return self._rest.match(name) is not None


class _Compiled(NamedTuple):
    fields: _Globs
    classes: _Globs
    attributes: _Globs
    inputs: _Globs
    places: tuple[Place, ...]
    counters: tuple[tuple[str, re.Pattern[str]], ...]
    anywhere: tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class Noise:
    """The table's entries and `strings`, which have the same syntax. Use `Noise.of` to make one."""

    strings: tuple[str, ...] = ()

    @classmethod
    def of(cls, strings: Iterable[str] = ()) -> "Noise":
        """Return the table's noise plus `strings`. Raises ConfigError for an invalid entry."""
        noise = cls(tuple(strings))
        if noise.strings:
            _compiled(noise.strings)  # the table alone is compiled only when used
        return noise

    def without(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return `item` without noise: fields removed, HTML denoised. `count` is noise only in a term."""
        kept = self._chosen(item)
        own = own_of(item)
        # WordPress orders an item's terms by name, which is not the item's own data.
        kept.update(
            (name, sorted(value)) for name, value in kept.items() if isinstance(value, list) and _are_ids(value)
        )
        for name in _HTML_FIELDS & kept.keys():
            _replace(kept, name, lambda html: canonical(self.denoised(html, own)))
        for name in _TEXT_FIELDS & kept.keys():
            _replace(kept, name, _canonical)
        for short, long in CUT_FROM.items():
            if self.repeats(item, short, long, own):
                _replace(kept, short, lambda _: "")
        return kept

    def _chosen(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of `item` that are not noise, those inside its maps included, without signatures in URLs."""
        kept = {name: item[name] for name in _kept(self.strings, tuple(item))}
        for outer in _MAPS:
            inside = kept.get(outer)
            if isinstance(inside, dict):
                kept[outer] = {name: value for name, value in inside.items() if not self._is_in_map(outer, name)}
        without_others(kept)
        naming = ((name, value) for name, value in kept.items() if isinstance(value, str) or name in _NAMING_FILES)
        asking = {name: size for name, value in naming if (size := _asking(value))}
        # The limit bounds the cost for items with megabytes of text.
        if sum(asking.values()) <= READ:
            kept.update((name, _timeless(kept[name])) for name in asking)
        return kept

    def _is_in_map(self, outer: str, name: str) -> bool:
        return _is_field(self.strings, name) or _is_field(self.strings, f"{outer}.{name}")

    def removes(self, name: str) -> bool:
        """Return whether an element with this class or id is noise, with all that it holds."""
        return _compiled(self.strings).classes.covers(name)

    def field(self, item: Mapping[str, Any], name: str) -> Any:
        """Return the field `name` of `item` with its HTML denoised, even if it repeats another field."""
        kept = {name: item[name]}
        _replace(kept, name, lambda html: canonical(self.denoised(html, own_of(item))))
        return kept[name]

    def repeats(self, item: Mapping[str, Any], short: str, long: str, own: Own | None = None) -> bool:
        """Return whether the field `short` of `item` only repeats the beginning of the field `long`, with or without noise."""
        excerpt, content = text_of(item.get(short)), text_of(item.get(long))
        if not excerpt or not content:
            return False
        return is_derived(excerpt, content, self.denoised(content, own or own_of(item)), text_of(item.get("link")))

    def denoised(self, html: str, own: Own = NOWHERE) -> str:
        """Return `html` without injected blocks, counters, noise places, and the item's `own` request URLs.

        The part beyond the read limit is represented by a comment with its digest; see `reading.parted`.
        """
        head, rest = parted(html)
        if "<" in head:
            head = _denoised(self.strings, without_own(head, own))
        return head + rest


def _are_ids(values: list[Any]) -> bool:
    return all(type(one) is int for one in values)


def _canonical(text: str) -> str:
    head, rest = parted(text)
    return canonical(head) + rest


def _timeless(value: Any) -> Any:
    """Return `value`, at any depth, with the time-dependent parameters of its URLs removed."""
    if isinstance(value, dict):
        return {name: _timeless(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_timeless(one) for one in value]
    return timeless(value) if isinstance(value, str) and "?" in value else value


def _asking(value: Any) -> int:
    """Return the number of characters in `value` that `timeless` would search for queries."""
    if isinstance(value, str):
        return len(value) if "?" in value else 0
    if isinstance(value, (dict, list)):
        return sum(map(_asking, value.values() if isinstance(value, dict) else value))
    return 0


def _replace(fields: dict[str, Any], name: str, change: Callable[[str], str]) -> None:
    """Replace the HTML of a field by `change` of it; empty and non-text fields are left alone."""
    value = fields.get(name)
    if isinstance(value, str) and value:
        fields[name] = change(value)
    elif isinstance(value, dict) and isinstance(value.get("rendered"), str):
        fields[name] = {**value, "rendered": change(value["rendered"])}


@lru_cache(maxsize=256)
def _compiled(strings: tuple[str, ...]) -> _Compiled:
    kinds: dict[str, list[str]] = {"field": [], "class": [], "attribute": [], "input": [], "place": [], "id": []}
    for entry in (*TABLE, *strings):
        kind, colon, pattern = entry.partition(":")
        if not colon or kind not in kinds or not pattern:
            raise ConfigError(f"noise: {entry!r}: write {_KINDS}")
        kinds[kind].append(pattern)
    everywhere = [pattern for pattern in kinds["id"] if pattern not in COUNTERS]
    return _Compiled(
        fields=_Globs(kinds["field"]),
        classes=_Globs(kinds["class"]),
        attributes=_Globs(kinds["attribute"]),
        inputs=_Globs(kinds["input"]),
        places=tuple(map(_place, kinds["place"])),
        counters=tuple(_counter(pattern) for pattern in COUNTERS),
        anywhere=tuple(_counter(pattern) for pattern in everywhere),
    )


def _place(text: str) -> Place:
    try:
        return Place.parse(text)
    except ValueError:
        raise ConfigError(
            f"noise: place:{text}: write a tag with classes and an id, as in div.related a@href"
        ) from None


def _regex(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"noise: id:{pattern}: not a regular expression: {error}") from None


def _counter(pattern: str) -> tuple[str, re.Pattern[str]]:
    """Return the literal prefix of `pattern`, and `pattern` compiled. Searching the prefix first is ten times faster."""
    found = None if "|" in _GROUP.sub("", pattern) else _LITERAL.match(pattern)
    return found[1] if found else "", _regex(pattern)


@lru_cache(maxsize=4096)
def _is_field(strings: tuple[str, ...], name: str) -> bool:
    return _compiled(strings).fields.covers(name)


@lru_cache(maxsize=256)  # items of one kind have the same fields in the same order
def _kept(strings: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if not _is_field(strings, name))


class _Names(dict[str, str | None]):
    """Maps a class or id to None (keep), "" (remove its element), or its form without the counter."""

    def __init__(self, strings: tuple[str, ...], robots: frozenset[str]) -> None:
        super().__init__((name, "") for name in robots)
        self._compiled = _compiled(strings)

    def __missing__(self, token: str) -> str | None:
        verdict = self._judged(token) if len(token) <= _LONGEST else None
        if len(self) < _MOST_NAMES:
            self[token] = verdict
        return verdict

    def _judged(self, token: str) -> str | None:
        if self._compiled.classes.covers(token):
            return ""
        level = token
        if not token.isalpha():
            for literal, pattern in self._compiled.counters:
                if literal in level:
                    level = pattern.sub(_level, level)
        return level if level != token else None


@lru_cache(maxsize=16)
def _tags(strings: tuple[str, ...], robots: frozenset[str] = frozenset()) -> Tags:
    compiled, names = _compiled(strings), _Names(strings, robots)
    return Tags(names.__getitem__, compiled.attributes.covers, compiled.inputs.covers)


@lru_cache(maxsize=4)
def _denoised(strings: tuple[str, ...], html: str) -> str:
    # Cached because both digests of an item, and its text, request the same HTML in succession.
    html = with_addresses(html)
    robots = hidden_fields(html) if "wpforms-" in html else frozenset[str]()
    html = level_tags(html, _tags(strings, robots))
    if places := _compiled(strings).places:
        html = level(html, places)
    for literal, pattern in _compiled(strings).anywhere:
        if literal in html:
            html = pattern.sub(_level, html)
    return html


def _level(match: re.Match[str]) -> str:
    text, last = match[0], match.re.groups
    if last and match[last] is None:
        return text
    start, end = (match.start(last) - match.start(), match.end(last) - match.start()) if last else (0, len(text))
    return f"{text[:start]}0{text[end:]}"


NOISE = Noise.of()
