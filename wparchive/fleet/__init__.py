"""Many sites on one machine, each crawled by itself."""
