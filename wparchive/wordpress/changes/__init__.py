"""Finds what changed between two states of an item, and separates edits from noise."""
