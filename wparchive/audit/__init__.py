"""Checks of an archive, which yield findings."""

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.verify import verify

__all__ = ["Finding", "Tally", "verify"]
