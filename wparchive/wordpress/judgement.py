"""What a response means, by WordPress's own error code: its message is translated, and its status may be wrong.

Sources: core's `WP_REST_Server::error_to_response`, and the error codes of its REST controllers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from wparchive.http1.message import Head, is_success
from wparchive.model import Verdict
from wparchive.wordpress.payload.document import Document, items
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.values import integer, members

__all__ = [
    "Judgement",
    "Meaning",
    "error_of",
    "for_item",
    "is_challenge",
    "is_walled",
    "judge",
    "judge_fetched",
    "may_be_wall",
    "says_none",
]


class Meaning(StrEnum):
    """What a response means for us."""

    OK = "ok"
    REFUSED = "refused"  # WordPress denies access
    MISSING = "missing"  # WordPress says that there is no such item
    NO_ROUTE = "no_route"  # WordPress says that there is no such route; never evidence of a deletion
    PAST_END = "past_end"  # WordPress says that the list ends before this page
    BAD_PARAM = "bad_param"  # WordPress rejects a parameter
    SERVER_ERROR = "server_error"  # 5xx
    NOT_JSON = "not_json"  # a success that is not JSON
    CHALLENGE = "challenge"  # a bot wall; a retry does not help
    THROTTLED = "throttled"  # 429, or 503 with Retry-After
    REDIRECT = "redirect"  # a 3xx that was not followed
    NOT_MODIFIED = "not_modified"
    BLOCKED = "blocked"  # a 4xx that does not come from WordPress
    OTHER = "other"  # another error code of WordPress or a plug-in
    NOTHING = "nothing"  # no answer


@dataclass(frozen=True, slots=True)
class Judgement:
    """An interpreted response. `params` are the rejected parameters (bad_param); `reason` is short and safe to print."""

    meaning: Meaning
    status: int | None = None
    code: str = ""
    params: tuple[str, ...] = ()
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether this is the requested content."""
        return self.meaning is Meaning.OK

    @property
    def walled(self) -> bool:
        """Whether something in front of the site refused the request; it may let a later one pass."""
        foreign = self.meaning is Meaning.BLOCKED and self.status in _REFUSING
        return foreign or self.meaning in (Meaning.CHALLENGE, Meaning.THROTTLED)

    @property
    def gone(self) -> str:
        """What became of an item that was requested by itself: `deleted`, `unpublished`, or empty if this does not show it.

        A refusal counts only with a code that WordPress uses for single items, since a wall before a whole site uses
        others. A "missing" code counts only with its own status: otherwise something besides WordPress was involved.
        """
        if self.meaning is Meaning.MISSING:
            return "deleted" if self.status in _ABSENT else ""
        unpublished = self.meaning is Meaning.REFUSED and _UNPUBLISHED.match(_underscored(self.code))
        return "unpublished" if unpublished else ""


# Error codes of core and its imitators for an item that exists but is not public.
_UNPUBLISHED = re.compile(
    r"(?=\w++\Z)(?:(?:rest_forbidden|\w*?cannot_(?:read|view))(?:_\w|\Z)|\w+_not_accessible\Z|bp_rest_authorization_required\Z)"
)
_ABSENT = (404, 410)

# The first match decides.
_CODES: tuple[tuple[re.Pattern[str], Meaning], ...] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (r".*_invalid_(page|offset)_number", Meaning.PAST_END),
        (r"rest_no_route|rest_disabled_route", Meaning.NO_ROUTE),
        (r"rest_(invalid_param|missing_callback_param|out_of_bounds|not_in_enum)", Meaning.BAD_PARAM),
        (r".*_invalid_(id|parent|taxonomy|type|status)|rest_term_invalid|rest_.*_not_found", Meaning.MISSING),
        (r"(event|venue|organizer|category|tag|term)_not_found", Meaning.MISSING),
        (r".*(too_many_requests|rate_limit(ed)?|throttled)", Meaning.THROTTLED),
    )
)
_NONE_THERE = re.compile(
    r"(.*_)?(no|empty)_(.*_)?(posts?|pages?|items?|results?|entries|records|comments?|terms?|users?|media|content|data)"
    r"(_found|_available|_exist)?|(?!.*(route|namespace|endpoint|handler|site|blog))(.*_)?not?_(.*_)?found|(.*_)?empty",
    re.IGNORECASE,
)
_REFUSING, _THROTTLING = (401, 403), (429,)
_SHORT_ENOUGH = 1 << 16


def says_none(answer: Judgement) -> bool:
    """Return whether a list answers this way when it is empty: 404 with a code that says that there are no items."""
    none = answer.meaning in (Meaning.MISSING, Meaning.OTHER) and answer.status == 404
    return none and _NONE_THERE.fullmatch(_underscored(answer.code)) is not None


def _underscored(code: str) -> str:
    """Return an error code as WordPress spells its own; some plug-ins join words by hyphens."""
    return code.replace("-", "_")


def error_of(value: object) -> tuple[str, Mapping[str, Any]] | None:
    """Return the code and data of a WordPress error object; None if `value` is not one."""
    if not isinstance(value, dict) or "id" in value:
        return None
    code, data = value.get("code"), value.get("data")
    if not isinstance(code, str | int) or isinstance(code, bool) or "message" not in value:
        return None
    return _printable(str(code)), data if isinstance(data, dict) else {}


def judge(head: Head | None, body: bytes | None, document: Document | None = None) -> Judgement:
    """Return what a response means. `document` is the parsed body; without one, `body` is parsed here if necessary."""
    if head is None:
        return Judgement(Meaning.NOTHING, reason="no answer")
    body = body or b""
    status = head.status
    if status == 304:
        return Judgement(Meaning.NOT_MODIFIED, status, reason="304")
    if 300 <= status < 400:
        return Judgement(Meaning.REDIRECT, status, reason=f"{status} redirect")
    document = read(body) if document is None else document
    if not document.ok:
        return _foreign(head, body, document)
    error = error_of(document.value)
    if error is None:
        if is_success(status):
            return Judgement(Meaning.OK, status)
        # A list or an item with an error status: nothing says that the content does not exist.
        shows = any(one.id is not None for one in items(document))
        return replace(_wordless(head), reason=f"items with status {status}") if shows else _wordless(head)
    return _of_error(head, *error)


# How to take a fetch that ended before the server answered.
_UNHEARD: Mapping[Verdict, tuple[Meaning, str]] = {
    Verdict.THROTTLED: (Meaning.THROTTLED, "throttled"),
    Verdict.ROBOTS: (Meaning.REFUSED, "robots.txt"),
    Verdict.GUARDED: (Meaning.REDIRECT, "guarded"),
    Verdict.STOPPED: (Meaning.NOTHING, "stopped"),
}


def judge_fetched(
    verdict: Verdict, head: Head | None, body: bytes | None, document: Document | None = None, reason: str = ""
) -> Judgement:
    """Return what a fetch means that ended with `verdict`, for `reason`. A truncated success counts as no answer."""
    if verdict in _UNHEARD:
        meaning, words = _UNHEARD[verdict]
        return Judgement(meaning, head.status if head else None, reason=reason or words)
    if head is None or body is None:
        return Judgement(Meaning.NOTHING, reason=reason or "no answer")
    found = judge(head, body, document)
    if verdict is Verdict.FAILED and found.ok:
        return Judgement(Meaning.NOTHING, head.status, reason="cut off")
    return found


def for_item(judgement: Judgement, route: str, document: Document) -> Judgement:
    """Return `judgement` for the `route` requested: where that names one item, a different item is not the answer."""
    last = route.partition("?")[0].rpartition("/")[2]
    if not judgement.ok or not last.isdecimal() or isinstance(document.value, list):
        return judgement
    shown = [one.id for one in items(document)]
    if not shown or shown[0] is None or shown[0] == integer(last):
        return judgement
    reason = f"{judgement.status}, but another item (id {shown[0]})"
    return replace(judgement, meaning=Meaning.OTHER, code="another_item", reason=reason)


def _of_error(head: Head, code: str, data: Mapping[str, Any]) -> Judgement:
    """Interpret a WordPress error object. Caches and plug-ins may have sent it with a status other than its own."""
    stated = integer(data.get("status"))
    status = head.status if head.status >= 400 or stated is None else stated
    reason = f"{status} {code}".strip()
    return Judgement(_meaning_of(code, status), head.status, code, _params(data), reason)


def _meaning_of(code: str, status: int) -> Meaning:
    """Return what a WordPress error means: its code decides before its status, but for throttling and refusals."""
    if status in _THROTTLING:
        return Meaning.THROTTLED
    spelled = _underscored(code)
    meaning = next((meaning for pattern, meaning in _CODES if pattern.fullmatch(spelled)), None)
    if meaning and not (meaning is Meaning.MISSING and status in _REFUSING):
        return meaning
    if status in _REFUSING:
        return Meaning.REFUSED
    return Meaning.SERVER_ERROR if status >= 500 else Meaning.OTHER


def _params(data: Mapping[str, Any]) -> tuple[str, ...]:
    params = data.get("params")
    return tuple(members(list(params) if isinstance(params, dict) else params, str))


def _foreign(head: Head, body: bytes, document: Document) -> Judgement:
    """Interpret a response that is not JSON."""
    status = head.status
    what = _printable(head.mime) or "no type"
    if is_challenge(head, body):
        return Judgement(Meaning.CHALLENGE, status, reason=f"{status} challenge page")
    if status >= 400:
        return _wordless(head)
    fault = next((flag for flag in document.flags if flag.startswith("too-") or flag == "empty"), "not JSON")
    return Judgement(Meaning.NOT_JSON, status, reason=f"{status} {what}, {fault}")


def _wordless(head: Head) -> Judgement:
    status = head.status
    if status in _THROTTLING or (status == 503 and head.get("retry-after")):
        return Judgement(Meaning.THROTTLED, status, reason=str(status))
    meaning = Meaning.SERVER_ERROR if status >= 500 or not status else Meaning.BLOCKED
    return Judgement(meaning, status, reason=f"{status} {_printable(head.mime)}".strip())


_UNPRINTABLE = re.compile(r"[^\x21-\x7e]+")


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("?", text[:80])


# Headers and page texts of bot walls. Any one header is enough; texts count only in a page, not in JSON.
_CHALLENGE_HEADERS = {
    "cf-mitigated": "challenge",
    "x-amzn-waf-action": "",
    "x-sucuri-block": "",
    "x-ddos-protection": "",
}
_WALL = re.compile(
    rb"<title>just a moment|<title>attention required|cf-browser-verification|cf_chl_opt|"
    rb"_incapsula_resource|incapsula incident|sucuri website firewall|<title>ddos-guard|ddos protection by|"
    rb"generated by wordfence|checking your browser before|sgcaptcha|imunify360|<title>bot verification|anubis_challenge|"
    rb"aws-waf-token|<title>one moment, please",
    re.IGNORECASE,
)
# These occur in ordinary pages too, so they count only with an error status.
_WEAK_WALL = re.compile(
    rb"<title>access denied|error code:? ?10(09|10|12|15|20)|please enable (cookies|javascript)|px-captcha|datadome|"
    rb"g-recaptcha|hcaptcha\.com|challenge-platform|are you a human|cf-error-details|mod_security",
    re.IGNORECASE,
)
_CHALLENGING = frozenset((200, 202, 401, 403, 405, 406, 409, 429, 503))


def is_challenge(head: Head, body: bytes) -> bool:
    """Return whether this is the page of a bot wall or firewall rather than of the site; retrying it is useless."""
    if any(wanted in head.get(name).lower() and head.get(name) for name, wanted in _CHALLENGE_HEADERS.items()):
        return True
    if head.status not in _CHALLENGING:
        return False
    start = body[:_SHORT_ENOUGH].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"", b"[", b"{"):
        return False
    if _WALL.search(start):
        return True
    return head.status >= 400 and _WEAK_WALL.search(start) is not None


def may_be_wall(status: int | None, mime: str) -> bool:
    """Return whether the response to a file request may be a bot wall's page, so that its beginning is worth reading."""
    return status in _CHALLENGING and ("html" in mime or not mime)


def is_walled(head: Head | None, beginning: Callable[[int], bytes]) -> bool:
    """Return whether a bot wall's page came instead of a file. `beginning(n)` returns the first n bytes of the body."""
    return head is not None and may_be_wall(head.status, head.mime) and is_challenge(head, beginning(_SHORT_ENOUGH))
