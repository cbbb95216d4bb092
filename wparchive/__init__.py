"""Archive WordPress sites over their REST API as WARC, index them in SQLite, and prove what is held."""

__version__ = "0.1.0"
