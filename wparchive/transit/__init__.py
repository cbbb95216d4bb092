"""A body between the socket and the WARC: spool, stored deflate blocks."""
