"""Seals: an append-only log of finished WARCs, signed and time-stamped, that can be checked without this program."""
