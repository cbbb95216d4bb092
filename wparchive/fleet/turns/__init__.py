"""Turns of sites: each in a process of its own, on a scratch of its own, committed by one swap."""
