"""What a run says of a site's languages: a line for people, and the sites that it found beside this one."""

from collections.abc import Mapping, Sequence
from typing import Any

from wparchive.urls import url_key
from wparchive.wordpress.languages.codes import code_of
from wparchive.wordpress.values import string

__all__ = ["language_line", "sites_beside"]

_MOST = 8  # languages that are named in one place
_HOW = {
    "usual": "in the usual lists",
    "list": "in lists by language",
    "whole": "in the usual lists",
    "site": "in a site of its own",
    "elsewhere": "on another host, to be crawled as a site of its own",
    "translated": "the usual items in other words, not held",
    "closed": "in a site of its own that refuses strangers",
    "silent": "not known where: what was asked didn't answer, the next run asks again",
    "left": "not looked at",
    "none": "in no list of its own",
}


def language_line(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return where each language of a site is found, such as `en in the usual lists; fr in lists by language`; "" of none.

    `entries` are those of the fact `languages`.
    """
    found: dict[str, list[str]] = {}
    for entry in entries:
        if (code := code_of(entry.get("language"))) and (how := _HOW.get(string(entry.get("how")))):
            found.setdefault(how, []).append(code)
    named = sum(map(len, found.values()))
    return "; ".join(f"{_codes(codes)} {how}" for how, codes in found.items()) if named > 1 else ""


def _codes(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - _MOST} more" if len(codes) > _MOST else ""
    return ", ".join(codes[:_MOST]) + more


def sites_beside(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the URLs of the sites on the same host that hold one language each."""
    return [url for entry in entries if entry.get("how") == "site" and (url := url_key(string(entry.get("url"))))]
