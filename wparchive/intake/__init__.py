"""WARC files that other tools wrote: what of WordPress is in them, and how it becomes part of the archive."""

from wparchive.intake.foreign.scan import Gap
from wparchive.intake.reading import Progress
from wparchive.intake.taking import import_files
from wparchive.intake.told import FileTold, ImportResult, SiteTold

__all__ = ["FileTold", "Gap", "ImportResult", "Progress", "SiteTold", "import_files"]
