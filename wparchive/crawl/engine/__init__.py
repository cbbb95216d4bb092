"""Fetching: workers, what is kept of their answers, what stops them."""
