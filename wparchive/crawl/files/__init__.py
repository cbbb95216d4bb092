"""Media files: which are wanted, how they are downloaded, and which are missing."""
