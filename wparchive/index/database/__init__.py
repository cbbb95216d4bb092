"""`archive.db` as a file: creates it, opens it for its one writer and its readers, and rebuilds it for comparison."""
