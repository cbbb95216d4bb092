"""Evidence packages: what an archive holds of one item or one change, provable without the archive and without us."""
