"""The search tables: words of what stands, pairs of signs of scripts without spaces, and words of former versions."""
