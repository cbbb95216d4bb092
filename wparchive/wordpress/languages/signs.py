"""What tells that a site has several languages, before anything is asked for it: its index, its home page, its items."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from wparchive.urls import same_host
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.languages.codes import PARAMS, code_of, first_of, is_alike
from wparchive.wordpress.languages.fields import language_of, translations_of
from wparchive.wordpress.languages.hreflang import alternates_in, language_of_page
from wparchive.wordpress.php_urls import home_of
from wparchive.wordpress.values import boolean, mapping, members, string

__all__ = ["TEXTS_OF_ITEMS", "Signs", "home_in", "named_in", "read_signs", "sample_text"]

TEXTS_OF_ITEMS = ("title", "name", "content", "excerpt", "description")
"""The fields with what a reader sees of an item."""

_MOST = 30  # languages whose lists are walked
_CONSIDERED = 300  # codes: an index may permit ten thousand
# Namespaces of plug-ins for several languages; `pll/v1` and `bogo/v1` list them at `languages`.
_NAMESPACES = ("pll", "wpml", "bogo", "trp", "translatepress", "sublanguage", "qtranslate", "multilingual")
_LISTED = ("/pll/v1/languages", "/bogo/v1/languages")
_CODES = ("slug", "code", "lang", "language_code", "language", "locale")


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs found. `codes` are languages of the site, those that most speak for first; `told` says by what.

    `params` are parameters that may choose one of them, the likeliest first; `default` is the language that lists show
    without one, as far as a sign says so. `document` is the route of a document that lists the languages, if there is
    one. `homes` are the home pages in each language, `left` codes beyond the most that are walked.
    """

    codes: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    default: str = ""
    document: str = ""
    homes: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.told)

    def with_document(self, value: object) -> "Signs":
        """Return the signs together with what the document that lists the languages says."""
        codes, default = named_in(value)
        if not codes:
            return self
        return _limited(self, codes, sure=codes, default=default or self.default)


def read_signs(
    index: RestIndex,
    routes: Iterable[str],
    page: tuple[str, bytes] | None,
    samples: Iterable[Mapping[str, Any]],
    home: str,
    known: Sequence[str] = (),
) -> Signs:
    """Return the signs in the parameters of `routes`, the home page (its URL and body) and sample items of a site.

    `home` is the site's own home: addresses on other hosts are languages elsewhere. `known` are codes that an earlier run
    found; they are no sign by themselves.
    """
    routes = list(routes)
    declared = {name: codes for name in PARAMS if (codes := _choices(index, routes, name)) is not None}
    html = page[1][: 1 << 20].decode("utf-8", "replace") if page else ""
    homes = tuple(dict(alternates_in(html, page[0])).items()) if page and html else ()
    items = list(samples)
    own = [
        code for item in items for code in (language_of(item), *(one.language for one in translations_of(item))) if code
    ]
    spaces = [one for one in index.namespaces if one.partition("/")[0].lower() in _NAMESPACES]
    several = len({code for code, _ in homes}) > 1
    told = [f"{name} in the index's arguments" for name in declared]
    told += [f"namespace {one}" for one in spaces] + ["hreflang in the home page"] * several
    told += ["fields of items"] * bool(own)
    if not told:
        return Signs()
    here = [_spelled(code, url) for code, url in homes if same_host(url, home)] if several else []
    choices = [code for codes in declared.values() for code in codes]
    signs = Signs(
        params=(*declared, *(("lang",) if "lang" not in declared else ())),
        document=next(filter(index.has, _LISTED), ""),
        homes=homes if several else (),
        told=tuple(told),
    )
    default = next((language_of(item) for item in items if language_of(item)), "") or language_of_page(html)
    codes = [*here, *own, *choices]
    return _limited(signs, [*codes, *known], sure=[*here, *own, *known], default=default, among=choices)


def named_in(value: object) -> tuple[list[str], str]:
    """Return the codes that a plug-in's document lists, and the default one: a list of objects, or a map by code."""
    entries = value.items() if isinstance(value, dict) else (("", one) for one in members(value, dict))
    codes, default = [], ""
    for code, entry in entries:
        own = code_of(code) or next(filter(None, (code_of(mapping(entry).get(name)) for name in _CODES)), "")
        if own and own not in codes:
            codes.append(own)
            default = own if boolean(mapping(entry).get("is_default")) else default
    return codes, default


def _choices(index: RestIndex, routes: Sequence[str], name: str) -> list[str] | None:
    """Return the languages that a parameter accepts; None if no route has it, or it chooses something else."""
    having = [route for route in routes if index.supports(route, name)]
    choices = dict.fromkeys(one for route in having for one in index.choices(route, name))
    codes = [one for one in choices if code_of(one) and one != "all"]
    # Parameters with these names may also mean something else, such as a taxonomy called `language`.
    return codes if having and (codes or name in ("lang", "wpml_language")) else None


def _limited(
    signs: Signs, codes: Iterable[str], *, sure: Sequence[str], default: str, among: Sequence[str] = ()
) -> Signs:
    """Return `signs` with these codes: as the parameter spells them, each language once, the `sure` ones first."""
    known = _distinct(first_of(among, code) or code for code in islice(sure, 2 * _MOST))
    every = _distinct(islice((*known, *codes), _CONSIDERED))
    # An index may permit every locale that there is: then the languages are those that something else tells.
    chosen = known if len(every) > _MOST and known else every
    return replace(
        signs,
        codes=tuple(chosen[:_MOST]),
        left=tuple(chosen[_MOST:]),
        default=first_of(chosen[:_MOST], default),
    )


def _distinct(codes: Iterable[str]) -> list[str]:
    """Return `codes` without those that may mean the same language as one before."""
    found: list[str] = []
    for code in dict.fromkeys(codes):
        if not any(is_alike(code, one) for one in found):
            found.append(code)
    return found


def _spelled(code: str, url: str) -> str:
    """Return a code as the address of its home page spells it: `fr` for `fr-FR` at `/fr/` or `?lang=fr`."""
    parts = urlsplit(url)
    words = [*parts.path.strip("/").split("/")[-1:], *(value for _, value in parse_qsl(parts.query))]
    return next((word for word in words if code_of(word) and is_alike(word, code)), code)


def sample_text(item: Mapping[str, Any]) -> str:
    """Return what a reader sees of an item, to tell a translation from the same text."""
    parts = (item.get(name) for name in TEXTS_OF_ITEMS)
    return "\n".join(string(part.get("rendered")) if isinstance(part, dict) else string(part) for part in parts)


def home_in(signs: Signs, code: str) -> str:
    """Return the home page in the language `code`; "" if none is named."""
    return next((home_of(url) for one, url in signs.homes if is_alike(one, code)), "")
