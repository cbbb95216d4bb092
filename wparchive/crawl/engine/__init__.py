"""Fetching: workers, how their responses are stored, and what stops them."""
