"""What proves it: captures and runs."""
