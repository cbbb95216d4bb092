"""WARC files: write, read, resume reading after damage, recover after a crash."""
