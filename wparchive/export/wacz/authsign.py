"""Asks a signing server to sign a package, in the protocol of authsign, which py-wacz and Browsertrix speak too.

The server gets the digest of datapackage.json and the time, and nothing else. Source: wacz-auth 0.1.0, 3.
"""

import json
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from wparchive.errors import UsageError
from wparchive.export.wacz.datapackage import moment_text, sha256_of
from wparchive.urls import Fault, parse

__all__ = ["NotSignedError", "Signer", "signer_at"]

Signer = Callable[[bytes, datetime], dict[str, Any]]
"""Given datapackage.json and when it says that it was made, returns the signed data. Raises NotSignedError."""

_SECONDS = 30.0
_LARGEST = 1 << 20  # bytes of an answer


class NotSignedError(Exception):
    """The server didn't sign; the message says why, in words that may be shown."""


def signer_at(url: str, token: str = "") -> Signer:
    """Return what signs at `url`, with `token` to be let in. Raises UsageError for an address where it could be overheard."""
    place = parse(url)
    if isinstance(place, Fault) or not (url.lower().startswith("https://") or _is_here(place.host)):
        raise UsageError(f"--signing-url {url}: not an address that begins with https:// (or a server of this machine)")

    def sign(package: bytes, created: datetime) -> dict[str, Any]:
        asked = {"hash": sha256_of(package), "created": moment_text(created)}
        signed = _answer(url, asked, token)
        if not isinstance(signed, dict) or any(signed.get(name) != value for name, value in asked.items()):
            raise NotSignedError(f"{url}: its answer is about something else than what was asked")
        return signed

    return sign


def _is_here(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _answer(url: str, asked: dict[str, str], token: str) -> Any:
    import requests  # not loaded where nothing is signed

    def let_in(request: requests.PreparedRequest) -> requests.PreparedRequest:
        # As `auth`, because otherwise a .netrc of the user would take its place.
        if token:
            request.headers["Authorization"] = f"bearer {token}"
        return request

    try:
        with requests.post(
            url, json=asked, auth=let_in, timeout=_SECONDS, allow_redirects=False, stream=True
        ) as response:
            if response.status_code != requests.codes.ok:
                raise NotSignedError(f"{url}: answered {response.status_code}")
            data = b""
            for piece in response.iter_content(1 << 16):
                data += piece
                if len(data) > _LARGEST:
                    raise NotSignedError(f"{url}: answered more than a signature")
            return json.loads(data)
    except (requests.RequestException, ValueError, RecursionError) as error:
        # Without the error's text, which may quote what was sent.
        raise NotSignedError(f"{url}: no sound answer ({type(error).__name__})") from None
