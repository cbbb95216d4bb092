"""WARC files: written, read, read on after damage, recovered after a crash."""
