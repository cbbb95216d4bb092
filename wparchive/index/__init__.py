"""From WARC to SQLite: builds `archive.db`, what people browse."""

from wparchive.index.dump import logical_dump
from wparchive.index.indexer import IndexReport, Progress, index

__all__ = ["IndexReport", "Progress", "index", "logical_dump"]
