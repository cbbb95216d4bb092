"""What kind of page an answer is, by a table of signals; each verdict says why, and `unknown` is one of them.

The first row that applies decides. The upper rows need nothing but the answer itself; for the lower ones, words and names that
ordinary pages have too count only where the item's text isn't there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from wparchive.http1.message import is_success
from wparchive.urls import join
from wparchive.wordpress.languages.codes import PARAMS, is_alike, primary
from wparchive.wordpress.pages.page_evidence import Evidence, spelled
from wparchive.wordpress.pages.verdict_signs import (
    CONSENT,
    ELSEWHERE,
    LOGIN,
    NOT_FOUND,
    PAYWALL,
    Signs,
    is_consent_place,
    is_login_place,
)

__all__ = ["PageKind", "PageVerdict", "page_verdict"]


class PageKind(StrEnum):
    """What kind of page an answer is."""

    OK = "ok"
    PAYWALL = "paywall"
    CONSENT = "consent"
    CHALLENGE = "challenge"
    LOGIN = "login"
    PROTECTED = "protected"  # WordPress asks for the item's password
    GEOBLOCK = "geoblock"
    SOFT_404 = "soft-404"
    REDIRECT = "redirect"  # another page answered
    ERROR = "error"
    NOT_HTML = "not-html"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """What kind of page it is, and why: a line that is safe to print."""

    kind: PageKind
    reason: str


_MOST, _HALF = 0.9, 0.5  # shares of the item's words
_LITTLE = 60  # words of a page that says little


def page_verdict(evidence: Evidence) -> PageVerdict:
    """Return what kind of page an answer is."""
    for kind, rule in _RULES:
        if reason := rule(evidence):
            return PageVerdict(kind, reason)
    return PageVerdict(PageKind.UNKNOWN, "nothing says what this page is")


def _lacks_half(seen: Evidence) -> bool:
    return seen.share is None or seen.share < _HALF


def _with_share(reason: str, seen: Evidence) -> str:
    return f"{reason}; {seen.share:.0%} of the item's words are there" if reason and seen.share is not None else reason


def _says(signs: Signs, seen: Evidence) -> str:
    """Return which of the signs the page has; "" if none."""
    name = next((one for one in sorted(seen.names | seen.body_names) if signs.names.fullmatch(one)), "")
    if name:
        return f"an element called {_safe(name)}"
    phrase = signs.phrases.search(seen.text)
    return f"it says “{' '.join(phrase[0].split())[:60]}”" if phrase else ""


def _safe(text: str) -> str:
    return text[:80].encode("ascii", "replace").decode()


def _path(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that can't be read"
    return _safe(f"{parts.hostname or ''}{parts.path}")


# --- what the answer itself shows


def _challenge(seen: Evidence) -> str:
    return f"{seen.status} page of a bot wall" if seen.is_wall and _lacks_half(seen) else ""


def _not_followed(seen: Evidence) -> str:
    return f"{seen.status} to another address" if 300 <= seen.status < 400 and seen.status != 304 else ""


def _sent_to(is_place: Callable[[str], bool]) -> Callable[[Evidence], str]:
    """Return a rule: a redirect that wasn't followed is what it leads to."""

    def rule(seen: Evidence) -> str:
        target = join(seen.final, seen.head.get("location") or "") if _not_followed(seen) else ""
        return f"{seen.status} to {_path(target)}" if target and is_place(target) else ""

    return rule


def _refused(seen: Evidence) -> str:
    asks = seen.has_password or seen.head.get("www-authenticate")
    return f"{seen.status}, and it asks for a password" if seen.status in (401, 403) and asks else ""


def _payment(seen: Evidence) -> str:
    return "402 payment required" if seen.status == 402 else ""


def _geoblocked(seen: Evidence) -> str:
    if seen.status == 451:
        return "451 unavailable for legal reasons"
    little = seen.share is None and seen.size < _LITTLE and not seen.has_title
    missing = seen.share is not None and seen.share < _HALF
    refused = not is_success(seen.status)
    return _with_share(_says(ELSEWHERE, seen), seen) if little or missing or refused else ""


def _failed(seen: Evidence) -> str:
    return "" if is_success(seen.status) else f"status {seen.status}"


def _not_html(seen: Evidence) -> str:
    return f"not a page: {_safe(seen.head.mime) or 'no type'}" if seen.body.strip() and not seen.is_html else ""


def _says_404(seen: Evidence) -> str:
    return "its body has the class error404" if "error404" in seen.body_names and _lacks_half(seen) else ""


def _asks_for_item_password(seen: Evidence) -> str:
    return "WordPress's form for an item's password" if "post-password-form" in seen.names and _lacks_half(seen) else ""


def _moved_to(is_place: Callable[[str], bool]) -> Callable[[Evidence], str]:
    def rule(seen: Evidence) -> str:
        moved = spelled(seen.final) != spelled(seen.asked) and is_place(seen.final)
        return f"it ended at {_path(seen.final)}" if moved and _lacks_half(seen) else ""

    return rule


def _elsewhere(seen: Evidence) -> str:
    other = seen.other_item
    if other is not None and _lacks_half(seen):
        return f"it says that it shows another item ({other})"
    if spelled(seen.final) == spelled(seen.asked) or seen.is_of_item:
        return ""
    return f"it ended at {_path(seen.final)}"


def _other_language(seen: Evidence) -> str:
    if seen.article is None or seen.share is None or not _lacks_half(seen) or not seen.language:
        return ""
    if primary(seen.article.language) == seen.language:
        return ""
    named = [
        (primary(one.get("hreflang", "")), join(seen.final, one.get("href", "")))
        for one in seen.page.links("alternate")
    ]
    own = [url for language, url in named if language == seen.language]
    here = spelled(seen.asked)
    if all(_is_front(url, here, seen.language) for url in own) or here in map(spelled, own):
        return ""
    return f"it is in another language ({_safe(seen.language)[:8]}), which has an address of its own"


def _is_front(url: str, asked: str, language: str) -> bool:
    """Return whether `url` is a front page, of the site or of one of its languages: no article's other language."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    path = parts.path.rstrip("/")
    place = f"{spelled(parts._replace(query='').geturl())}/"
    return not {*parse_qs(parts.query)} - {*PARAMS} and (
        not path or asked.startswith(place) or is_alike(path.rpartition("/")[2], language)
    )


def _states_price(seen: Evidence) -> str:
    return _with_share("its JSON-LD says isAccessibleForFree: false", seen) if seen.is_free is False else ""


# --- what it says, where the item's text isn't there


def _instead(signs: Signs, below: float) -> Callable[[Evidence], str]:
    """Return a rule: signs count where less than so much of the item is shown, or where a page that is no item's says little."""

    def rule(seen: Evidence) -> str:
        little = seen.share is None and seen.size < _LITTLE and not seen.has_title
        missing = seen.share is not None and seen.share < below
        return _with_share(_says(signs, seen), seen) if little or missing else ""

    return rule


_APPS = frozenset(("root", "app", "__next", "__nuxt", "___gatsby", "q-app", "svelte"))


def _needs_scripts(seen: Evidence) -> str:
    empty = seen.size < _LITTLE and _lacks_half(seen) and not _APPS.isdisjoint(seen.names)
    return "it shows nothing before a script runs" if empty else ""


def _shown(seen: Evidence) -> str:
    if not seen.body.strip() or not seen.size:
        return ""
    if seen.article is None:
        return "a page"
    if seen.share is not None:
        return f"{seen.share:.0%} of the item's words are there"
    if seen.has_title:
        return "the item's title is there"
    return "the page says that it is the item's" if seen.is_of_item else ""


_RULES: tuple[tuple[PageKind, Callable[[Evidence], str]], ...] = (
    (PageKind.CHALLENGE, _challenge),
    (PageKind.CONSENT, _sent_to(is_consent_place)),
    (PageKind.LOGIN, _sent_to(is_login_place)),
    (PageKind.REDIRECT, _not_followed),
    (PageKind.LOGIN, _refused),
    (PageKind.PAYWALL, _payment),
    (PageKind.GEOBLOCK, _geoblocked),
    (PageKind.ERROR, _failed),
    (PageKind.NOT_HTML, _not_html),
    (PageKind.SOFT_404, _says_404),
    (PageKind.PROTECTED, _asks_for_item_password),
    (PageKind.CONSENT, _moved_to(is_consent_place)),
    (PageKind.LOGIN, _moved_to(is_login_place)),
    (PageKind.REDIRECT, _elsewhere),
    (PageKind.REDIRECT, _other_language),
    (PageKind.PAYWALL, _states_price),
    (PageKind.PAYWALL, _instead(PAYWALL, _MOST)),
    (PageKind.LOGIN, _instead(LOGIN, _HALF)),
    (PageKind.CONSENT, _instead(CONSENT, _HALF)),
    (PageKind.SOFT_404, _instead(NOT_FOUND, _HALF)),
    (PageKind.UNKNOWN, _needs_scripts),
    (PageKind.OK, _shown),
)
