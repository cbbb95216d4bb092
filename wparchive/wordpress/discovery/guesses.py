"""REST roots to try if a page names none: WordPress in the page's folder or above, in every spelling."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from wparchive.wordpress.discovery.signals import Signals

__all__ = ["guessed_roots"]

# Each folder costs up to four requests, so only some are tried.
_FOLDERS = 4


def guessed_roots(page: str, signals: Signals) -> Iterator[str]:
    """Yield roots to try: a few on a page without a trace of WordPress, every spelling on one with a trace."""
    sure = signals.wordpress
    folders = list(dict.fromkeys((*signals.bases, *_folders(page))))
    for folder in folders:
        yield f"{folder}wp-json/"
        if sure or folder in (folders[0], folders[-1]):
            yield f"{folder}?rest_route=/"
    for folder in folders if sure else ():
        yield f"{folder}index.php/wp-json/"
        yield f"{folder}index.php?rest_route=/"
    host = urlsplit(page).hostname or ""
    if host.endswith(".wordpress.com"):
        yield f"https://public-api.wordpress.com/wp/v2/sites/{host}/"


def _folders(url: str) -> list[str]:
    """Return the folder of `url` and its parents, deepest first; if they are many, only some and the root."""
    path = urlsplit(url).path
    if "." in path.rpartition("/")[2]:
        path = path.rpartition("/")[0]
    parts = [part for part in path.split("/") if part]
    depths = range(len(parts), -1, -1)
    folders = [urljoin(url, "/" + "".join(f"{part}/" for part in parts[:depth])) for depth in depths]
    return [*folders[: _FOLDERS - 1], folders[-1]] if len(folders) > _FOLDERS else folders
