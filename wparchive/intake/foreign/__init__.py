"""Foreign files as they are: what they hold by their first bytes, and every whole record in them, whatever is damaged."""
