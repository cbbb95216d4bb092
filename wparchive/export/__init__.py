"""Hands parts of an archive on: only what strangers were shown, checked before it leaves."""
