"""Codes of languages, and the parameters of REST lists that choose one of them.

Sources: Polylang's documentation of its REST API (`lang`), WPML's (`lang`, `wpml_language`), Bogo's and qTranslate-XT's
(`lang`); BCP 47 for the shape of a code.
"""

import re
from collections.abc import Iterable

from wparchive.wordpress.canonical_routes import Route

__all__ = ["PARAMS", "code_of", "first_of", "is_alike", "language_of_route", "list_of", "primary"]

PARAMS = ("lang", "wpml_language", "language", "locale")
"""The parameters by which plug-ins choose the language of a list, the most usual first."""

_CODE = re.compile(r"[A-Za-z]{2,3}(?:[-_@][A-Za-z0-9]{1,8}){0,3}")


def code_of(value: object) -> str:
    """Return `value` if it is the code of a language (`fr`, `pt-br`, `zh_Hant_TW`, `de_DE_formal`); else ""."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def primary(code: str) -> str:
    """Return the language of a code without script, country or form: `pt` of `pt_BR`."""
    return code.lower().replace("_", "-").partition("-")[0]


def is_alike(one: str, other: str) -> bool:
    """Return whether two codes may mean the same language of a site: `fr` and `fr_FR`, but not `pt-br` and `pt-pt`."""
    a, b = (code.lower().replace("_", "-") for code in (one, other))
    return bool(a and b) and (a == b or a.startswith(f"{b}-") or b.startswith(f"{a}-"))


def language_of_route(route: Route) -> tuple[str, str] | None:
    """Return the parameter and the value by which a list is asked for in one language; None for any other route."""
    return next(((name, value) for name, value in route.params if name in PARAMS and code_of(value)), None)


def list_of(route: Route) -> str:
    """Return the list, of one language where a site's lists are by language, that a page at `route` belongs to."""
    chosen = language_of_route(route)
    return str(Route(route.path, (chosen,))) if chosen else route.path


def first_of(codes: Iterable[str], wanted: str) -> str:
    """Return the one of `codes` that may mean the language `wanted`; "" if there is none."""
    known = list(codes)
    return wanted if wanted in known else next((code for code in known if is_alike(code, wanted)), "")
