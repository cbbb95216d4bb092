"""Archive WordPress sites over their REST API as WARC, index them in SQLite, and prove what is held.

The public interface is `Archive`, `Settings`, `crawl`, `index`, `history` and `verify`. Everything else may change.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wparchive.version import __version__

if TYPE_CHECKING:
    from wparchive.ask.history import history
    from wparchive.audit.verify import verify
    from wparchive.config import Settings
    from wparchive.crawl import crawl
    from wparchive.index.indexer import index
    from wparchive.store.archive import Archive

__all__ = ["Archive", "Settings", "__version__", "crawl", "history", "index", "verify"]

_HOMES = {
    "Archive": "wparchive.store.archive",
    "Settings": "wparchive.config",
    "history": "wparchive.ask.history",
    "verify": "wparchive.audit.verify",
}
_CALLABLE_PACKAGES = ("crawl", "index")


def __getattr__(name: str) -> Any:
    # Imported on first use: `wparchive status` needs no HTTP library, and so starts in a sixth of the time.
    if name in _CALLABLE_PACKAGES:
        return import_module(f"wparchive.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'wparchive' has no attribute {name!r}")
