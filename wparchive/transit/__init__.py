"""A body between the socket and the WARC: a spool, and stored deflate blocks."""
