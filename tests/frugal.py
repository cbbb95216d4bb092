"""Crawls of what the REST API says alone: no files, no pages. As options, as settings, as lines of a configuration."""

from typing import Any, Final

__all__ = ["LINES", "OPTIONS", "SETTINGS"]

OPTIONS: Final = ("--media", "none", "--pages", "none")
SETTINGS: Final[dict[str, Any]] = {"media": "none", "pages": "none"}
LINES: Final = 'media = "none"\npages = "none"\n'
