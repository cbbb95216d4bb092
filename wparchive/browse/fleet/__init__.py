"""The pages of a fleet: what is due, late, or needs a person, and the way into the reading room of each of its sites."""
