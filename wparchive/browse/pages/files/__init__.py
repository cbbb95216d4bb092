"""Pictures and other files, and who takes them from whom; our own files."""
