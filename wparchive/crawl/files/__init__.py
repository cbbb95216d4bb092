"""Media files: which are wanted, how they are downloaded, what is missing."""
