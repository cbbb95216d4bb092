"""What was said and by whom: items, sites, people, addresses."""
