"""The end of a run: what follows from all its captures and facts together."""
