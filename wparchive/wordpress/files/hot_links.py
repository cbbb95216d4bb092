"""Hot-links: image, audio or video files of another site that a page shows as its own."""

import re

from wparchive.wordpress.files.attachment_files import is_file, unwrapped
from wparchive.wordpress.text import Reference

__all__ = ["origin_of", "shows_file"]

# These elements always show a file; others show a page (a player, a map) unless the URL has a file's name.
_OF_FILES = frozenset(("img", "amp-img", "source", "video", "amp-video", "audio", "amp-audio", "input", "style"))
_OF_ANYTHING = frozenset(("iframe", "frame", "embed", "object"))
# Emoji, avatars and formulas, which WordPress itself inserts.
_BY_WORDPRESS = re.compile(
    r"https?://(?:(?:[\w-]+\.)?gravatar\.com|s\.w\.org|s[0-9]?\.wp\.com)(?=[:/?#]|$)|https?://[^?#]{0,300}/(?:twemoji|emoji)/",
    re.IGNORECASE,
)
_PROXY_HOSTS = ".wp.com cloudinary.com shortpixel.ai optimole.com weserv.nl wsrv.nl statically.io imagecdn.app"
_PROXIES = tuple(_PROXY_HOSTS.split())


def shows_file(reference: Reference) -> bool:
    """Return whether `reference` shows an image, audio or video file of any site. A tracking pixel shows nothing."""
    if reference.element not in _OF_FILES and not (
        reference.element in _OF_ANYTHING and is_file(reference.url, media=True)
    ):
        return False
    return reference.shown and not _BY_WORDPRESS.match(reference.url)


def origin_of(url: str, host: str) -> str:
    """Return the original file's URL if `url` at `host` is an image proxy's; else `url`."""
    return unwrapped(url) if host.endswith(_PROXIES) or "/cdn-cgi/image/" in url else url
