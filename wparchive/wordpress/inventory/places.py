"""One key for all spellings of a page's URL, by which a sitemap's URL is recognised as that of an item."""

import hashlib
import re
from urllib.parse import unquote_to_bytes

from wparchive.urls import Place, parse

__all__ = ["comment_in", "number_of", "place_of", "short_of"]

_COMMENT = re.compile(r"#comment-([0-9]{1,18})$")
_FOLLOWED = re.compile(r"utm_[a-z]+|fbclid|gclid")
_BY_NUMBER = re.compile(r"[?&](?:p|page_id|attachment_id)=([0-9]{1,18})(?=&|$)")
_SHORT = re.compile(r"(?:p|page_id|attachment_id)=([0-9]{1,18})")
_TYPED = re.compile(r"[?&]post_type=([a-z0-9_-]{1,20})(?=&|$)")
_DIGITS = re.compile(r"[0-9]{1,18}")


def place_of(url: str) -> str:
    """Return the key of a page: equal for http and https, with and without `www.` or a last slash; "" for no URL.

    Parameters that only say where a reader came from don't count. A comment's anchor belongs to the key, no other does.
    """
    place = parse(url)
    if not isinstance(place, Place):
        return ""
    path = unquote_to_bytes(place.path.rstrip("/")).decode("utf-8", "replace")
    pairs = sorted(one for one in place.query.split("&") if one and not _FOLLOWED.fullmatch(one.partition("=")[0]))
    query = f"?{'&'.join(pairs)}" if pairs else ""
    anchor = _COMMENT.search(url)
    port = "" if place.port in (80, 443) else f":{place.port}"
    key = f"{place.host.removeprefix('www.')}{port}{path}{query}{anchor[0] if anchor else ''}"
    return key if len(key) <= 1000 else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def comment_in(url: str) -> int | None:
    """Return the id of the comment whose anchor `url` has."""
    found = _COMMENT.search(url)
    return int(found[1]) if found else None


def short_of(place: str, home: str) -> int | None:
    """Return the id of the post, page or file whose short link (`?p=7` of the site at `home`) has the key `place`.

    Source: core's `wp_get_shortlink`.
    """
    path, _, query = place.partition("?")
    found = _SHORT.fullmatch(query) if path == place_of(home) else None
    return int(found[1]) if found else None


def number_of(guid: str, stated: str = "") -> tuple[int | None, str]:
    """Return the id and type of the post that a feed's guid (`?p=7`, `?post_type=book&p=7`) or a `stated` id tell.

    The id is None where neither does. Source: core's `wp_insert_post`, which keeps a draft's plain permalink as guid.
    """
    found, kind = _BY_NUMBER.search(guid), _TYPED.search(guid)
    page = "page" if found and "page_id=" in found[0] else "post"
    if found:
        return int(found[1]), kind[1] if kind else page
    return (int(stated), "post") if _DIGITS.fullmatch(stated) else (None, "post")
