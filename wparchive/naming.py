"""The names of sites' folders: how one is derived from a URL, and which names are permitted."""

import hashlib
import re
import unicodedata
from urllib.parse import quote_from_bytes, unquote_to_bytes

from wparchive.urls import Fault, Place, parse, without_dots

__all__ = ["folded", "name_fault", "site_key", "site_name"]

_LONGEST = 120  # bytes; the names of WARCs begin with it and must fit into 255
# Of a name that needs a digest: bytes of readable text, and hex digits of the digest.
_CUT = 60
_DIGITS = 20
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_WORD = re.compile(r"[^\W_](?:[\w.-]*[^\W_])?")
_UNNAMEABLE = re.compile(r"[^\w.-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")  # bytes that aren't UTF-8
_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')
# Names in an archive's folder that are reserved, and names that Windows takes for devices, whatever the extension.
_OURS = ("archive.db", ".")
_FOLDERS = ("seals", "forgotten")
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")})


def site_key(url: str) -> str:
    """Return a key that is equal for all URLs of one site and for no other site; "" for no web address.

    These are ignored: the scheme and its default port, `www.`; case, trailing dot and encoding (IDNA) of the host;
    percent-encoding, dot segments and trailing slashes of the path; query and fragment. Path segments are compared byte
    for byte: `/Blog/` is not `/blog/`, and `/a%2Fb/` is not `/a/b/`.
    """
    place = parse(url)
    return "" if isinstance(place, Fault) else _key(place).removeprefix("www.")


def site_name(url: str, *, apart: bool = False) -> str:
    """Return the folder name of the site at `url`: `example.org`, `example.org_blog`, `127.0.0.1_8081`; the scheme is ignored.

    Two URLs with different `site_key` never get the same name, on any file system. If the words of a URL do not
    represent it completely, or are ambiguous, two underscores and a digest are appended; with `apart`, always.
    """
    place = parse(url)
    if isinstance(place, Fault):
        return _digested("site", url)
    key = _key(place)
    host, port = place.host, place.authority.rpartition("]")[2].partition(":")[2]
    segments = [unquote_to_bytes(part).decode("utf-8", "replace") for part in key.split("/")[1:]]
    words = [host, *filter(None, [port]), *segments]
    name = "_".join(words)
    if _are_plain(host, port, segments) and not name_fault(name) and not apart:
        return name
    return _digested("_".join(filter(None, (_UNNAMEABLE.sub("-", word).strip("-.") for word in words))), key)


def _are_plain(host: str, port: str, segments: list[str]) -> bool:
    """Return whether the words of a URL, joined, stand for it alone: a number after the host is its port."""
    is_port = bool(segments) and not port and segments[0].isdecimal()
    return _HOST.fullmatch(host) is not None and all(map(_is_plain, segments)) and not is_port


def name_fault(name: str) -> str:
    """Return why a site cannot be called `name`; "" if it can."""
    if not name or name != name.strip() or name.endswith("."):
        return "it is empty, or begins or ends with a space or a dot"
    if _FORBIDDEN.search(name) or name.startswith("."):
        return 'it begins with a dot, or has one of / \\ : * ? " < > | or a control character in it'
    if _SURROGATE.search(name):
        return "it isn't text"
    if len(name.encode()) > _LONGEST:
        return f"it is longer than {_LONGEST} bytes"
    return "that name is taken by the archive itself or by an operating system" if _is_taken(name) else ""


def folded(name: str) -> str:
    """Return `name` as seen by a file system that ignores case and normalises Unicode."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _is_taken(name: str) -> bool:
    low = folded(name)
    return low in _FOLDERS or low.startswith(_OURS) or low.partition(".")[0].strip() in _DEVICES


def _is_plain(word: str) -> bool:
    """Return whether a path segment can be used as a word unchanged, and no other segment results in the same word."""
    return _WORD.fullmatch(word) is not None and "_" not in word and folded(word) == word


def _key(place: Place) -> str:
    """Return host, port and path with a uniform percent-encoding."""
    path = without_dots(place.path).rstrip("/")
    segments = (quote_from_bytes(unquote_to_bytes(part), safe="") for part in path.split("/"))
    return place.authority + "/".join(segments)


def _digested(words: str, key: str) -> str:
    cut = words.encode()[:_CUT].decode("utf-8", "ignore").strip(" .-_") or "site"
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{'site-' if _is_taken(cut) else ''}{cut}__{digest}"
