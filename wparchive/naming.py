"""The names of sites: the one rule from an address to a folder, and what a folder may be called."""

import hashlib
import re
import unicodedata
from urllib.parse import quote_from_bytes, unquote_to_bytes

from wparchive.urls import Fault, Place, parse, without_dots

__all__ = ["folded", "name_fault", "site_key", "site_name"]

_LONGEST = 120  # bytes, so that the WARCs' names, which begin with it, fit into 255
_CUT = 60
_DIGITS = 20
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_WORD = re.compile(r"[^\W_](?:[\w.-]*[^\W_])?")
_UNNAMEABLE = re.compile(r"[^\w.-]+")
_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')
# What stands beside the sites in an archive, or will; what Windows takes for a device, whatever the ending.
_OURS = ("archive.db", ".")
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")})


def site_key(url: str) -> str:
    """What is equal of all addresses of one site, and of no other's; "" for no web address.

    Two addresses are equal that differ in nothing but: the scheme, the port that is the scheme's own, `www.`; case,
    trailing dot and encoding (IDNA) of the host; percent-encodings and dot segments of the path, slashes at its end; query
    and fragment. Path segments are compared byte for byte: `/Blog/` isn't `/blog/`, `/a%2Fb/` not `/a/b/`.
    """
    place = parse(url)
    return "" if isinstance(place, Fault) else _key(place).removeprefix("www.")


def site_name(url: str, *, apart: bool = False) -> str:
    """The folder of the site at `url`: `example.org`, `example.org_blog`, `127.0.0.1_8081`, whatever the scheme.

    Two addresses that `site_key` tells apart never get one name, on no file system. Where the words of an address don't
    tell all of it, or are taken otherwise, two underscores and a digest of it follow; with `apart` they always do.
    """
    place = parse(url)
    if isinstance(place, Fault):
        return _digested("site", url)
    key = _key(place)
    host, port = place.host, place.authority.rpartition("]")[2].partition(":")[2]
    segments = [unquote_to_bytes(part).decode("utf-8", "replace") for part in key.partition("/")[2].split("/")]
    segments = segments if segments != [""] else []
    words = [host, *([port] if port else []), *segments]
    name = "_".join(words)
    is_port = bool(segments) and not port and segments[0].isdecimal()
    plain = _HOST.fullmatch(host) and all(map(_is_plain, segments)) and not is_port and not name_fault(name)
    if plain and not apart:
        return name
    return _digested("_".join(filter(None, (_UNNAMEABLE.sub("-", word).strip("-.") for word in words))), key)


def name_fault(name: str) -> str:
    """Why a site can't be called `name`; "" when it can."""
    if not name or name != name.strip() or name.endswith("."):
        return "it is empty, or begins or ends with a space or a dot"
    if _FORBIDDEN.search(name) or name.startswith("."):
        return 'it begins with a dot, or has one of / \\ : * ? " < > | or a control character in it'
    if len(name.encode("utf-8", "replace")) > _LONGEST:
        return f"it is longer than {_LONGEST} bytes"
    return "that name is taken by the archive itself or by an operating system" if _is_taken(name) else ""


def folded(name: str) -> str:
    """`name` as a file system sees it that knows no case and one spelling of each letter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _is_taken(name: str) -> bool:
    low = folded(name)
    return low == "seals" or low.startswith(_OURS) or low.partition(".")[0].strip() in _DEVICES


def _is_plain(word: str) -> bool:
    """Whether a segment of a path is a word of a name as it is, and no other segment would be the same word."""
    return _WORD.fullmatch(word) is not None and "_" not in word and folded(word) == word


def _key(place: Place) -> str:
    """Host, port and path, each byte of it encoded in one way."""
    path = without_dots(place.path).rstrip("/")
    segments = (quote_from_bytes(unquote_to_bytes(part), safe="") for part in path.split("/"))
    return place.authority + "/".join(segments)


def _digested(words: str, key: str) -> str:
    cut = words.encode()[:_CUT].decode("utf-8", "ignore").strip(" .-_") or "site"
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{'site-' if _is_taken(cut) else ''}{cut}__{digest}"
