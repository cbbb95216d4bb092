"""Runs after the first: what has changed, in as few requests as possible."""
