"""What happened: the overview, changes, what vanished, search."""
