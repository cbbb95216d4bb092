"""The run: plan, lease, fetch, store, read links and listings, commit. Writes only WARC and the frontier."""
