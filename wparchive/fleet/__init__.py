"""Many sites: on one machine, each by itself."""
