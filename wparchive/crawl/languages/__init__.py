"""The lists of a site in each of its languages."""
