"""Crawls of what the REST API says alone: as options, as settings, as lines of a configuration."""

from typing import Any, Final

__all__ = ["LINES", "OPTIONS", "SETTINGS"]

OPTIONS: Final = ("--media", "none", "--pages", "none", "--no-inventory")
SETTINGS: Final[dict[str, Any]] = {"media": "none", "pages": "none", "inventory": False}
LINES: Final = 'media = "none"\npages = "none"\ninventory = false\n'
