"""The commands that seal, check and hand on."""
