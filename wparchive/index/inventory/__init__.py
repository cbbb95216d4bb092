"""Sitemaps and feeds as rows: the URLs that they name, the items that these are, and items known from feeds alone."""
