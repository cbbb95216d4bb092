"""Finds which articles of the archive share text: the tables `kinship` and `clusters`."""
