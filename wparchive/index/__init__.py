"""From WARC to SQLite: `archive.db`, what people browse."""

from wparchive.index.dump import logical_dump
from wparchive.index.indexer import IndexReport, Progress, index
from wparchive.index.lookup import ItemKey, find_capture, find_item
from wparchive.index.metrics import metrics, write_metrics
from wparchive.index.status import SiteStatus, held, status

__all__ = [
    "IndexReport",
    "ItemKey",
    "Progress",
    "SiteStatus",
    "find_capture",
    "find_item",
    "held",
    "index",
    "logical_dump",
    "metrics",
    "status",
    "write_metrics",
]
