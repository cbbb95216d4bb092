"""Compares what heads list with what is in the store and what PostgreSQL knows, and mends what can be mended."""
