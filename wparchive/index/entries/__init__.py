"""The entries of WARC files: which are still to be read, and what the index needs of each."""
