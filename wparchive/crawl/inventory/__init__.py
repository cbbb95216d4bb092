"""Sitemaps and feeds: which are asked for, which again, and which of their URLs the REST API doesn't list."""
