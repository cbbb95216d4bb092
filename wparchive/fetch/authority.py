"""One question to a time-stamping authority, which the operator named: no crawl has a way to it."""

import time
from collections.abc import Callable
from typing import Final

import requests

from wparchive.version import __version__

__all__ = ["Unanswered", "ask"]

_SECONDS: Final = 10.0
_LARGEST: Final = 1 << 18  # bytes
_PIECE: Final = 1 << 12
_TYPE: Final = "application/timestamp-query"
_ANSWER: Final = "application/timestamp-reply"


class Unanswered(Exception):
    """An authority didn't answer; the message says how, and never holds its address, which may have a secret in it."""


def ask(url: str, query: bytes, clock: Callable[[], float] = time.monotonic) -> bytes:
    """Post `query` to the authority at `url` and return its answer; raises Unanswered.

    Redirects aren't followed: whoever named this address named no other. It has ten seconds for all of it. Source: RFC
    3161, section 3.4.
    """
    end = clock() + _SECONDS
    headers = {"Content-Type": _TYPE, "Accept": _ANSWER, "User-Agent": f"wparchive/{__version__}"}
    try:
        with requests.post(
            url, data=query, headers=headers, timeout=_SECONDS, allow_redirects=False, stream=True
        ) as answer:
            if answer.status_code != requests.codes.ok:
                raise Unanswered(f"HTTP {answer.status_code}")
            body = b""
            for piece in answer.iter_content(_PIECE):
                body += piece
                if len(body) > _LARGEST:
                    raise Unanswered("its answer is larger than any time stamp")
                if clock() > end:
                    raise Unanswered(f"no whole answer within {_SECONDS:.0f} seconds")
            return body
    except requests.Timeout:
        raise Unanswered(f"no answer within {_SECONDS:.0f} seconds") from None
    except (requests.RequestException, ValueError, OSError) as error:
        raise Unanswered(f"it can't be reached ({type(error).__name__})") from None
