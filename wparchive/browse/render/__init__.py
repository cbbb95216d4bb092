"""Values become what a reader sees; everything that is returned here is escaped or cleaned."""
