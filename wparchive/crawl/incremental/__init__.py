"""Runs after the first one: what changed, in as few requests as that takes."""
