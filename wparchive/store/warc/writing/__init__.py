"""WARC records made and written: header and block as bytes, the files of a run, what stands in place of removed records."""
