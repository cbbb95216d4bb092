"""The version of this package, which every WARC that it writes names."""

__version__ = "0.1.0"
