"""WARC files that other tools wrote: what of WordPress is in them, and how it becomes part of the archive."""

from wparchive.intake.reading import Progress
from wparchive.intake.taking import import_files
from wparchive.intake.told import FileTold, ImportResult, SiteTold

__all__ = ["FileTold", "ImportResult", "Progress", "SiteTold", "import_files"]
