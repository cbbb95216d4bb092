"""The version of this package, recorded in every WARC that it writes."""

__version__ = "0.1.0"
