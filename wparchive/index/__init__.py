"""Builds `archive.db`, the database that people browse, from the WARCs."""

from wparchive.callable import make_callable
from wparchive.index.dump import logical_dump
from wparchive.index.indexer import IndexReport, Progress, index

__all__ = ["IndexReport", "Progress", "index", "logical_dump"]

make_callable(__name__, index)
