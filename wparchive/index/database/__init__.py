"""`archive.db` as a file: made, opened by its one writer and by its readers, compared with what the WARCs say."""
