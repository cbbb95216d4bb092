"""Tolerant reading of response bodies."""
