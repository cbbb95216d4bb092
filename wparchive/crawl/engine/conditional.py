"""Requests that transfer nothing when nothing has changed."""

from wparchive.model import Capture

__all__ = ["conditions"]


def conditions(whole: Capture) -> tuple[tuple[str, str], ...]:
    """Return the request headers that avoid a transfer while the response is still the one in `whole` (RFC 9110, 13.1)."""
    named = (("If-None-Match", "http-etag"), ("If-Modified-Since", "http-last-modified"))
    return tuple((name, whole.extra[field]) for name, field in named if whole.extra.get(field))
