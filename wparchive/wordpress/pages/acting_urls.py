"""URLs that a site may act upon, or that belong to its API and its administration: no page and no file is asked for at them.

Whoever writes a sitemap, a link or a theme writes URLs too, so these are judged in whatever spelling a server may read.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, unquote

from wparchive.urls import Place, parse, without_dots
from wparchive.wordpress.php_urls import php_name

__all__ = ["why_acting"]

_DECODED: Final = 4  # times that a path may be percent-encoded: a proxy may decode it before the server does
_SLASHES: Final = re.compile(r"[/\\]+")
_FILES = """
wp-json wp-admin wp-login.php wp-cron.php xmlrpc.php wp-comments-post.php wp-trackback.php wp-signup.php wp-activate.php
wp-mail.php
"""
_PLACES: Final = frozenset(_FILES.split())
# Parameters by which core, shops, forms and newsletters are told to do something, on whatever page they stand.
_TOLD = """
rest_route _method action add-to-cart remove_item undo_item remove_coupon apply_coupon empty-cart empty_cart wc-ajax
add_to_wishlist remove_from_wishlist replytocom _wpnonce _ajax_nonce nonce doing_wp_cron delete trash untrash logout
customer-logout mailpoet_router edd_action edd-action
"""
_PARAMETERS: Final = frozenset(_TOLD.split())
_SAID: Final = "unsubscribe"
_FRONT: Final = ("", "index.php")  # last parts of paths at which `s` is a search; an avatar's `s` is its size


def why_acting(url: str, root: str = "") -> str:
    """Return in a few words why `url` must not be asked for as a page or file; "" if nothing speaks against it.

    `root` is the site's REST root as found, where it is known. URLs that can't be parsed are left to the guard. Source:
    core's files beside `index.php`, and its public query variables.
    """
    place = parse(url)
    if not isinstance(place, Place):
        return ""
    path = _path(place.path)
    parts = path.split("/")
    if found := _PLACES.intersection(part.split(";")[0].rstrip(". ") for part in parts):
        return f"{min(found)} may act on a request, and shows no page"
    if _below(place, path, root):
        return "it belongs to the REST API, and shows no page"
    return _of_query(place.query, searches=parts[-1] in _FRONT and "avatar" not in parts)


def _path(path: str) -> str:
    """Return a path as the most lenient server reads it: decoded, in lower case, with single slashes, without dots."""
    for _ in range(_DECODED):
        path = unquote(path)
    return without_dots(_SLASHES.sub("/", path.replace("\0", "")).lower())


def _below(place: Place, path: str, root: str) -> bool:
    """Whether a path lies below the REST root: its prefix can be any."""
    there = parse(root)
    if not isinstance(there, Place) or there.query:
        return False
    prefix = _path(there.path).rstrip("/")
    same = there.authority.removeprefix("www.") == place.authority.removeprefix("www.")
    return same and bool(prefix) and f"{path}/".startswith(f"{prefix}/")


def _of_query(query: str, *, searches: bool) -> str:
    for written, value in parse_qsl(query, keep_blank_values=True):
        name = php_name(written.partition("\0")[0]).partition("[")[0].lower()
        if name in _PARAMETERS or _SAID in name or _SAID in value.lower():
            return f"a request with {name[:40]} may be acted upon"
        if name == "s" and searches:
            return "it is a search"
    return ""
