"""Collections of plug-ins beyond the types that WordPress lists: a table of the known ones, and rules for the others."""
