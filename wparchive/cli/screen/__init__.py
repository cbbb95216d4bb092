"""What is shown on a terminal, or in its place in a log: progress, and a line a site."""
