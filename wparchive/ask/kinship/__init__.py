"""Which articles are kin to one, by the tables of kinship, and which of two was public first."""
