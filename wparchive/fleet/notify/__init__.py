"""Notices of what was observed and of what needs a person: by a command, a webhook, mail, an Atom file, or lines on stdout."""
