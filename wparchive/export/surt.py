"""The key by which web archives look a URL up: its SURT, with what doesn't distinguish two pages taken out.

`http://www.Example.org:80/b/../A?y=2&x=1#top` becomes `org,example)/a?x=1&y=2`. Our own code, so that the key equals the
one that cdxj-indexer and pywb look for; tests compare them. Sources: the rules of the Heritrix and Wayback canonicalisers
as they are documented, and what those programs answer.
"""

import re
import socket
from contextlib import suppress
from typing import Final
from urllib.parse import unquote_to_bytes

__all__ = ["surt"]

_SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*):")
_WEB = re.compile(rb"https?:/*", re.IGNORECASE)
_WWW = re.compile(rb"www\d*\.(?=.)")
_PORTS: Final = {b"http": 80, b"https": 443}
_SESSIONS = tuple(
    re.compile(rb"(.*)(?:" + one + rb")(?:&(.*))?", re.IGNORECASE | re.DOTALL)
    for one in (
        rb"jsessionid=[0-9a-z]{32}",
        rb"phpsessid=[0-9a-z]{32}",
        rb"sid=[0-9a-z]{32}",
        rb"aspsessionid[a-z]{8}=[a-z]{24}",
        rb"cfid=[^&]+&cftoken=[^&]+",
    )
)
_ASP_SESSION = re.compile(
    rb"(.*/)\((?:[a-z]\([0-9a-z]{24}\))+\)/([^?]+\.aspx.*)|(.*/)\([0-9a-z]{24}\)/([^?]+\.aspx.*)",
    re.IGNORECASE | re.DOTALL,
)
_NEEDS_ESCAPE = re.compile(rb"[\x00-\x20\x7f-\xff#%]")
_MOST_UNESCAPED = 100  # times
# Bytes of a path or query in which sessions are looked for, and of a host: a longer one would be made to cost time.
_LONGEST = 1 << 12


def surt(url: str) -> str:
    """Return the key of `url`: ASCII in lower case without white space. A URL that makes no sense is its own key."""
    data = _bytes(url).translate(None, b"\t\r\n").partition(b"#")[0]
    start, web = 0, _WEB.match(data)
    while web and (inner := _WEB.match(data, web.end())) and b"//" in inner[0]:
        start, web = web.end(), inner  # http://https://example.org/
    if web:
        return _of_host(data[start : data.index(b":", start)].lower(), data[web.end() :]) or _escaped(url)
    scheme = _SCHEME.match(data)
    if scheme and data.startswith(b"//", scheme.end()) and not data.startswith(b"///", scheme.end()):
        return _of_host(scheme[1].lower(), data[scheme.end() + 2 :]) or _escaped(url)
    if scheme:
        return scheme[0].decode() + _target(data[scheme.end() :], b"")
    return _of_host(b"http", data.lstrip(b"/")) or _escaped(url)


def _bytes(url: str) -> bytes:
    return url.encode("utf-8", "replace").strip()  # of ASCII's white space


def _escaped(url: str) -> str:
    return _escape(_bytes(url)) or "-"


def _escape(data: bytes) -> str:
    return _NEEDS_ESCAPE.sub(lambda found: b"%%%02x" % found[0][0], data).decode("ascii")


def _unescape(data: bytes) -> bytes:
    """Return `data` with its percent-encoding undone, repeatedly, until nothing changes any more."""
    for _ in range(_MOST_UNESCAPED):
        before, data = data, unquote_to_bytes(data)
        if data == before:
            break
    return data


def _of_host(scheme: bytes, rest: bytes) -> str:
    """Return the key of `rest`, all behind `scheme://`; empty when there is no host or no such port."""
    authority = re.split(rb"[/?]", rest, maxsplit=1)[0]
    named = _named(authority.rpartition(b"@")[2])
    if named is None:
        return ""
    host, port = named
    shown = f":{port}" if port and port != _PORTS.get(scheme) else ""
    labels = ",".join(reversed(_host(host).split(".")))
    return f"{labels}{shown}){_target(rest[len(authority) :], b'/')}" if labels else ""


def _named(place: bytes) -> tuple[bytes, int] | None:
    """Return host and port (0 for none) of an authority without its user."""
    parts = re.fullmatch(rb"(\[[^]]*\]|[^:]*)(?::([0-9]*))?", place)
    if not parts or len(parts[2] or b"") > 99 or int(parts[2] or 0) > 65535:
        return None
    return parts[1].strip(b"[]"), int(parts[2] or 0)


def _host(host: bytes) -> str:
    text = _unescape(host)
    if len(text) < _LONGEST:
        with suppress(UnicodeError):  # not a name that the rules allow
            text = text.decode("utf-8").encode("idna")
    text = re.sub(rb"\.{2,}", b".", text.lower().strip(b"."))
    text = _WWW.sub(b"", text, count=1) if _WWW.match(text) else text
    if re.fullmatch(rb"[0-9.]+", text):
        with suppress(OSError):  # more than four numbers, or one that is too large
            text = socket.inet_ntoa(socket.inet_aton(text.decode())).encode()
    return _escape(text).lower()


def _target(rest: bytes, root: bytes) -> str:
    """Return path and query of `rest`; below `root`, empty where there is none, dot segments are resolved."""
    path, _, query = rest.partition(b"?")
    path = _unescape(path)
    if root:
        path = root + b"/".join(_segments(path))
        if len(path) < _LONGEST and (found := _ASP_SESSION.fullmatch(path)):
            path = b"".join(filter(None, found.groups()))
    elif path != b"/":
        path = path.removesuffix(b"/")
    shown = _query(query)
    return _escape(path).lower() + (f"?{shown}" if shown else "")


def _segments(path: bytes) -> list[bytes]:
    kept: list[bytes] = []
    for part in path.removeprefix(b"/").split(b"/"):
        if part == b".." and kept:
            kept.pop()
        elif part != b".":
            kept.append(part)
    return list(filter(None, kept))


def _query(query: bytes) -> str:
    query = _unescape(query)
    for session in _SESSIONS if len(query) < _LONGEST else ():
        if found := session.fullmatch(query):
            query = b"".join(filter(None, found.groups()))
    pairs = sorted(one.split("=", 1) for one in _escape(query).lower().split("&"))
    return "&".join(map("=".join, pairs))
