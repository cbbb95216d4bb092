"""Commands that only ask: they read the archive, print, and change nothing."""
