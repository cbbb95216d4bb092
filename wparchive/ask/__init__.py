"""Queries of `archive.db`: status, the history of one item, where a picture is used."""

from wparchive.ask.lookup import ItemKey, find_answer, find_capture, find_item
from wparchive.ask.metrics import metrics, write_metrics
from wparchive.ask.status import SiteStatus, held, observed, states, status

__all__ = [
    "ItemKey",
    "SiteStatus",
    "find_answer",
    "find_capture",
    "find_item",
    "held",
    "metrics",
    "observed",
    "states",
    "status",
    "write_metrics",
]
