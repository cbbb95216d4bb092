"""Many sites on many machines: PostgreSQL knows what is due, object storage holds what was captured."""
