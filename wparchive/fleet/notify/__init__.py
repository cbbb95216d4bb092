"""Whoever should know is told what was noticed: by a command, a webhook, mail, an Atom file, or lines on stdout."""
