"""What an item says of its language and its translations, in the fields that plug-ins add.

Polylang Pro: `lang`, `translations` (code to id). WPML's REST plug-in: `wpml_current_locale`, `wpml_translations` (a list,
or a map by code, of objects). Others: `polylang_current_lang`, `polylang_translations`, `language_code`,
`_links.translation`. Bogo: `meta._locale`. Yoast and RankMath: `hreflang` links in `yoast_head` and `head`.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from wparchive.wordpress.languages.codes import code_of
from wparchive.wordpress.languages.hreflang import alternates_in
from wparchive.wordpress.links.aims import links_of
from wparchive.wordpress.php_urls import split
from wparchive.wordpress.values import clean, integer, mapping, string

__all__ = ["Translation", "language_of", "translations_of"]

_LANGUAGE = (
    "lang",
    "polylang_current_lang",
    "wpml_language",
    "wpml_current_locale",
    "wpml_current_language_code",
    "language_code",
)
_TRANSLATIONS = ("translations", "polylang_translations", "wpml_translations")
_HEADS = ("yoast_head", "rank_math_head")
_CODES, _IDS, _URLS = (
    ("lang", "language", "language_code", "locale", "code", "slug"),
    ("id", "ID", "post_id"),
    ("href", "link", "url", "permalink"),
)
_MOST = 200  # translations of one item
_LONGEST = 2000


class Translation(NamedTuple):
    """An item in another language, as an item names it: by `wp_id`, by `url`, or both; `how` is the field that says so."""

    language: str
    wp_id: int | None
    url: str
    how: str


def language_of(item: Mapping[str, Any]) -> str:
    """Return the code of the language that an item says it is in, as it is written; "" if it says none."""
    named = (code_of(item[name]) for name in _LANGUAGE if name in item)
    return next(filter(None, named), "") or code_of(mapping(item.get("meta")).get("_locale"))


def translations_of(item: Mapping[str, Any]) -> list[Translation]:
    """Return the translations that an item names, each language once, without itself; at most some hundreds."""
    own_id, own_language, own_link = integer(item.get("id")), language_of(item), string(item.get("link"))
    found: dict[str, Translation] = {}
    for one in islice(_named(item), _MOST):
        itself = one.wp_id == own_id if one.wp_id is not None else one.url == own_link
        if not itself and one.language != own_language:
            found.setdefault(one.language, one)
    return list(found.values())


def _named(item: Mapping[str, Any]) -> Iterator[Translation]:
    for name in _TRANSLATIONS:
        value = item.get(name)
        entries = (
            value.items()
            if isinstance(value, dict)
            else (("", one) for one in value or ())
            if isinstance(value, list)
            else ()
        )
        for code, entry in entries:
            if one := _entry(code, entry, name):
                yield one
    for relation, href, attributes in links_of(item) if "translation" in mapping(item.get("_links")) else ():
        if relation == "translation" and (one := _entry("", {**attributes, "href": href}, "_links.translation")):
            yield one._replace(wp_id=None)
    for name in _HEADS:
        for code, url in alternates_in(string(item.get(name)), string(item.get("link"))) if item.get(name) else ():
            yield Translation(code, None, url, f"hreflang in {name}")


def _entry(code: object, entry: object, how: str) -> Translation | None:
    """Return what one entry of a field says: an id, or an object with the language, the id and the URL."""
    if not isinstance(entry, dict):
        wp_id = integer(entry)
        return Translation(code_of(code), wp_id, "", how) if code_of(code) and wp_id else None
    language = code_of(code) or next(filter(None, (code_of(entry.get(name)) for name in _CODES)), "")
    wp_id = next(filter(None, (integer(entry.get(name)) for name in _IDS)), None)
    urls = (string(entry.get(name)) for name in _URLS)
    url = next((clean(one) for one in urls if len(one) <= _LONGEST and split(one)), "")
    return Translation(language, wp_id, url, how) if language and (wp_id or url) else None
