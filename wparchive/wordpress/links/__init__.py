"""`_links`: where each link aims, how it ends, and how links that differ only in their numbers are understood at once."""
