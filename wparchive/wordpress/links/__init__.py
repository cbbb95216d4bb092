"""`_links`: where each link points, what becomes of it, and how links that differ only in numbers share one parse."""
