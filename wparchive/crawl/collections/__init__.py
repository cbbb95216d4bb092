"""Collections of plug-ins: which of those that a site offers are walked."""
