"""The run: plan, fetch, store, read links and listings, commit. Writes only WARCs and the capture log."""
