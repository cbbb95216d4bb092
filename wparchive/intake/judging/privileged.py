"""Whether somebody with rights asked for an answer: by its request, its address, its head, or what it shows.

An answer may come without its request, and what core shows to nobody else must not be published. In doubt it is private: that
costs a row in public tables, the other way round costs somebody's drafts. Facts: the REST controllers of WordPress,
`rest_send_allow_header`, `wp_set_auth_cookie`, `_wp_admin_bar_init`, `body_class`.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from wparchive.http1.message import Head, is_success

__all__ = ["address_shows", "envelope_shows", "head_shows", "items_show", "page_shows", "request_shows"]

_REQUEST = re.compile(
    rb"\r?\n(?:(?:proxy-|x-)?authorization|(?:x-wp-)?nonce|(?:x-)?api-key|x-(?:auth|access)-token)[ \t]*:"
    rb"|wordpress_(?:logged_in|sec)_|wordpress_[0-9a-f]{32}=|wp-postpass_",
    re.IGNORECASE,
)
_HIDDEN = frozenset(("draft", "private", "pending", "future", "auto-draft", "trash", "hold", "spam"))
# Core's, WooCommerce's, OAuth's, those of plug-ins that show drafts by a link, and of who wrote a comment that is held.
_KEYS = frozenset(
    (
        *("_wpnonce", "_ajax_nonce", "nonce", "access_token", "auth_token", "token", "jwt", "api_key", "apikey"),
        *("consumer_key", "consumer_secret", "oauth_token", "oauth_consumer_key", "oauth_signature"),
        *("password", "_ppp", "preview_nonce", "moderation-hash"),
    )
)
# What the address of nearly no answer has, and without which it needs no parsing.
_MAY_ASK = re.compile(
    "|".join(map(re.escape, ("%", "key", "preview", "status", "context", *sorted(_KEYS)))), re.IGNORECASE
)
# What nobody is shown without rights.
_OWN = re.compile(
    r"/wp/v2/(?:users/me|settings)/?|.*/(?:revisions|autosaves)(?:/\d+)?/?|.*/application-passwords(?:/.*)?"
    r"|/(?:wc/v\d|wc-(?:admin|analytics)|gf/v2|wp-site-health/v\d|wp/v2/plugins)(?:/.*)?"
)
_ADDING = re.compile(r"\s*GET\s*,\s*POST\s*", re.IGNORECASE)  # as core writes it; servers that add their own name more
_LIST = re.compile(r"/wp/v2/(?!comments$)[^/]+")
_ENVELOPE = re.compile(rb'"headers"\s*:\s*(\{[^{}]*\})\s*\}\s*\Z')
_TAIL = 1 << 13  # bytes
_DEEPEST = 3  # objects around an item
_CHANGES = re.compile(r"\b(?:PUT|PATCH|DELETE)\b", re.IGNORECASE)
_LOGIN = re.compile(r"\s*wordpress_(?:logged_in|sec)_[^=;]*=\s*([^;]*)", re.IGNORECASE)
_ENDED = re.compile(r";\s*max-age\s*=\s*(?:0|-\d+)\s*(?:;|$)", re.IGNORECASE)
# No string of a JSON text has a bare quotation mark, so these match no text that tells of them.
_MAY_HIDE = re.compile(rb'"status"\s*:\s*"(?:draft|private|pending|future|auto-draft|trash|hold|spam)"|"raw"\s*:')
_LARGE = 8 << 20  # bytes of JSON that aren't parsed only to see where in them a word stands
_WORDS = tuple(
    re.compile(word + rb"[\"'\s>]") for word in (b"wpadminbar", b"logged-in")
)  # thirty times as fast as the whole
_BAR = re.compile(
    rb"\sid\s*=\s*[\"']?wpadminbar[\"'\s>]|<body\s[^>]{0,2000}?class\s*=\s*[\"'][^\"'>]{0,2000}?(?<![\w-])logged-in(?![\w-])",
    re.IGNORECASE,
)


def request_shows(head: bytes) -> bool:
    """Return whether the head of a request has credentials, or the cookie of who is logged in or knows a password."""
    return _REQUEST.search(head) is not None


def address_shows(uri: str, route: str = "") -> bool:
    """Return whether an address is one that only somebody with rights asks for; `route` is its REST route, if it is of one."""
    query = uri.partition("#")[0].partition("?")[2]
    if not _MAY_ASK.search(query):
        return False
    asked = [(key.lower(), value.lower()) for key, value in parse_qsl(query)]
    if any(
        key in _KEYS or key == "preview" or (key == "key" and value.startswith("wc_order_")) for key, value in asked
    ):
        return True
    return bool(route) and any(map(_asks_for_hidden, asked))


def _asks_for_hidden(pair: tuple[str, str]) -> bool:
    key, value = pair
    if key.partition("[")[0] == "status":
        return not _HIDDEN.isdisjoint(map(str.strip, value.split(","))) or value == "any"
    return key == "context" and value == "edit"


def head_shows(head: Head, route: str = "") -> bool:
    """Return whether the head of an answer names a nonce, a right to change, or a login; `route` is its REST route, if any."""
    if head.get("x-wp-nonce") or any(map(_logs_in, head.all("set-cookie"))):
        return True
    if not route or not is_success(head.status):
        return False
    path, allowed = route.partition("?")[0], head.all("allow")
    if any(map(_CHANGES.search, allowed)) or _OWN.fullmatch(path):
        return True
    return _LIST.fullmatch(path) is not None and any(map(_ADDING.fullmatch, allowed))


def envelope_shows(text: bytes | memoryview, route: str) -> bool:
    """Return whether the head that is in a body (`?_envelope`) shows what `head_shows` looks for."""
    found = _ENVELOPE.search(bytes(text[-_TAIL:])) if "_envelope" in route else None
    try:
        stated = json.loads(found[1]).items() if found else ()
    except (ValueError, RecursionError):
        return True
    return bool(stated) and head_shows(Head(200, "", "", tuple((name, str(value)) for name, value in stated)), route)


def _logs_in(cookie: str) -> bool:
    found = _LOGIN.match(cookie)
    if not found or found[1].strip().lower() in ("", "%20", "+", "deleted"):
        return False
    return _ENDED.search(cookie) is None


def items_show(text: bytes | memoryview) -> bool:
    """Return whether the body of a REST answer has an item that isn't public, or an item's raw text beside the rendered one.

    What can't be read, as it is cut or too large, counts if the words stand anywhere in it.
    """
    if not _MAY_HIDE.search(text):
        return False
    if len(text) > _LARGE:
        return True
    try:
        return any(map(_is_hidden, _items(json.loads(bytes(text)))))
    except (ValueError, RecursionError):
        return True


def _items(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of an answer, those that are embedded in them, and what may be an envelope around them."""
    left = [(value, 0)]
    while left:
        one, depth = left.pop()
        if isinstance(one, list):
            left += [(each, depth) for each in one]
        elif isinstance(one, dict):
            yield one
            inner = one if "id" not in one and depth < _DEEPEST else one.get("_embedded")
            left += [(each, depth + 1) for each in inner.values()] if isinstance(inner, dict) else []


def _is_hidden(item: dict[str, Any]) -> bool:
    status = item.get("status")
    if isinstance(status, str) and status in _HIDDEN:
        return True
    # In the index, which says of what kind they are, both are objects.
    return any(isinstance(one, dict) and isinstance(one.get("raw"), str) and "rendered" in one for one in item.values())


def page_shows(text: bytes | memoryview) -> bool:
    """Return whether a page was made for a user: it has the admin bar, or the class of who is logged in."""
    return any(word.search(text) for word in _WORDS) and _BAR.search(text) is not None
