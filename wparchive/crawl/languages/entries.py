"""The fact `languages`: one entry for each language, with what was found out of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from wparchive.crawl.languages.looks import Looks
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.languages.codes import is_alike
from wparchive.wordpress.languages.heard import Heard
from wparchive.wordpress.languages.signs import Signs, home_in
from wparchive.wordpress.languages.verdict import Held
from wparchive.wordpress.php_urls import home_of
from wparchive.wordpress.values import string

__all__ = ["OWN", "Entry", "entries_of", "name_heard"]

OWN = (Held.MORE, Held.NONE, Held.UNSURE, Held.UNKNOWN)
"""What a list shows that is walked: of UNSURE and UNKNOWN ones only a walk may say that nothing is lost."""

_MOST = 20  # routes that a reason names

Entry = dict[str, Any]
Found = Mapping[tuple[str, str], Held]


def entries_of(
    signs: Signs, param: str, found: Found, looks: Looks, lists: Sequence[Collection], refused: Sequence[Collection]
) -> list[Entry]:
    """Return an entry for each language of `signs`; `found` has what each list shows, by language and route.

    `param` is the parameter that makes a difference, "" if none does; `refused` are lists that can't be looked at.
    """
    routes = [one.route for one in lists]
    contested = {route for (_, route), held in found.items() if held in OWN}
    usual = _usual(signs, found, contested)
    entries = []
    for code in signs.codes:
        own = {route: held for route in routes if (held := found.get((code, route))) is not None}
        entry = _entry(code, _how(code, usual, own, signs), param, looks)
        if entry["how"] == "list":
            entry["same"] = _named(own, Held.SAME, Held.OTHER)
            entry["part"] = _named(own, Held.PART)
            entry["rejected"] = sorted((*_named(own, Held.REJECTED), *(one.route for one in refused)))
            if translated := _named(own, Held.OTHER):
                entry["reason"] = f"the same items in other words, which aren't held: {', '.join(translated[:_MOST])}"
        entries.append(entry)
    return entries


def _usual(signs: Signs, found: Found, contested: set[str]) -> str:
    """Return the language of the lists without one: it shows the very same where another language doesn't."""
    same = [
        code
        for code in signs.codes
        if not any(found.get((code, route)) in OWN for route in contested)
        and any(found.get((code, route)) in (Held.SAME, Held.OTHER) for route in contested)
    ]
    return next((code for code in same if code == signs.default), next(iter(same), ""))


def _how(code: str, usual: str, own: Mapping[str, Held], signs: Signs) -> str:
    shown = set(own.values())
    if shown & set(OWN):
        return "list"
    if code == usual:
        return "usual"
    if Held.PART in shown:
        return "whole"
    if not usual and signs.default and is_alike(code, signs.default):
        return "usual"
    return "translated" if Held.OTHER in shown else "none"


def _named(own: Mapping[str, Held], *held: Held) -> list[str]:
    return sorted(route for route, one in own.items() if one in held)


def _entry(code: str, how: str, param: str, looks: Looks) -> Entry:
    evidence = looks.evidence.get(code) or next(filter(None, looks.evidence.values()), None)
    shown = looks.first.get(code)
    return {
        "language": code,
        "how": how,
        "param": param if how in ("list", "whole", "usual", "translated") else "",
        "same": [],
        "shown": str(shown) if shown else None,
        "capture": evidence,
    }


def name_heard(entries: Sequence[Entry], signs: Signs, heard: Heard) -> None:
    """Correct the entries of languages that no list is of, where items of the usual lists say that they are in them.

    They say so themselves, or their addresses lie below the home page in that language.
    """
    by_address = False
    for entry in entries:
        code = entry["language"]
        home = home_in(signs, code) or string(entry.get("url"))  # an earlier run's, where the home page names none
        if entry["how"] not in ("none", "translated"):
            continue
        if count := heard.saying(code):
            entry.update(how="whole", reason=f"{count:,} items of the usual lists say that they are in it")
        elif count := heard.below(home):
            where = f"{count:,} items of the usual lists have addresses below {home}"
            entry.update(how="whole", url=home, reason=f"no parameter chooses it; {where}")
            by_address = True
    if by_address:
        for entry in entries:
            if entry["how"] == "usual" and (home := home_in(signs, entry["language"])):
                entry["url"] = home_of(home)
