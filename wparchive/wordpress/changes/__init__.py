"""What changed between two states of an item, and what of that nobody did."""
